/** Small programs that print something, and how each is run. The language is found by the ending of the file. */

type Language = {
  /** Makes a program that prints these lines. */
  print(lines: readonly string[]): string;
  /** Makes a program that prints the whole numbers from `first` to `last`, each on a line. */
  count(first: number, last: number): string;
  run(path: string): string;
};

const json = (text: string) => JSON.stringify(text);
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const each = (lines: readonly string[], line: (text: string) => string) =>
  lines.map((text) => `${line(text)}\n`).join('');

const SHELL: Language = {
  print: (lines) => `#!/bin/sh\n${each(lines, (text) => `printf '%s\\n' ${shell(text)}`)}`,
  count: (first, last) => `#!/bin/sh\nseq ${first} ${last}\n`,
  run: (path) => `sh ${path}`,
};

const SCRIPT: Language = {
  print: (lines) => each(lines, (text) => `console.log(${json(text)});`),
  count: (first, last) => `for (let n = ${first}; n <= ${last}; n++) console.log(n);\n`,
  run: (path) => `node ${path}`,
};

const PYTHON: Language = {
  print: (lines) => each(lines, (text) => `print(${json(text)})`),
  count: (first, last) => `for n in range(${first}, ${last + 1}):\n    print(n)\n`,
  run: (path) => `python3 ${path}`,
};

const RUBY: Language = {
  print: (lines) => each(lines, (text) => `puts ${shell(text).replaceAll(`'\\''`, `\\'`)}`),
  count: (first, last) => `puts (${first}..${last}).to_a\n`,
  run: (path) => `ruby ${path}`,
};

const PERL: Language = {
  print: (lines) => each(lines, (text) => `print ${shell(text).replaceAll(`'\\''`, `\\'`)} . "\\n";`),
  count: (first, last) => `print "$_\\n" for ${first}..${last};\n`,
  run: (path) => `perl ${path}`,
};

const goProgram = (body: string) => `package main\n\nimport "fmt"\n\nfunc main() {\n${body}}\n`;
const GO: Language = {
  print: (lines) => goProgram(each(lines, (text) => `\tfmt.Println(${json(text)})`)),
  count: (first, last) => goProgram(`\tfor n := ${first}; n <= ${last}; n++ {\n\t\tfmt.Println(n)\n\t}\n`),
  run: (path) => `go run ${path}`,
};

const cProgram = (body: string) => `#include <stdio.h>\n\nint main(void) {\n${body}    return 0;\n}\n`;
const C: Language = {
  print: (lines) => cProgram(each(lines, (text) => `    puts(${json(text)});`)),
  count: (first, last) => cProgram(`    for (int n = ${first}; n <= ${last}; n++) printf("%d\\n", n);\n`),
  run: (path) => `cc ${path} -o /tmp/program && /tmp/program`,
};

const rustProgram = (body: string) => `fn main() {\n${body}}\n`;
const RUST: Language = {
  print: (lines) => rustProgram(each(lines, (text) => `    println!("{}", ${json(text)});`)),
  count: (first, last) => rustProgram(`    for n in ${first}..=${last} {\n        println!("{n}");\n    }\n`),
  run: (path) => `rustc ${path} -o /tmp/program && /tmp/program`,
};

const LANGUAGES: Readonly<Record<string, Language>> = {
  py: PYTHON,
  js: SCRIPT,
  mjs: SCRIPT,
  cjs: SCRIPT,
  ts: { ...SCRIPT, run: (path) => `bun ${path}` },
  sh: SHELL,
  bash: { ...SHELL, run: (path) => `bash ${path}` },
  rb: RUBY,
  pl: PERL,
  go: GO,
  c: C,
  rs: RUST,
};

/** Words that mean a language, and the ending of its files. */
export const LANGUAGE_WORDS: readonly (readonly [word: RegExp, ending: string])[] = [
  [/\bpython3?\b/i, 'py'],
  [/\b(?:javascript|node(?:\.?js)?|js)\b/i, 'js'],
  [/\b(?:typescript|ts)\b/i, 'ts'],
  [/\bruby\b/i, 'rb'],
  [/\bperl\b/i, 'pl'],
  [/\brust\b/i, 'rs'],
  [/\b(?:golang|go)\b/i, 'go'],
  [/\bc\b(?!\+)/i, 'c'],
  [/\b(?:shell|bash|sh)\b/i, 'sh'],
];

const endingOf = (path: string): string => /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '';

/** The language of a file, by the ending of its path; undefined where the file is no program, or its language is not known here. */
export const languageOf = (path: string): Language | undefined => LANGUAGES[endingOf(path)];

/** The content of a file about which the user has said nothing. */
export function plainContent(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const language = languageOf(path);
  if (language) return language.print([`Hello from ${name}`]);
  const ending = endingOf(path);
  if (ending === 'json') return '{}\n';
  if (ending === 'md') return `# ${name.replace(/\.md$/, '')}\n`;
  if (ending === 'html') return `<!doctype html>\n<title>${name}</title>\n<h1>Hello from ${name}</h1>\n`;
  return `Hello from ${name}\n`;
}
