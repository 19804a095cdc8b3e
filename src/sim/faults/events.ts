/** Gives faults upstream's events one after another, each complete, with the bytes between them. */
import type { Candidate, GenerateContentResponse } from '../../gemini/wire.ts';
import { parseKeepingDigits } from '../../lib/exact-json.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { googleBody, googleEvent } from '../mock/google-json.ts';
import { onBody, type Reads } from './body.ts';
import type { Behaviour, Strike } from './fault.ts';

/** Two line ends in a row, of any kind. */
const BLANK_LINE = /\r\n\r?\n|\n\r?\n|\r\r/g;
/** The longest line end, which two reads may have torn apart. */
const LONGEST_END = 4;

const EVENT = /^(?:\uFEFF)?data: ?/;

/** The bytes of a text in which each character stands for one byte. */
const bytesOf = (latin1: string): Uint8Array => Buffer.from(latin1, 'latin1');
export const latin1Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const utf8Of = (text: string): Uint8Array => Buffer.from(text, 'utf8');
export const fromLatin1 = bytesOf;

/**
 * Yields each event together with the blank line that ends it. A body without blank lines, such as a whole answer, is
 * one event.
 */
export async function* eventsOf(reads: Reads): AsyncGenerator<Uint8Array, void, undefined> {
  // A copy of the pattern for this body: a pattern remembers the place from which it searches on.
  const blankLine = new RegExp(BLANK_LINE);
  let rest = '';
  for await (const read of reads) {
    const searched = Math.max(0, rest.length - LONGEST_END);
    rest += latin1Of(read);
    blankLine.lastIndex = searched;
    let from = 0;
    for (let match = blankLine.exec(rest); match; match = blankLine.exec(rest)) {
      const end = match.index + match[0].length;
      // A CR at the end may be the first half of a CRLF.
      if (end === rest.length && match[0].endsWith('\r')) break;
      yield bytesOf(rest.slice(from, end));
      from = end;
    }
    rest = rest.slice(from);
  }
  if (rest !== '') yield bytesOf(rest);
}

/** True for a server-sent event; false for a whole answer. */
export const isEvent = (bytes: Uint8Array): boolean => EVENT.test(Buffer.from(bytes).toString('utf8'));

/** The object in an event or a whole answer; undefined where there is no object. */
export function chunkOf(bytes: Uint8Array): GenerateContentResponse | undefined {
  const text = Buffer.from(bytes).toString('utf8').replace(EVENT, '');
  // Numbers keep their digits, so that an event that is not struck stays as it was.
  const value = tryParseJson(text) === undefined ? undefined : parseKeepingDigits(text);
  return isObject(value) ? value : undefined;
}

/** Writes `chunk` in the form of `model`, which is an event or a whole answer. */
export const writeChunk = (chunk: unknown, model: Uint8Array): Uint8Array =>
  utf8Of(isEvent(model) ? googleEvent(chunk) : googleBody(chunk));

export const candidateOf = (chunk: GenerateContentResponse | undefined): Candidate | undefined =>
  chunk?.candidates?.[0];

export const finishes = (bytes: Uint8Array): boolean =>
  candidateOf(chunkOf(bytes))?.finishReason !== undefined;

/** True where the event contains something that the client sees: text, a thought, a call. */
export const speaks = (bytes: Uint8Array): boolean =>
  (candidateOf(chunkOf(bytes))?.content?.parts ?? []).some((part) => part.text !== '');

/** Makes the new bytes for an event. Undefined leaves the event as it is, and does not count as a strike. */
export type Edit = (event: Uint8Array, strike: Strike) => Iterable<Uint8Array> | undefined;

/** Edits the event with the number `frame`, or all events where `frame` is not set. */
export const editEvents = (edit: Edit): Behaviour =>
  onBody(async function* (reads, strike) {
    const { frame } = strike.settings;
    let index = 0;
    for await (const event of eventsOf(reads)) {
      index++;
      const edited = frame === undefined || frame === index ? edit(event, strike) : undefined;
      if (edited) strike.struck({ frame: index });
      yield* edited ?? [event];
    }
  });

/** Edits the first event, from number `frame` on, that `edit` can change. */
export const editFirstEvent = (edit: Edit): Behaviour =>
  onBody(async function* (reads, strike) {
    const { frame = 1 } = strike.settings;
    let index = 0;
    let done = false;
    for await (const event of eventsOf(reads)) {
      index++;
      const edited = done || index < frame ? undefined : edit(event, strike);
      if (edited) {
        done = true;
        strike.struck({ frame: index });
      }
      yield* edited ?? [event];
    }
  });
