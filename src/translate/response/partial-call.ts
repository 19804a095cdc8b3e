/**
 * Puts together a call whose arguments come in pieces (Vertex, `streamFunctionCallArguments`; recordings section 5).
 * First comes a part with the name, then values by JSON path (a string may need several parts), and then a part that
 * says that nothing follows. Pieces that do not fit together throw: arguments that are nearly right could damage
 * somebody's files.
 */
import { UpstreamError } from '../../gemini/errors.ts';
import { MAX_DEPTH } from '../../gemini/limits.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

type Segment = string | number;
type Container = Record<Segment, Json>;

const STEP = /\.([^.[\]]+)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]/sy;
const ESCAPE = /\\(.)/gs;
/** The most characters of a path. */
const MAX_PATH = 4_096;
/** The most steps of all paths of a call together: several for each token of the longest answer. */
const MAX_STEPS = 250_000;
/**
 * The most items that an index may skip. Empty lists and objects have no piece of their own, so gaps must be allowed.
 * But a path is short, and could make a huge gap.
 */
const MAX_GAPS = 1_000;

const VALUES = ['stringValue', 'numberValue', 'boolValue', 'nullValue'] as const;

const unfit = (why: string) => new UpstreamError('unusable', `the model wrote arguments in pieces ${why}`);

function steps(path: unknown): Segment[] {
  if (typeof path !== 'string' || path.length > MAX_PATH) throw unfit('without a path');
  const rooted = path.startsWith('$') ? path.slice(1) : path;
  const text = /^[.[]/.test(rooted) ? rooted : `.${rooted}`;
  const found: Segment[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const step = STEP.exec(text);
    if (!step) throw unfit('whose path cannot be read');
    const [, dotted, index, ...quoted] = step;
    const name = dotted ?? (quoted[0] ?? quoted[1] ?? '').replace(ESCAPE, '$1');
    found.push(index === undefined ? name : Number(index));
  }
  if (found.length === 0 || found.length > MAX_DEPTH) throw unfit('whose path leads nowhere');
  return found;
}

const isContainer = (value: Json | undefined): value is Json[] | JsonObject =>
  Array.isArray(value) || isObject(value);

/**
 * A member of a container. Only own members count: an argument may be named `__proto__`, and must not reach a
 * prototype.
 */
const member = (container: Container, step: Segment): Json | undefined =>
  Object.hasOwn(container, step) ? container[step] : undefined;

const put = (container: Container, step: Segment, value: Json): void => {
  Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true });
};

export class PartialCall {
  readonly name: string;
  readonly signature: string | undefined;
  readonly args: JsonObject;
  #gaps = 0;
  #steps = 0;

  constructor(name: string, signature: string | undefined, args: JsonObject = {}) {
    this.name = name;
    this.signature = signature;
    this.args = args;
  }

  /** Adds `partialArgs`: `[{ jsonPath, stringValue | numberValue | boolValue | nullValue }]`. */
  add(partialArgs: unknown): void {
    if (partialArgs === undefined || partialArgs === null) return;
    if (!Array.isArray(partialArgs)) throw unfit('that are no list');
    for (const piece of partialArgs) {
      if (!isObject(piece)) throw unfit('that are no objects');
      this.#set(piece);
    }
  }

  /** Adds complete arguments that come after the name. */
  merge(args: JsonObject): void {
    for (const [name, value] of Object.entries(args)) put(this.args, name, value);
  }

  #set(piece: Record<string, unknown>): void {
    const key = VALUES.find((name) => Object.hasOwn(piece, name));
    if (key === undefined) return;
    const path = steps(piece['jsonPath']);
    this.#steps += path.length;
    if (this.#steps > MAX_STEPS) throw unfit('without end');
    const last = path.pop() ?? '';
    let at = this.args as Container;
    for (const [index, step] of path.entries()) at = this.#inside(at, step, path[index + 1] ?? last);
    const before = this.#room(at, last);
    if (isContainer(before)) throw unfit('of which one takes the place of others');
    const value = key === 'nullValue' ? null : (piece[key] as Json);
    const goesOn = key === 'stringValue' && typeof before === 'string';
    put(at, last, goesOn ? `${before}${value}` : value);
  }

  /** The container at `step` that holds the member `next`. It is made where it is missing. */
  #inside(at: Container, step: Segment, next: Segment): Container {
    const found = this.#room(at, step);
    if (isContainer(found)) return found as Container;
    if (found !== undefined && found !== null) throw unfit('of which one lies inside of a value');
    const made: Json = typeof next === 'number' ? [] : {};
    put(at, step, made);
    return made as Container;
  }

  /** The value at `step`. A list is first filled up to that index. */
  #room(at: Container, step: Segment): Json | undefined {
    if (Array.isArray(at) !== (typeof step === 'number')) throw unfit('that mix lists and objects');
    if (!Array.isArray(at)) return member(at, step);
    const list: Json[] = at;
    this.#gaps += Math.max(0, Number(step) - list.length);
    if (this.#gaps > MAX_GAPS) throw unfit('with gaps between them');
    while (list.length < Number(step)) list.push(null);
    return member(at, step);
  }
}
