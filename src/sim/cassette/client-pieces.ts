/**
 * Says once what stands in two requests: where a request to Gemini holds a piece of the client's request as it is, a
 * turn's file names the piece, `"⟦client:/tools/0/input_schema⟧"`. So it also shows what is passed on unchanged. Both
 * are packed (`blobs.ts`), where no text begins with a single `⟦`.
 */
import { isObject } from '../../lib/json.ts';

/** Characters of JSON. A shorter piece is as easy to read as its name. */
const LEAST = 60;

const NAME = /^⟦client:(\/.*)⟧$/s;

/** `sent`, with names for the pieces that stand in `client`. */
export function withPiecesNamed(sent: unknown, client: unknown): unknown {
  const names = new Map<string, string>();
  collect(client, '', names);
  return named(sent, names);
}

function collect(value: unknown, pointer: string, names: Map<string, string>): void {
  if (typeof value !== 'string' && typeof value !== 'object') return;
  const text = JSON.stringify(value);
  if (text.length < LEAST) return;
  if (pointer !== '' && !names.has(text)) names.set(text, pointer);
  if (typeof value === 'string' || value === null) return;
  for (const [key, item] of Object.entries(value)) collect(item, `${pointer}/${escaped(key)}`, names);
}

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
const unescaped = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');

function named(value: unknown, names: ReadonlyMap<string, string>): unknown {
  const pointer = names.get(JSON.stringify(value) ?? '');
  if (pointer !== undefined) return `⟦client:${pointer}⟧`;
  return mapped(value, (item) => named(item, names));
}

/** `sent`, with the pieces of `client` in the places of their names. Throws where there is no such piece. */
export function withPieces(sent: unknown, client: unknown): unknown {
  const pointer = typeof sent === 'string' ? NAME.exec(sent)?.[1] : undefined;
  if (pointer === undefined) return mapped(sent, (item) => withPieces(item, client));
  let piece = client;
  for (const step of pointer.split('/').slice(1).map(unescaped)) {
    const inside: unknown = Array.isArray(piece)
      ? piece[Number(step)]
      : isObject(piece)
        ? piece[step]
        : undefined;
    if (inside === undefined) throw new Error(`the client's request has nothing at ${pointer}`);
    piece = inside;
  }
  return piece;
}

function mapped(value: unknown, change: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}
