/** A document or search result whose words can be cited. */
import type { SourceCitation } from '../../anthropic/answer-citations.ts';
import type { Range } from './find-words.ts';
import type { READINGS } from './readings.ts';

/** The words of a source that were found, and the first and last of its pieces in which they stand. */
export type Place = Range & { text: string; first: number; last: number };

export type Source = {
  /** The text, whole or in pieces (blocks, pages). Undefined where the proxy cannot read the text. */
  readonly pieces: readonly string[] | undefined;
  /** Why the text cannot be read, where that is known. */
  readonly problem?: string | undefined;
  readonly reading: keyof typeof READINGS;
  /** Tells a place as Anthropic does. */
  cite(place: Place): SourceCitation;
};
