/** Tells the client that another model answers, in a header of the answer. */
import type { Listener } from '../trace/trace.ts';

/** Claude Code must not take the name for a gateway's (contract section 3). */
export const FALLBACK_HEADER = 'x-fallback-model';

/** Hears which model stands in for which. */
export class FallbackHeader {
  #from: string | undefined;
  #to: string | undefined;
  #because: string | undefined;

  readonly hear: Listener = (event) => {
    if (event.type !== 'model-replaced') return;
    this.#from ??= event.from;
    this.#because ??= event.because;
    this.#to = event.to;
  };

  addTo(headers: Headers): void {
    if (this.#from === undefined || this.#from === this.#to) return;
    const why = this.#because === undefined ? '' : `; because=${this.#because}`;
    headers.set(FALLBACK_HEADER, `${this.#to}; in-place-of=${this.#from}${why}`);
  }
}
