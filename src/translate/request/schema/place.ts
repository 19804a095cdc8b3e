/** Where a schema stands in the request, and what is said of it: each thing once, and of very many things only how many. */
import type { Warn } from '../../warnings.ts';
import type { Work } from './work.ts';

export type SchemaPlace = {
  readonly path: string;
  readonly warn: Warn;
  /** What may still be done for the schemas of this request. */
  readonly work: Work;
};

const MOST_TOLD = 20;
/** Of the others no more than their number is told. */
const MOST_KEPT = 1_000;

/** Collects what is told of one schema. */
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

/** A name or reference of the author's, short enough for a line. */
export const shortly = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`;
