/**
 * The place of a schema in the request, and the warnings about the schema: each warning once, and of very many warnings
 * only their number.
 */
import type { Warn } from '../../warnings.ts';
import type { Work } from './work.ts';

export type SchemaPlace = {
  readonly path: string;
  readonly warn: Warn;
  /** The work that the schemas of this request may still cost. */
  readonly work: Work;
};

const MOST_TOLD = 20;
/** The most warnings that are written out; the others are only counted. */
const MOST_KEPT = 1_000;

/** Collects the warnings about one schema. */
export class Told {
  readonly #details = new Set<string>();
  #isMore = false;

  add(detail: string): void {
    if (this.#details.size < MOST_KEPT) this.#details.add(detail);
    else this.#isMore = true;
  }

  report({ path, warn }: SchemaPlace): void {
    const details = [...this.#details];
    for (const detail of details.slice(0, MOST_TOLD)) warn('tool-changed', path, detail);
    const more = details.length - MOST_TOLD;
    if (more > 0)
      warn('tool-changed', path, `${this.#isMore ? 'at least ' : ''}${more} more changes of this kind`);
  }
}

const LONGEST = 60;

/** A name or reference that the author wrote, cut so that it fits into a line. */
export const shortly = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`;
