/** The settings as text: `--help`, `.env.example`, and the tables of `docs/settings.md`. */
import { faultNames } from '../sim/faults/index.ts';
import { asCalled, ENV_FILE } from './program.ts';
import { ANY_TEXT, choicesOf, describeSchema } from './read-value.ts';
import { FILE_NAMES } from './secret-files.ts';
import { THEMES, type Theme, type Variable } from './variable-types.ts';
import { VARIABLE_ROWS, type VariableName } from './variables.ts';

/** `MAX_TOKENS_LIMIT` → `max-tokens-limit`. */
export const flagOf = (name: string): string => name.toLowerCase().replaceAll('_', '-');

/** Flags for a program that starts this one. They are no settings: nobody wants them in a file. */
export const FOR_PROGRAMS = { json: 'json', endWithInput: 'end-with-input', isolated: 'isolated' } as const;

const defaultOf = ({ default: value, defaultText }: Variable): string =>
  defaultText ?? (value === undefined ? '' : String(value));

/** Breaks `text` into lines of at most `width` characters. */
function fold(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

const FLAG_COLUMN = 36;
const TEXT_WIDTH = 78;
const HELP_WIDTH = FLAG_COLUMN + TEXT_WIDTH - 2;

function helpRow([name, row]: readonly [VariableName, Variable]): string {
  const flag = `  --${flagOf(name)}`.padEnd(FLAG_COLUMN);
  const normal = defaultOf(row);
  const choices = choicesOf(row.schema).join(', ');
  const facts = [choices && `one of ${choices}`, normal && `default: ${normal}`].filter(
    (fact) => fact !== '',
  );
  const text = facts.length === 0 ? row.description : `${row.description} (${facts.join('; ')})`;
  return fold(text, TEXT_WIDTH)
    .map((line, index) => `${index === 0 ? flag : ' '.repeat(FLAG_COLUMN)}${line}`)
    .join('\n');
}

type Row = readonly [VariableName, Variable];

/** The rows of each theme under its heading, in the order of the themes. */
const byTheme = <T>(show: (heading: string, rows: readonly Row[]) => T): T[] =>
  (Object.keys(THEMES) as Theme[]).map((theme) =>
    show(
      THEMES[theme],
      VARIABLE_ROWS.filter(([, row]) => row.theme === theme),
    ),
  );

export const helpText = (version: string): string =>
  asCalled(`gemini-claude-proxy ${version}
Runs Claude Code, the Anthropic SDKs and the Claude Agent SDK on Google Gemini.

Usage: bun run start [flags]
       bun run mock [flags]     the same with --backend mock --mock-pace human

Each setting is a flag (--max-retries 3), or a variable of the environment or of ${ENV_FILE} (MAX_RETRIES=3). The flag wins.
A setting that is true or false is switched on by its flag (--inspector), and off by --no- before its name (--no-inspector).

${byTheme((heading, rows) => [`${heading}:`, ...rows.map(helpRow)].join('\n')).join('\n\n')}

The faults that --faults takes, separated by commas; docs/faults.md says what each does:
${fold(faultNames().join(', '), HELP_WIDTH)
  .map((line) => `  ${line}`)
  .join('\n')}

  --json                        For a program that starts this one: the first line on stdout is {"url": …}, all else goes to stderr
  --end-with-input              For such a program, too: end when stdin is closed, as when that program has died
  --isolated                    For tests: settings come from the flags alone, not from the environment or a file, and
                                data are kept in a temporary folder, which goes with the proxy
  --version                     Print the version
  --help                        Print this

Connect Claude Code: ANTHROPIC_BASE_URL=http://127.0.0.1:8082 ANTHROPIC_AUTH_TOKEN=dummy claude --permission-mode acceptEdits
`);

function exampleRow([name, row]: Row): string {
  const normal = row.defaultText === undefined ? '' : ` Default: ${row.defaultText}.`;
  const taken = describeSchema(row.schema);
  // A text of any kind is told by the description.
  const takes = taken === ANY_TEXT ? '' : ` Takes ${taken}.`;
  const text = `${row.description}.${normal}${takes}`;
  const comments = fold(text, TEXT_WIDTH).map((line) => `# ${line}`);
  return [...comments, `# ${name}=${row.default === undefined ? '' : String(row.default)}`].join('\n');
}

/** All variables as comments, with their defaults. */
export const envExample = (): string => `# Copy this file to .env. Uncomment a line to change the setting.
# A variable that is not set, or is empty, has its default. (Where empty means something else, the text says so.)

${byTheme((heading, rows) => [`# ── ${heading} ──`, ...rows.map(exampleRow)].join('\n\n')).join('\n\n')}
`;

/** Markdown: a table for each theme. A secret and the file that may hold the secret share a row. */
export function variablesTable(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const fileNames: readonly string[] = FILE_NAMES;
  const tableRow = ([name, row]: Row) => {
    const names = [name, `${name}_FILE`].filter((one) => one === name || fileNames.includes(one));
    const normal = row.default === undefined ? (row.defaultText ?? '–') : `\`${String(row.default)}\``;
    return `| ${names.map((one) => `\`${one}\``).join(', ')} | ${cell(normal)} | ${cell(row.description)} |`;
  };
  const head = '| variable | default | meaning |\n| --- | --- | --- |';
  return byTheme((heading, rows) => {
    const shown = rows.filter(([name]) => !fileNames.includes(name)).map(tableRow);
    return `## ${heading}\n\n${head}\n${shown.join('\n')}`;
  }).join('\n\n');
}
