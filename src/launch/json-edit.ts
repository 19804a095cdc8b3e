/**
 * Changes single members of a JSON text and leaves every other byte as it is: a settings file belongs to its user, with its
 * order, indents and line ends. Members are inserted in the style of those around them.
 */
import { isObject } from '../lib/json.ts';

export type Path = readonly string[];
type Value = string | number | boolean | Readonly<Record<string, string>>;

type Member = { key: string; keyStart: number; keyEnd: number; valueStart: number; valueEnd: number };
/** An object in the text. `open` is the place behind its `{`, `close` the place of its `}`. */
type Block = { open: number; close: number; members: readonly Member[] };

const skipSpace = (text: string, at: number): number => {
  let end = at;
  while (/[\s\uFEFF]/.test(text[end] ?? '')) end++;
  return end;
};

function skipString(text: string, at: number): number {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** `text` is known to be JSON: nothing is checked on the way. */
function skipValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return skipString(text, at);
  if (first !== '{' && first !== '[')
    return at + (/^[^\s,\]}]+/.exec(text.slice(at, at + 400))?.[0].length ?? 0);
  let depth = 0;
  let end = at;
  do {
    const char = text[end];
    if (char === '{' || char === '[') depth++;
    if (char === '}' || char === ']') depth--;
    end = char === '"' ? skipString(text, end) : end + 1;
  } while (depth > 0);
  return end;
}

function blockAt(text: string, at: number): Block {
  const open = skipSpace(text, at) + 1;
  const members: Member[] = [];
  let next = skipSpace(text, open);
  while (text[next] === '"') {
    const keyEnd = skipString(text, next);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = skipValue(text, valueStart);
    members.push({
      key: JSON.parse(text.slice(next, keyEnd)),
      keyStart: next,
      keyEnd,
      valueStart,
      valueEnd,
    });
    const comma = skipSpace(text, valueEnd);
    next = text[comma] === ',' ? skipSpace(text, comma + 1) : comma;
  }
  return { open, close: next, members };
}

/** The member of that name. Where several have the name, the last one counts, as with every reader of JSON. */
const memberOf = ({ members }: Block, key: string): Member | undefined =>
  members.findLast((member) => member.key === key);

const cut = (text: string, start: number, end: number, insert: string): string =>
  text.slice(0, start) + insert + text.slice(end);

// ── style ─────────────────────────────────────────────────────────────────────────────────────────────────────

type Style = { indent: string; colon: string; lineEnd: string };

/** The indent of the first member of the whole text. Two spaces where there is no member, as Claude Code writes. */
function styleOf(text: string): Style {
  const block = blockAt(text, 0);
  const [first] = block.members;
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  if (!first) return { indent: '  ', colon: ': ', lineEnd };
  const before = text.slice(block.open, first.keyStart);
  const colon = text.slice(first.keyEnd, first.valueStart);
  return { indent: before.includes('\n') ? before.replace(/^.*\n/s, '') : '', colon, lineEnd };
}

/** Writes a value. `base` is the indent of the line on which the value begins. Writes it on one line where the whole file is one line. */
function written(value: Value, base: string, { indent, colon, lineEnd }: Style): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(([key, text]) => `"${key}"${colon}${JSON.stringify(text)}`);
  if (indent === '') return `{${members.join(colon.endsWith(' ') ? ', ' : ',')}}`;
  const inner = members.map((member) => `${lineEnd}${base}${indent}${member}`);
  return `{${inner.join(',')}${lineEnd}${base}}`;
}

/** The blanks at the beginning of the line that `at` is on. */
function indentAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, at))?.[0] ?? '';
}

function insertMember(text: string, block: Block, key: string, value: Value, style: Style): string {
  const last = block.members.at(-1);
  const [first] = block.members;
  if (last && first) {
    const before = text.slice(block.open, first.keyStart);
    const apart = before === '' && style.colon.endsWith(' ') ? ' ' : before;
    const base = indentAt(text, last.keyStart);
    const member = `"${key}"${style.colon}${written(value, base, style)}`;
    return cut(text, last.valueEnd, last.valueEnd, `,${apart}${member}`);
  }
  const outer = indentAt(text, block.open);
  const base = outer + style.indent;
  const member = `"${key}"${style.colon}${written(value, base, style)}`;
  const inside = style.indent === '' ? member : `${style.lineEnd}${base}${member}${style.lineEnd}${outer}`;
  return cut(text, block.open, block.close, inside);
}

// ── the three things that can be done ────────────────────────────────────────────────────────────────────────

/** The value of a member; undefined where there is no such member. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    root,
  );
}

/** `text` with the member set. The parents of the member must be objects, or absent. */
export function withMember(text: string, [key = '', ...rest]: Path, value: Value): string {
  return setIn(text, 0, [key, ...rest], value, styleOf(text));
}

function setIn(text: string, at: number, [key = '', ...rest]: Path, value: Value, style: Style): string {
  const block = blockAt(text, at);
  const member = memberOf(block, key);
  if (!member) return insertMember(text, block, key, nested(rest, value), style);
  if (rest.length > 0) return setIn(text, member.valueStart, rest, value, style);
  return cut(
    text,
    member.valueStart,
    member.valueEnd,
    written(value, indentAt(text, member.keyStart), style),
  );
}

function nested([key, ...rest]: Path, value: Value): Value {
  if (key === undefined) return value;
  return { [key]: nested(rest, value) } as Readonly<Record<string, string>>;
}

/** `text` without the member, and without the comma and the line that were its own. */
export function withoutMember(text: string, path: Path): string {
  let block = blockAt(text, 0);
  for (const key of path.slice(0, -1)) {
    const parent = memberOf(block, key);
    if (!parent) return text;
    block = blockAt(text, parent.valueStart);
  }
  const member = memberOf(block, path.at(-1) ?? '');
  if (!member) return text;
  const index = block.members.indexOf(member);
  const [before, after] = [block.members[index - 1], block.members[index + 1]];
  if (before) return cut(text, before.valueEnd, member.valueEnd, '');
  return after ? cut(text, member.keyStart, after.keyStart, '') : cut(text, block.open, block.close, '');
}
