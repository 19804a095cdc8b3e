/**
 * The parts of a request in one list, as they are kept once the request has ended: tens of small objects for each of
 * 10,000 requests would be work for the garbage collector, again and again, and would leave its memory in shreds.
 */
import type { Kept } from './arena.ts';
import { ByteLog } from './byte-log.ts';
import type { Opening, RawNews } from './news.ts';
import type { Exchange, Parts, Translation } from './parts.ts';
import { Room, type Shelf } from './shelf.ts';
import { Story } from './story.ts';

/** The values of the story, then those of `write`, and the number of the former. */
export type Packed = readonly unknown[];

export function packed(parts: Parts): Packed {
  const out: unknown[] = [];
  parts.story.write(out);
  const count = out.length;
  write(parts, out);
  out.push(count);
  // Exactly as long as needed: a list that has grown has room for more.
  return out.slice();
}

export function unpacked(list: Packed, shelf: Shelf): Parts {
  const count = list.at(-1) as number;
  const reader = new Reader(list, count);
  const story = new Story(list.slice(0, count));
  return read(reader, story, shelf);
}

function write(parts: Parts, out: unknown[]): void {
  const { path, headers, body, news, opening, areTextsGone } = parts;
  out.push(path, headers, body, news, opening, areTextsGone);
  writeNumbers(parts.room.segments, out);
  writeLog(parts.answer, out);
  out.push(parts.translations.length);
  for (const { ctx, date, request, before } of parts.translations) out.push(ctx, date, request, before);
  out.push(parts.exchanges.length);
  for (const exchange of parts.exchanges) writeExchange(exchange, out);
}

function writeExchange(exchange: Exchange, out: unknown[]): void {
  const { attempt, url, sentAt, body, answer, headAt, status, headers, error } = exchange;
  out.push(attempt, url, sentAt, body, headAt, status, headers, error);
  writeLog(answer, out);
}

function writeLog({ length, runs, marks }: ByteLog, out: unknown[]): void {
  out.push(length);
  writeNumbers(runs, out);
  writeNumbers(marks, out);
}

function writeNumbers(numbers: readonly number[], out: unknown[]): void {
  out.push(numbers.length);
  for (const number of numbers) out.push(number);
}

class Reader {
  readonly #list: Packed;
  #at: number;

  constructor(list: Packed, at: number) {
    this.#list = list;
    this.#at = at;
  }

  next<T>(): T {
    return this.#list[this.#at++] as T;
  }

  numbers(): number[] {
    const from = this.#at + 1;
    this.#at = from + (this.#list[from - 1] as number);
    return this.#list.slice(from, this.#at) as number[];
  }

  /** As many as were written, each read by `one`. */
  each<T>(one: () => T): T[] {
    const made: T[] = [];
    for (let left = this.next<number>(); left > 0; left--) made.push(one());
    return made;
  }
}

/** Reads what `write` has written, in the same order. */
function read(from: Reader, story: Story, shelf: Shelf): Parts {
  const head = {
    story,
    path: from.next<string>(),
    headers: from.next<Headers>(),
    body: from.next<Kept | undefined>(),
    news: from.next<RawNews | undefined>(),
    opening: from.next<Opening | undefined>(),
    areTextsGone: from.next<boolean>(),
  };
  const room = new Room(shelf, from.numbers(), head.areTextsGone);
  const answer = readLog(from, room);
  const translations = from.each(() => readTranslation(from));
  return { ...head, room, answer, translations, exchanges: from.each(() => readExchange(from, room)) };
}

const readTranslation = (from: Reader): Translation => ({
  ctx: from.next(),
  date: from.next(),
  request: from.next(),
  before: from.next(),
});

const readExchange = (from: Reader, room: Room): Exchange => ({
  attempt: from.next(),
  url: from.next(),
  sentAt: from.next(),
  body: from.next(),
  headAt: from.next(),
  status: from.next(),
  headers: from.next(),
  error: from.next(),
  answer: readLog(from, room),
});

function readLog(from: Reader, room: Room): ByteLog {
  const length = from.next<number>();
  const runs = from.numbers();
  return new ByteLog(room, { length, runs, marks: from.numbers() });
}
