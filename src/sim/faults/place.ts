/** Finds the place in a body where a fault strikes. */
import { ignoreFailure } from '../../lib/async.ts';
import { onBody, pause, type Reads } from './body.ts';
import { eventsOf, finishes, speaks } from './events.ts';
import type { Behaviour, Strike } from './fault.ts';

/**
 * Stands between the bytes before the place and the bytes after the place. It does not come where the body ends before
 * the place.
 */
export const HERE: unique symbol = Symbol('here');
export type Marked = AsyncIterable<Uint8Array | typeof HERE>;
export type Place = (reads: Reads, strike: Strike) => Marked;

type MarkedItems = AsyncGenerator<Uint8Array | typeof HERE, void, undefined>;

/** The place after this many bytes. */
async function* atByte(reads: Reads, byte: number): MarkedItems {
  let seen = 0;
  if (byte === 0) yield HERE;
  for await (const read of reads) {
    const cut = byte - seen;
    seen += read.byteLength;
    if (cut > 0 && cut <= read.byteLength) {
      yield read.subarray(0, cut);
      yield HERE;
      yield read.subarray(cut);
    } else yield read;
  }
}

/** The place after this many events. */
async function* afterEvent(reads: Reads, frame: number): MarkedItems {
  let seen = 0;
  if (frame === 0) yield HERE;
  for await (const event of eventsOf(reads)) {
    yield event;
    if (++seen === frame) yield HERE;
  }
}

/** A place in time: it comes after this many milliseconds, whether bytes come or not. */
async function* atTime(reads: Reads, ms: number, strike: Strike): MarkedItems {
  const off = new AbortController();
  const signal = AbortSignal.any([strike.signal, off.signal]);
  const due: Promise<typeof HERE> = pause(ms, { ...strike, signal }).then(() => HERE);
  const source = reads[Symbol.asyncIterator]();
  let over = false;
  try {
    let next = source.next();
    for (;;) {
      const first = over ? await next : await Promise.race([due, next]);
      if (first === HERE) {
        over = true;
        yield HERE;
      } else {
        if (first.done) return;
        yield first.value;
        next = source.next();
      }
    }
  } finally {
    off.abort();
    ignoreFailure(due);
    // The end is not awaited: upstream may be silent for ever.
    ignoreFailure(source.return?.());
  }
}

/** The place that the rule names by `byte`, `frame` or `after`. */
export const asSet: Place = (reads, strike) => {
  const { byte, frame, after } = strike.settings;
  if (byte !== undefined) return atByte(reads, byte);
  if (after !== undefined) return atTime(reads, after, strike);
  return afterEvent(reads, frame ?? 0);
};

/** `frame` selects the event, and `placeIn` the place inside of it; undefined where the event has no such place. */
const insideEvent = (placeIn: (event: Uint8Array) => number | undefined): Place =>
  async function* (reads, strike): MarkedItems {
    const { frame = 1 } = strike.settings;
    let index = 0;
    let found = false;
    for await (const event of eventsOf(reads)) {
      const place = ++index < frame || found ? undefined : placeIn(event);
      if (place === undefined) yield event;
      else {
        found = true;
        yield event.subarray(0, place);
        yield HERE;
        yield event.subarray(place);
      }
    }
  };

export const midEvent = insideEvent((event) => Math.floor(event.byteLength / 2));

/** The place after the first byte of the first character that has several bytes. */
export const midCharacter = insideEvent((event) => {
  const lead = event.findIndex((byte) => byte >= 0xc0);
  return lead < 0 ? undefined : lead + 1;
});

/**
 * The place where everything but the end was said: before an event that only ends the answer, or after an event that
 * says something and ends the answer.
 */
export const afterText: Place = async function* (reads): MarkedItems {
  let over = false;
  for await (const event of eventsOf(reads)) {
    const here: boolean = !over && finishes(event);
    over ||= here;
    const silent = here && !speaks(event);
    if (silent) yield HERE;
    yield event;
    if (here && !silent) yield HERE;
  }
};

/** The place after the last byte. */
export const atEnd: Place = async function* (reads): MarkedItems {
  yield* reads;
  yield HERE;
};

/** Passes the body on, and runs `act` at the place. */
export const strikeAt = (
  place: Place,
  act: (strike: Strike) => Reads,
  rest: 'rest follows' | 'ends',
): Behaviour =>
  onBody(async function* (reads, strike) {
    for await (const item of place(reads, strike)) {
      if (item !== HERE) yield item;
      else {
        strike.struck();
        yield* act(strike);
        if (rest === 'ends') return;
      }
    }
  });
