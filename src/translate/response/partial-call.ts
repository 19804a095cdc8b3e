/**
 * A call whose arguments come in pieces (Vertex, `streamFunctionCallArguments`; recordings section 5): a first part with
 * the name, then values by JSON path, strings possibly over several parts, then a part that no longer continues.
 */
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

const PATH_STEP = /\.([^.[\]]+)|\[(\d+)\]|\[(["'])((?:(?!\3)[^\\]|\\.)*)\3\]/g;

function steps(path: string): (string | number)[] {
  const found: (string | number)[] = [];
  for (const [, dotted, index, , quoted] of path.matchAll(PATH_STEP)) {
    found.push(index !== undefined ? Number(index) : (dotted ?? quoted?.replace(/\\(.)/g, '$1') ?? ''));
  }
  return found;
}

type Container = Record<string | number, Json>;

/** Own members only: an argument may be named `__proto__`, and must not reach any prototype. */
const member = (container: Container, step: string | number): Json | undefined =>
  Object.hasOwn(container, step) ? container[step] : undefined;

const put = (container: Container, step: string | number, value: Json): void => {
  Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true });
};

/** The container that holds the last step of `path`, made on the way where missing. */
function containerAt(root: JsonObject, path: readonly (string | number)[]): Container {
  let at = root as Container;
  for (let i = 0; i < path.length - 1; i++) {
    const step = path[i] as string | number;
    const child = member(at, step);
    const next: Json =
      typeof child === 'object' && child !== null ? child : typeof path[i + 1] === 'number' ? [] : {};
    put(at, step, next);
    at = next as Container;
  }
  return at;
}

export class PartialCall {
  readonly name: string;
  readonly signature: string | undefined;
  readonly args: JsonObject;

  constructor(name: string, signature: string | undefined, args: JsonObject = {}) {
    this.name = name;
    this.signature = signature;
    this.args = args;
  }

  /** Adds `partialArgs`: `[{ jsonPath, stringValue | numberValue | boolValue | nullValue }]`. */
  add(partialArgs: Json | undefined): void {
    if (!Array.isArray(partialArgs)) return;
    for (const piece of partialArgs) if (isObject(piece)) this.#set(piece);
  }

  #set(piece: Record<string, unknown>): void {
    const path = steps(String(piece['jsonPath'] ?? ''));
    const last = path.at(-1);
    if (last === undefined) return;
    const container = containerAt(this.args, path);
    if (typeof piece['stringValue'] === 'string') {
      const before = member(container, last);
      put(container, last, (typeof before === 'string' ? before : '') + piece['stringValue']);
    } else if ('numberValue' in piece) put(container, last, piece['numberValue'] as number);
    else if ('boolValue' in piece) put(container, last, piece['boolValue'] as boolean);
    else if ('nullValue' in piece) put(container, last, null);
  }
}
