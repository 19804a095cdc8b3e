/** Hides secrets in everything that leaves the process, and cuts it only then. */

import { credentialsIn, type Redactor } from '../sim/redact.ts';
import type { Piece } from './byte-log.ts';

export type Shown = {
  /** `text` without secrets. */
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
  /** Pieces of one body: a secret may lie across several. */
  pieces(pieces: readonly Piece[]): Piece[];
  /** The beginning of a text of which more was kept than is shown. */
  beginning(text: string, characters: number): string;
};

/** Also hides what the request itself carries as credentials. */
export function shownWith(redactor: Redactor, headers: Headers): Shown {
  const knowing = redactor.with(credentialsIn(headers, new URLSearchParams()));
  const text = (given: string) => knowing.text(given, '', []);
  return {
    text,
    bytes: (bytes) => knowing.bytes(bytes, '', []),
    pieces: (pieces) => knowing.reads(pieces, '', []),
    beginning(given, characters) {
      const clean = text(given).replace(/\s+/g, ' ').trim();
      return clean.length <= characters ? clean : `${clean.slice(0, characters - 1).toWellFormed()}…`;
    },
  };
}
