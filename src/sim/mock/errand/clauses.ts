/**
 * Reads plain requests of a user, such as "create a.txt with hello", by patterns, and says what each of them asks for.
 */
import { LANGUAGE_WORDS, languageOf, plainContent } from './programs.ts';

/** `path` is empty where the thing is about no file. */
export type Clause =
  | { kind: 'write'; path: string; content: string }
  | { kind: 'run'; path: string; command: string }
  | { kind: 'read'; path: string; how: 'show' | 'summarise' }
  | { kind: 'list'; path: string }
  | { kind: 'search'; path: string; pattern: string }
  | { kind: 'replace'; path: string; from: string; to: string }
  | { kind: 'fix'; path: string };

export type Situation = {
  /** The file that was spoken of last. */
  it: string | undefined;
  /** The content of the first block of code. */
  fenced: string | undefined;
};

type ReadClause = (clause: string, situation: Situation) => Clause | undefined;

const FILE =
  /(?<![\w./\\~@-])[`"']?((?:[\w.~@-]*[/\\])*(?:[\w@-][\w.@-]*\.[A-Za-z]\w{0,9}|\.[a-z]\w+|Makefile|Dockerfile|README|LICENSE))[`"']?(?![\w/\\])/;
/** Names of programs that look like names of files. */
const NO_FILE = /^(?:node|next|vue|express|three)\.js$/i;
const IT = /^(?:it|them|that|this|(?:the|that|this) (?:file|script|program|code|app|result))\b/i;

function fileIn(text: string): { path: string; before: string; behind: string } | undefined {
  const match = FILE.exec(text);
  if (!match?.[1] || NO_FILE.test(match[1])) return undefined;
  const before = text.slice(0, match.index).trim();
  return { path: match[1], before, behind: text.slice(match.index + match[0].length).trim() };
}

const unquoted = (text: string): string => {
  const trimmed = text.trim();
  const inner = /^(["'`])([\s\S]*)\1[.,]?$/.exec(trimmed)?.[2];
  return inner ?? trimmed;
};

const isQuoted = (text: string): boolean => /^(["'`])[\s\S]*\1[.,]?$/.test(text.trim());

/**
 * True for a text that only describes content which somebody must invent ("a poem about the sea", "some unit tests").
 * The patterns here cannot invent content.
 */
const isDescription = (text: string): boolean =>
  !isQuoted(text) && /^(?:an?|some|the|my|your|two|three|several|unit|all)\b/i.test(text.trim());

const ABOUT_TEXT =
  /^(?:(?:just|only|exactly)\s+)?(?:the\s+)?(?:following\s+)?(?:text|contents?|words?|lines?|message|string|phrase|sentence)?\s*:?\s*/i;
const literal = (text: string): string | undefined => {
  const rest = text
    .trim()
    .replace(ABOUT_TEXT, '')
    .replace(/\s+(?:in|inside|as content|on|to) it$/i, '');
  return rest === '' || isDescription(rest) ? undefined : unquoted(rest);
};

const HOLDS =
  /^(?:,\s*)?(?:with|containing|contains|holding|saying|says|reading|that (?:contains|holds|says|reads|has)|which (?:contains|holds|says|has)|whose contents? (?:is|are)|:)\s*/i;
const PRINTS =
  /\b(?:that|which|to|and|it should|should|will|program:?|script:?)\s+(?:(?:just|simply|only|will|should)\s+)?(?:prints?|says?|outputs?|echo(?:es|s)?|displays?|writes?|logs?|shows?)\s+(?:out\s+)?(.+)$/i;
const NUMBERS =
  /^(?:the |all )?(?:whole )?(?:numbers|integers)?\s*(?:from )?(-?\d{1,6}) (?:to|through|until|-) (-?\d{1,6})$/i;

/** The text that a program is to print. */
function program(path: string, behind: string): string | undefined {
  const language = languageOf(path);
  const asked = PRINTS.exec(behind)?.[1]?.replace(
    /\s+(?:to|on) (?:the )?(?:screen|console|terminal|stdout|standard output)$/i,
    '',
  );
  if (!language || !asked) return undefined;
  const [, first, last] = NUMBERS.exec(asked) ?? [];
  if (first && last) return language.count(Number(first), Number(last));
  const text = literal(asked);
  return text === undefined ? undefined : language.print(text.split('\n'));
}

const HELLO = /\bhello,?[ -]?world\b/i;

function contentFor(path: string, behind: string, fenced: string | undefined): string | undefined {
  if (fenced !== undefined) return fenced;
  if (/\bempty\b/i.test(behind)) return '';
  const printed = program(path, behind);
  if (printed !== undefined) return printed;
  if (languageOf(path) && HELLO.test(behind)) return languageOf(path)?.print(['Hello, world!']);
  if (behind === '' || /^(?:here|in (?:this|the current) (?:folder|directory))$/i.test(behind))
    return plainContent(path);
  if (!HOLDS.test(behind)) return undefined;
  const text = literal(behind.replace(HOLDS, ''));
  return text === undefined ? undefined : `${text}\n`;
}

const WRITES = /^(?:create|write|make|add|generate|save|put|build|touch|echo)\b\s*/i;
const INTO = /\s+(?:in(?:to)?|to|as)\s+(?:an? )?(?:new )?(?:text )?(?:file )?(?:named |called )?$/i;

/** What may stand before the name of a file that is to be made. ("A test for" means another file.) */
const NAMES =
  /^(?:(?:an?|the|new|simple|small|little|tiny|short|empty|executable|me|us|python3?|javascript|js|node|typescript|ruby|perl|rust|go|c|shell|bash|text|markdown|json|html|config|source|test|file|script|program|module|page|document|app|hello,?[ -]?world|named|called|with the name)\b[\s:]*)*$/i;

const write: ReadClause = (clause, { fenced }) => {
  if (!WRITES.test(clause)) return undefined;
  const rest = clause.replace(WRITES, '');
  const file = fileIn(rest);
  if (!file) return unnamed(rest, fenced);
  const { path, before, behind } = file;
  const spaced = `${before} `;
  if (INTO.test(spaced)) return intoFile(path, spaced.replace(INTO, ''), behind, fenced);
  if (!NAMES.test(before)) return undefined;
  const content = contentFor(
    path,
    /\bempty\b|hello,?[ -]?world/i.test(before) ? `${before} ${behind}` : behind,
    fenced,
  );
  return content === undefined ? undefined : { kind: 'write', path, content };
};

/** "write hello to notes.txt", "save a hello world program as hello.py" */
function intoFile(
  path: string,
  what: string,
  behind: string,
  fenced: string | undefined,
): Clause | undefined {
  const language = languageOf(path);
  if (fenced !== undefined) return { kind: 'write', path, content: fenced };
  if (language && HELLO.test(what))
    return { kind: 'write', path, content: language.print(['Hello, world!']) };
  const printed = program(path, `${what} ${behind}`);
  if (printed !== undefined) return { kind: 'write', path, content: printed };
  const text = literal(what);
  return text === undefined || (language && !isQuoted(what))
    ? undefined
    : { kind: 'write', path, content: `${text}\n` };
}

/** A program without a name: "a python script that prints hello", "a hello world program". */
function unnamed(rest: string, fenced: string | undefined): Clause | undefined {
  if (!/\b(?:script|program|app|file|hello,?[ -]?world)\b/i.test(rest)) return undefined;
  const ending = LANGUAGE_WORDS.find(([word]) => word.test(rest))?.[1] ?? 'sh';
  const path = /\bhello\b/i.test(rest) ? `hello.${ending}` : `script.${ending}`;
  const content =
    fenced ??
    program(path, rest) ??
    (HELLO.test(rest) ? languageOf(path)?.print(['Hello, world!']) : undefined);
  return content === undefined ? undefined : { kind: 'write', path, content };
}

const folder: ReadClause = (clause) => {
  const name =
    /^(?:create|make|add)\s+(?:an? )?(?:new )?(?:empty )?(?:directory|folder|dir)\s+(?:named |called )?[`"']?([\w./-]+)[`"']?$/i.exec(
      clause,
    )?.[1];
  return name === undefined ? undefined : { kind: 'run', path: '', command: `mkdir -p ${name}` };
};

const COMMANDS =
  /^(?:ls|pwd|cat|echo|git|npm|npx|node|bun|deno|yarn|pnpm|python3?|pip3?|pytest|ruby|cargo|rustc|cmake|gcc|cc|java|mvn|gradle|date|whoami|uname|hostname|wc|grep|rg|tree|du|df|ps|docker|kubectl|curl|seq|uniq|mkdir)\b/;
/** Everyday words. They are commands only with something that a command takes. */
const EVERYDAY =
  /^(?:go (?:run|build|test|vet|mod|version)|make(?:$| [a-z-]+$)|(?:find|head|tail|sort|touch|which|env|sleep|sh|bash) [-./\w]*[-./\d])/;

const isCommand = (text: string): boolean =>
  COMMANDS.test(text) || EVERYDAY.test(text) || /^\.{0,2}\/[\w./-]+/.test(text);

const run: ReadClause = (clause, { it }) => {
  const asked = /^(?:run|execute|start|launch)\b\s*(.*)$/is.exec(clause)?.[1];
  if (asked === undefined) return undefined;
  const rest = asked
    .replace(/^(?:the |this |that )?(?:shell |bash |terminal )?(?:command|cmd)\b:?\s*/i, '')
    .replace(/\s+(?:in|on|from|with|using) (?:the |a )?(?:shell|terminal|bash|command line)$/i, '')
    .replace(/\s+(?:again|once more|now)$/i, '');
  if (IT.test(rest) || rest === '') return it === undefined ? undefined : runFile(it);
  const command = unquoted(rest);
  if (isQuoted(rest) || isCommand(command)) return { kind: 'run', path: '', command };
  const file = fileIn(rest);
  return file && runFile(file.path);
};

function runFile(path: string): Clause | undefined {
  const language = languageOf(path);
  return (
    language && { kind: 'run', path, command: language.run(/^[\w./-]+$/.test(path) ? path : `'${path}'`) }
  );
}

/** A prompt that is a command: "ls -la", "git status". */
const command: ReadClause = (clause) => {
  const text = unquoted(clause);
  const alone =
    (/^\S+$/.test(text) && text !== 'make') ||
    /^\S+\s+(?:-|[\w./"'$*]+$|(?:status|log|diff|branch|show|test|run|install|build|fetch|init)\b)/.test(
      text,
    );
  return isCommand(text) && alone && !/[?]$/.test(clause)
    ? { kind: 'run', path: '', command: text }
    : undefined;
};

const PLACE = /\b(?:in|inside|of|under|from) (?:the )?[`"']?([\w./-]+)[`"']?(?: (?:folder|directory))?$/i;
const HERE = /^(?:this|here|current|project|folder|directory|repo(?:sitory)?|working|workspace|it)$/i;

const list: ReadClause = (clause) => {
  const asks =
    /^(?:list|show|display|tell|what|which|see|look at|give)\b.*\b(?:files|directory|folder|directories|folders|contents? of)\b/i.test(
      clause,
    ) || /^(?:list|look around|what(?:'s| is) (?:in )?here)\b/i.test(clause);
  if (!asks || fileIn(clause)) return undefined;
  const place = PLACE.exec(clause.replace(/\s+(?:in )?(?:here|there)$/i, ''))?.[1];
  return { kind: 'list', path: place === undefined || HERE.test(place) ? '' : place };
};

const DIGEST = /^(?:summari[sz]e|explain|describe|sum up|what (?:does|is)|tell me (?:about|what))\b/i;
const SHOW = /^(?:read|show|open|cat|print|display|look at|view|check)\b/i;

const read: ReadClause = (clause, { it }) => {
  const digests = DIGEST.test(clause) || /\b(?:summar\w+|tell me what|explain)\b/i.test(clause);
  if (!digests && !SHOW.test(clause)) return undefined;
  const path = fileIn(clause)?.path ?? (IT.test(clause.replace(/^\S+\s+(?:me\s+)?/, '')) ? it : undefined);
  return path === undefined ? undefined : { kind: 'read', path, how: digests ? 'summarise' : 'show' };
};

const fix: ReadClause = (clause, { it }) => {
  if (!/^(?:fix|repair|debug|correct|solve|find and fix)\b/i.test(clause)) return undefined;
  const path = fileIn(clause)?.path ?? it;
  return path === undefined ? undefined : { kind: 'fix', path };
};

const replace: ReadClause = (clause, { it }) => {
  const [, from = '', to = '', behind] =
    /^(?:replace|change|rename)\s+(?:the (?:word|text|line|name) )?(`[^`]+`|"[^"]+"|'[^']+'|\S+)\s+(?:with|to|by|into)\s+(`[^`]*`|"[^"]*"|'[^']*'|\S+)(?:\s+in\s+(.+))?$/i.exec(
      clause,
    ) ?? [];
  const path = (behind === undefined ? undefined : fileIn(behind)?.path) ?? it;
  return from === '' || path === undefined
    ? undefined
    : { kind: 'replace', path, from: unquoted(from), to: unquoted(to) };
};

const search: ReadClause = (clause) => {
  const [, pattern, place] =
    /^(?:search|grep|look|find)\b(?:\s+(?:the )?(?:code|files?|project|folder|codebase))?(?:\s+for)?\s+(?:the (?:word|text|string) |all (?:uses|occurrences) of |every )?(`[^`]+`|"[^"]+"|'[^']+'|[\w.-]+)(?:\s+in\s+(?:the )?[`"']?([\w./-]+)[`"']?.*)?$/i.exec(
      clause,
    ) ?? [];
  if (pattern === undefined || /^(?:web|internet|online|files?)$/i.test(pattern)) return undefined;
  return {
    kind: 'search',
    path: place === undefined || HERE.test(place) ? '' : place,
    pattern: unquoted(pattern),
  };
};

/** Asked in this order. */
export const CLAUSES: readonly ReadClause[] = [folder, write, run, fix, replace, list, read, search, command];
