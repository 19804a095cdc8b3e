/**
 * Understands sentences in which Google names a place in a schema, but not whose schema it is. The sentences were
 * collected from reports and probes of 2026. Each sentence tells where the bad node is in its schema, and what is wrong
 * with that node.
 */
import type { FunctionDeclaration } from '../../../gemini/wire.ts';
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';

type Clue = {
  /** The place: `properties.a.items`, or `top-level`. Undefined where the sentence names no place. */
  path?: string | undefined;
  /** True where the node at that place fits the sentence, so the sentence may be about this schema. */
  isThere(node: Json): boolean;
  /** True where the node is wrong by our own reading. Google may find faults that our reading does not find. */
  isWrong(node: Json): boolean;
};

const memberOf = (node: Json, key: string): Json | undefined =>
  typeof node === 'object' && node !== null && Object.hasOwn(node, key)
    ? (node as JsonObject)[key]
    : undefined;

const lists = (node: Json, name: string): boolean => {
  const required = memberOf(node, 'required');
  return Array.isArray(required) && required.includes(name);
};

const refers = (node: Json): boolean => typeof memberOf(node, '$ref') === 'string';
const anything = (_node: Json): boolean => true;

/**
 * True where `value` is certainly not of the kind `an object` or `a list`. For other kinds nothing is known, so the
 * result is false.
 */
const isNo = (kind: string, value: Json | undefined): boolean =>
  (kind === 'object' && !isObject(value)) || (kind === 'list' && !Array.isArray(value));

/** What Google takes beside a reference, where it takes references at all. */
const BESIDE_REFERENCE: ReadonlySet<string> = new Set(['$ref', 'ref', 'description', 'default']);

/** True where the node refers to `name`, or to something of that name. `ref` is Google's own keyword. */
const refersTo = (node: Json, name: string): boolean =>
  ['$ref', 'ref'].some((key) => {
    const reference = memberOf(node, key);
    return typeof reference === 'string' && (reference === name || reference.endsWith(`/${name}`));
  });

const missing = (names: readonly string[], path?: string): Clue => ({
  path,
  isThere: (node) => names.some((name) => lists(node, name)),
  isWrong: (node) =>
    names.some(
      (name) => lists(node, name) && memberOf(memberOf(node, 'properties') ?? null, name) === undefined,
    ),
});

const quoted = (text: string): string[] =>
  [...text.matchAll(/['"`]([^'"`]+)['"`]/g)].map(([, name = '']) => name);

/** The patterns of these sentences, with the clue that each gives. The first pattern that matches counts. */
const SENTENCES: readonly (readonly [pattern: RegExp, clue: (...found: string[]) => Clue])[] = [
  [
    /schema at (.+?) requires unspecified property:? (.+)/i,
    (path = '', name = '') => missing([...quoted(name), name.trim()], path),
  ],
  [/required fields? \[(.*?)\] (?:are|is) not defined/i, (names = '') => missing(quoted(names))],
  [
    /schema at (.+?) must be a boolean or an object/i,
    (path = '') => ({
      path,
      isThere: anything,
      isWrong: (node) => !isObject(node) && typeof node !== 'boolean',
    }),
  ],
  [
    /value for (\S+) at ([\w$.-]+) must be an? (\w+)/i,
    (keyword = '', path = '', kind = '') => ({
      path,
      isThere: (node) => memberOf(node, keyword) !== undefined,
      isWrong: (node) => isNo(kind, memberOf(node, keyword)),
    }),
  ],
  [
    /value at ([\w$.-]+) must be an? (\w+)/i,
    (path = '', kind = '') => ({ path, isThere: anything, isWrong: (node) => isNo(kind, node) }),
  ],
  [
    /unrecognized type ['"`]?(.*?)['"`]? at (.+)/i,
    (type = '', path = '') => ({
      path,
      isThere: (node) => memberOf(node, 'type') !== undefined,
      isWrong: (node) => [memberOf(node, 'type') ?? []].flat().includes(type),
    }),
  ],
  [/ref loops? .* at (\S+)/i, (path = '') => ({ path, isThere: anything, isWrong: refers })],
  [
    /\bref ['"`]([^'"`]+)['"`] was set alongside/i,
    (name = '') => ({
      isThere: (node) => refersTo(node, name),
      isWrong: (node) => isObject(node) && Object.keys(node).some((key) => !BESIDE_REFERENCE.has(key)),
    }),
  ],
  [/reference to undefined schema at\s*(.*)/i, (path = '') => ({ path, isThere: refers, isWrong: refers })],
];

/** The node at `path`. A property's name may itself contain dots, so the longest name that fits is used. */
function nodeAt(schema: Json, path: string): Json | undefined {
  const steps = path
    .replace(/^top-level\.?/, '')
    .split('.')
    .filter((step) => step !== '');
  let node: Json | undefined = schema;
  for (let from = 0; from < steps.length; ) {
    let to = steps.length;
    while (to > from + 1 && memberOf(node ?? null, steps.slice(from, to).join('.')) === undefined) to--;
    node = memberOf(node ?? null, steps.slice(from, to).join('.'));
    if (node === undefined) return undefined;
    from = to;
  }
  return node;
}

function someNode(schema: Json, fits: (node: Json) => boolean): boolean {
  const open: Json[] = [schema];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    if (fits(node)) return true;
    for (const inner of Array.isArray(node) ? node : Object.values(node)) open.push(inner);
  }
  return false;
}

function fits(schema: Json, { path, isThere }: Clue, isWrong: (node: Json) => boolean): boolean {
  const both = (node: Json) => isThere(node) && isWrong(node);
  if (path === undefined) return someNode(schema, both);
  const node = nodeAt(schema, path.replace(/[.,;:\s]+$/, ''));
  return node !== undefined && both(node);
}

export type Clued = {
  /**
   * The schemas that are wrong at that place. If there are none: the schemas that have something at that place. If
   * there are none of these either: all schemas.
   */
  declarations: readonly FunctionDeclaration[];
  /**
   * How sure the clue is. `wrong`: our own reading finds the same fault in these declarations. `there`: they have
   * something at that place. `perhaps`: one of them may be meant.
   */
  found: 'wrong' | 'there' | 'perhaps';
};

/** True where the text in quotes in `line` is known not to be the name of a tool. */
export const isClue = (line: string): boolean => SENTENCES.some(([pattern]) => pattern.test(line));

/**
 * The declarations that `line` points to. Undefined where `line` is about something else, or may be about the schema of
 * the answer.
 */
export function cluedBy(
  line: string,
  declarations: readonly FunctionDeclaration[],
  answerSchema: Json | undefined,
): Clued | undefined {
  for (const [pattern, toClue] of SENTENCES) {
    const [, ...found] = pattern.exec(line) ?? [];
    if (found.length === 0) continue;
    const clue = toClue(...found);
    const meant = (where: Clue, isWrong = anything) =>
      declarations.filter(
        ({ parametersJsonSchema: schema }) => schema !== undefined && fits(schema, where, isWrong),
      );
    const sure = meant(clue, clue.isWrong);
    if (sure.length > 0) return { declarations: sure, found: 'wrong' };
    const anywhere = { ...clue, path: undefined };
    if (/response/i.test(line) || (answerSchema && fits(answerSchema, anywhere, anything))) return undefined;
    const near = meant(clue);
    if (near.length > 0) return { declarations: near, found: 'there' };
    const { path = 'top-level' } = clue;
    const placed = /^top-level\W*$/.test(path) ? [] : meant({ ...clue, isThere: anything });
    return { declarations: placed.length > 0 ? placed : meant(anywhere), found: 'perhaps' };
  }
  return undefined;
}
