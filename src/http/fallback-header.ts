/** Tells the client in headers of the answer what it should know of the model: another one has answered, or the model is about to go. */
import type { Listener } from '../trace/trace.ts';

/**
 * The name of that header. It must not look like the name of a gateway's header to Claude Code (contract section 3).
 */
export const FALLBACK_HEADER = 'x-fallback-model';

/** The name of the header that says in words what the client should know of the model. */
export const NOTICE_HEADER = 'x-model-notice';

/** Listens to the story for a model that answers in place of another, and remembers which. */
export class FallbackHeader {
  #from: string | undefined;
  #to: string | undefined;
  #because: string | undefined;
  #notice: string | undefined;

  readonly hear: Listener = (event) => {
    if (event.type === 'model-notice') this.#notice ??= event.notice;
    if (event.type !== 'model-replaced') return;
    this.#from ??= event.from;
    this.#because ??= event.because;
    this.#to = event.to;
  };

  addTo(headers: Headers): void {
    if (this.#notice !== undefined) headers.set(NOTICE_HEADER, this.#notice);
    if (this.#from === undefined || this.#from === this.#to) return;
    const why = this.#because === undefined ? '' : `; because=${this.#because}`;
    headers.set(FALLBACK_HEADER, `${this.#to}; in-place-of=${this.#from}${why}`);
  }
}
