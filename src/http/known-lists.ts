/**
 * Remembers the lists in JSON bodies that were parsed before. With each turn a client sends its tools and its whole
 * conversation again. List items that were in an earlier body, byte for byte, are cut out of the next body, and are put
 * back after the rest was parsed. So the same bytes give the very same objects. Nobody may change these objects, and
 * what was made from them need not be made again. Bytes are compared, never their hashes.
 */
import type { ListPlace, MemberPlace } from '../lib/json-figures.ts';
import { markLasting } from '../lib/lasting.ts';

/**
 * Bytes of JSON. The parsed objects take about three times as much memory. A shorter list is parsed as fast as it is
 * found, so it is not kept.
 */
const BOUNDS: ListBounds = { most: 3 * 1024 * 1024, shortest: 4_096 };

/** Bytes. `most`: the bound for all lists together. `shortest`: the least length of a list that is kept. */
export type ListBounds = { most: number; shortest: number };

/** Stands in a cut body in the place of known items. Any JSON value would do. */
const STAND_IN = Buffer.from('0');

type Known = {
  /** The name of the member that holds the list: the reading of an item may depend on that name. */
  readonly name: string;
  /** The bytes from the first item to the end of the last item. */
  readonly bytes: Buffer;
  readonly ends: readonly number[];
  readonly items: readonly unknown[];
  /** The number of items at the beginning of the list that have stayed the same from body to body. */
  lasting: number;
};

type Match = { readonly known: Known; readonly count: number };

type Found = { readonly name: string; readonly place: ListPlace; readonly match: Match | undefined };

/** A body whose known items are cut out. */
export type CutBody = {
  /** The rest of the body. It is JSON if and only if the body is JSON. */
  readonly rest: Uint8Array;
  /** Makes the value of the body from the value of `rest`. The two values share everything but their lists. */
  restored(rest: Record<string, unknown>): Record<string, unknown>;
  /** Keeps the lists of a restored value for later bodies. */
  keep(value: Record<string, unknown>): void;
};

export class KnownLists {
  readonly #names: ReadonlySet<string>;
  readonly #bounds: ListBounds;
  /** All known lists. The list that was used longest ago comes first. */
  readonly #all = new Set<Known>();
  #held = 0;

  /** `names`: the members whose lists are kept. */
  constructor(names: readonly string[], bounds = BOUNDS) {
    this.#names = new Set(names);
    this.#bounds = bounds;
  }

  /** The bytes of all known lists. */
  get held(): number {
    return this.#held;
  }

  /** Cuts known items out of `bytes`. `members` are the members that `JsonFigures` found in `bytes`. */
  cut(bytes: Uint8Array, members: readonly MemberPlace[] | undefined): CutBody {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lists = this.#listsIn(body, members);
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (const { place, match } of lists) {
      if (!match) continue;
      pieces.push(body.subarray(from, place.start), STAND_IN);
      from = place.ends[match.count - 1] ?? place.start;
    }
    pieces.push(body.subarray(from));
    return {
      rest: pieces.length === 1 ? body : Buffer.concat(pieces),
      restored: (value) => {
        const whole = { ...value };
        for (const { name, match } of lists) if (match) whole[name] = restored(match, value[name]);
        return whole;
      },
      keep: (value) => {
        for (const list of lists) this.#keep(list, value[list.name], body);
      },
    };
  }

  /**
   * The members whose names the parser is sure to read as they are written: names without escapes that occur only once.
   */
  #listsIn(body: Buffer, members: readonly MemberPlace[] | undefined): Found[] {
    if (!members) return [];
    const found = new Map<string, Found | undefined>();
    for (const { keyStart, keyEnd, list } of members) {
      const name = body.toString('latin1', keyStart, keyEnd);
      if (name.includes('\\')) return [];
      if (!this.#names.has(name)) continue;
      const isSure = list !== undefined && !found.has(name);
      found.set(name, isSure ? { name, place: list, match: this.#match(body, name, list) } : undefined);
    }
    return [...found.values()].filter((list) => list !== undefined);
  }

  /** The known list that shares the longest beginning with a list of the body. */
  #match(body: Buffer, name: string, place: ListPlace): Match | undefined {
    let best: Match | undefined;
    if (lengthOf(place) < this.#bounds.shortest) return best;
    for (const known of this.#all) {
      const count = known.name === name ? equalItems(body, place, known) : 0;
      if (count > (best?.count ?? 0)) best = { known, count };
    }
    return best;
  }

  #keep({ name, place: { start, ends }, match }: Found, items: unknown, body: Buffer): void {
    if (match) this.#use(match.known);
    if (!Array.isArray(items) || items.length !== ends.length || match?.count === items.length) return;
    // Most of the known list matches: the known list has grown into the present one, which replaces it.
    if (match && 2 * match.count > match.known.items.length) this.#forget(match.known);
    const part = body.subarray(start, ends.at(-1));
    // A part of a buffer keeps the whole buffer in memory, so a small part is copied.
    const isMost = 2 * part.byteLength > body.buffer.byteLength;
    const bytes = isMost ? part : Buffer.from(new Uint8Array(part).buffer);
    if (part.byteLength < this.#bounds.shortest || bytes.buffer.byteLength > this.#bounds.most) return;
    this.#use({ name, bytes, ends: ends.map((end) => end - start), items, lasting: match?.count ?? 0 });
  }

  #use(known: Known): void {
    this.#forget(known);
    this.#all.add(known);
    this.#held += known.bytes.buffer.byteLength;
    for (const oldest of this.#all) {
      if (this.#held <= this.#bounds.most) return;
      this.#forget(oldest);
    }
  }

  #forget(known: Known): void {
    if (this.#all.delete(known)) this.#held -= known.bytes.buffer.byteLength;
  }
}

const lengthOf = ({ start, ends }: ListPlace): number => (ends.at(-1) ?? start) - start;

function restored({ known, count }: Match, parsed: unknown): unknown {
  if (!Array.isArray(parsed)) return parsed;
  for (; known.lasting < count; known.lasting++) markLasting(known.items[known.lasting]);
  return [...known.items.slice(0, count), ...parsed.slice(1)];
}

/**
 * The number of items at the beginning that are the same bytes in both lists. Most of a list that has grown is compared
 * in one step.
 */
function equalItems(body: Buffer, { start, ends }: ListPlace, known: Known): number {
  if (ends[0] !== start + (known.ends[0] ?? 0)) return 0;
  let equal = 0;
  let length = 0;
  let most = Math.min(ends.length, known.ends.length);
  for (let next = most; equal < most; next = Math.ceil((equal + most) / 2)) {
    const end = known.ends[next - 1] ?? 0;
    const isEqual =
      ends[next - 1] === start + end &&
      body.compare(known.bytes, length, end, start + length, start + end) === 0;
    if (isEqual) {
      equal = next;
      length = end;
    } else most = next - 1;
  }
  return equal;
}
