/** Tells the client in a header of the answer that another model has answered. */
import type { Listener } from '../trace/trace.ts';

/**
 * The name of that header. It must not look like the name of a gateway's header to Claude Code (contract section 3).
 */
export const FALLBACK_HEADER = 'x-fallback-model';

/** Listens to the story for a model that answers in place of another, and remembers which. */
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
