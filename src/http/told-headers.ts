/**
 * Tells the client in headers of the answer what it should know of the model and of the translation, as far as that is
 * known when the head is sent.
 */
import type { Listener } from '../trace/trace.ts';

/**
 * The names of the headers. They must not look like the name of a gateway's header to Claude Code (contract section 3).
 */
export const FALLBACK_HEADER = 'x-fallback-model';
/** Says in words what the client should know of the model. */
export const NOTICE_HEADER = 'x-model-notice';
/** The Gemini model that answers. */
export const MODEL_HEADER = 'x-gemini-model';
/** The kinds of warnings that there were; the routine ones do not count. */
export const WARNINGS_HEADER = 'x-proxy-warnings';

/** The step of a scenario, or the request of a recording, that answers in place of Gemini. */
export const SOURCE_HEADER = 'x-mock-source';

/** Kinds that are told. There are fewer. */
const MOST_CODES = 16;

/** Listens to the story for what is told in headers. */
export class ToldHeaders {
  #model: string | undefined;
  #from: string | undefined;
  #to: string | undefined;
  #because: string | undefined;
  #notice: string | undefined;
  readonly #codes = new Set<string>();

  readonly hear: Listener = (event) => {
    switch (event.type) {
      case 'chosen':
        this.#model = event.model;
        return;
      case 'answered-here':
        this.#model = undefined;
        return;
      case 'warning':
        if (!event.routine && this.#codes.size < MOST_CODES) this.#codes.add(event.code);
        return;
      case 'model-notice':
        this.#notice ??= event.notice;
        return;
      case 'model-replaced':
        this.#from ??= event.from;
        this.#because ??= event.because;
        this.#to = event.to;
        this.#model = event.to;
        return;
    }
  };

  addTo(headers: Headers): void {
    if (this.#model !== undefined) headers.set(MODEL_HEADER, this.#model);
    if (this.#codes.size > 0) headers.set(WARNINGS_HEADER, [...this.#codes].join(', '));
    if (this.#notice !== undefined) headers.set(NOTICE_HEADER, this.#notice);
    if (this.#from === undefined || this.#from === this.#to) return;
    const why = this.#because === undefined ? '' : `; because=${this.#because}`;
    headers.set(FALLBACK_HEADER, `${this.#to}; in-place-of=${this.#from}${why}`);
  }
}
