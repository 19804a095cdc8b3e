/**
 * Lists in JSON bodies that were parsed before. A client sends its tools and all of a conversation with each turn. List items that stood
 * in an earlier body, byte for byte, are cut out of the next body, and put back after the rest was parsed. So the same bytes give the very
 * same objects. Nobody may change these objects, and what was made of them need not be made again. Bytes are compared, never their hashes.
 */
import type { ListPlace, MemberPlace } from '../lib/json-figures.ts';
import { markLasting } from '../lib/lasting.ts';

/** Bytes of JSON. The objects made of them take some three times as much. Shorter lists are parsed as fast as they are found. */
const BOUNDS: ListBounds = { most: 3 * 1024 * 1024, shortest: 4_096 };

/** Bytes: the most for all lists together, and the least for one list to be worth keeping. */
export type ListBounds = { most: number; shortest: number };

/** Stands in the place of items that are known. Any value would do. */
const STAND_IN = Buffer.from('0');

type Known = {
  /** The name of the member whose list it is: how an item is read may depend on that name. */
  readonly name: string;
  /** The bytes from the first item to the end of the last item. */
  readonly bytes: Buffer;
  readonly ends: readonly number[];
  readonly items: readonly unknown[];
  /** How many items at the beginning are known to stay the same from body to body. */
  lasting: number;
};

type Match = { readonly known: Known; readonly count: number };

type Found = { readonly name: string; readonly place: ListPlace; readonly match: Match | undefined };

/** A body whose known items are cut out. */
export type CutBody = {
  /** JSON if the whole body is JSON. */
  readonly rest: Uint8Array;
  /** From the value of `rest`, makes the value of the whole body. The two values share everything but their lists. */
  restored(rest: Record<string, unknown>): Record<string, unknown>;
  /** Keeps the lists of a restored value for later bodies. */
  keep(value: Record<string, unknown>): void;
};

export class KnownLists {
  readonly #names: ReadonlySet<string>;
  readonly #bounds: ListBounds;
  /** The list that was used longest ago comes first. */
  readonly #all = new Set<Known>();
  #held = 0;

  /** `names` of the members whose lists are kept. */
  constructor(names: readonly string[], bounds = BOUNDS) {
    this.#names = new Set(names);
    this.#bounds = bounds;
  }

  /** Bytes. */
  get held(): number {
    return this.#held;
  }

  /** `members` as `JsonFigures` found them in all of `bytes`. */
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

  /** The members whose names the parser is sure to read in the same way: names that are written without escapes, and once. */
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

  /** The longest beginning of a list that is known. */
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
    // The known list has grown into the present one.
    if (match && 2 * match.count > match.known.items.length) this.#forget(match.known);
    const part = body.subarray(start, ends.at(-1));
    // A part of a buffer keeps the whole buffer in memory. So a small part is copied.
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

/** How many items at the beginning of both lists are the same bytes. Most of a list that has grown is compared once. */
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
