/** Hides secrets in everything that leaves the process, and cuts it only then. */

import { credentialsIn, joined, type Redactor, splitLike } from '../sim/redact.ts';
import type { ThreadedRedactor } from '../sim/threaded-redactor.ts';
import type { Piece } from './byte-log.ts';

export type Shown = {
  /** `text` without secrets. For what is small: a large text would stop everybody else meanwhile. */
  text(text: string): string;
  /** Bytes without secrets, however many: they are searched in another thread. */
  bytes(bytes: Uint8Array): Promise<Uint8Array>;
  /** Pieces of one body: a secret may lie across several. */
  pieces(pieces: readonly Piece[]): Promise<Piece[]>;
  /** The beginning of a text of which more was kept than is shown. */
  beginning(text: string, characters: number): string;
  /** A text without its middle where it is long: errors say at their end what to do. */
  ends(text: string, characters: number): string;
};

/** Also hides what the request itself carries as credentials. */
const knowingOf = (redactor: Redactor, headers: Headers): Redactor =>
  redactor.with(credentialsIn(headers, new URLSearchParams()));

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function withoutMiddle(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const half = Math.floor((characters - 3) / 2);
  return `${text.slice(0, half).toWellFormed()} … ${text.slice(-half).toWellFormed()}`;
}

export function shownWith(redactor: Redactor, headers: Headers, thread: ThreadedRedactor): Shown {
  const knowing = knowingOf(redactor, headers);
  const text: Shown['text'] = (given) => knowing.text(given, '', []);
  return {
    text,
    bytes: (bytes) => thread.bytes(bytes, knowing),
    pieces: async (pieces) => splitLike(await thread.bytes(joined(pieces), knowing), pieces),
    ends: (given, characters) => withoutMiddle(inOneLine(text(given)), characters),
    beginning(given, characters) {
      const clean = inOneLine(text(given));
      return clean.length <= characters ? clean : `${clean.slice(0, characters - 1).toWellFormed()}…`;
    },
  };
}
