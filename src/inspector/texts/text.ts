/** Long texts: their beginning, and how the rest is asked for. */
import type { Text } from '../shapes.ts';
import { EVERYTHING, type Opened, readable, valueAt, type Wanted } from './opened.ts';

/** Characters. */
const SHOWN = 20_000;

export function textFrom(text: string, at: string): Text {
  if (text.length <= SHOWN) return { text, length: text.length };
  return { text: text.slice(0, SHOWN).toWellFormed(), length: text.length, at };
}

/** Names of places, as an address tells them: `came messages.0`, `sent 2 contents.0`, `answer content.0`, `reads 1 3`. */
export const PLACES = {
  came: (path: string) => `came ${path}`.trim(),
  sent: (attempt: number, path = '') => `sent ${attempt} ${path}`.trim(),
  answer: (path: string) => `answer ${path}`.trim(),
  /** A frame of an attempt. */
  frame: (attempt: number, number: number) => `frame ${attempt} ${number}`,
  /** A part of everything that is kept. */
  raw: (number: number) => `raw ${number}`,
};

/** The texts that are not at a path in JSON. */
export type OtherTexts = {
  frame(attempt: number, number: number): string | undefined;
  raw(number: number): string | undefined;
};

/** What is to be loaded before the text at a place is asked for. */
export function wantedAt(place: string): Wanted {
  const [kind = '', first = ''] = place.split(' ');
  switch (kind) {
    case 'came':
      return { came: true };
    case 'sent':
      return { sent: Number(first) };
    case 'answer':
      return { answer: true };
    case 'frame':
      return { reads: Number(first) };
    case 'raw':
      return EVERYTHING;
    default:
      return {};
  }
}

/** The whole text at a place; undefined where there is none. */
export function textAt(place: string, opened: Opened, others: OtherTexts): string | undefined {
  const [kind = '', first = '', second = ''] = place.split(' ');
  const at = (value: unknown, path: string) => {
    const found = valueAt(value, path);
    return found === undefined ? undefined : readable(found);
  };
  switch (kind) {
    case 'came':
      return at(opened.came()?.json, first);
    case 'sent':
      return at(opened.sent(Number(first))?.json, second);
    case 'answer':
      return at(opened.answer(), first);
    case 'frame':
      return others.frame(Number(first), Number(second));
    case 'raw':
      return others.raw(Number(first));
    default:
      return undefined;
  }
}
