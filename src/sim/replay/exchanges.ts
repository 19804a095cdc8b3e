/** Says which recorded exchange answers the next upstream request of a client request. */
import type { UpstreamExchange } from '../cassette/types.ts';

export type NextExchange = {
  /** From 1. */
  number: number;
  exchange: UpstreamExchange | undefined;
  /** True where all recorded exchanges of the kind were played, and the last one is played once more. */
  isAgain: boolean;
};

/**
 * What Google is asked for: `generatecontent` for `/v1beta/models/gemini-x:streamGenerateContent`. An answer can be read
 * whether it comes as a stream or not.
 */
const kindOf = (path: string): string =>
  path
    .slice(path.lastIndexOf(':') + 1)
    .replace(/^stream/, '')
    .toLowerCase();

export class Exchanges {
  readonly #recorded: readonly UpstreamExchange[];
  readonly #isLoose: boolean;
  readonly #played = new Set<UpstreamExchange>();
  #number = 0;

  constructor(recorded: readonly UpstreamExchange[], isLoose: boolean) {
    this.#recorded = recorded;
    this.#isLoose = isLoose;
  }

  /**
   * The exchange for a request to `path`: the next one. In a loose replay other requests may be sent than were recorded,
   * and more or fewer of them. So there it is the next one of the same kind, and after the last of these the last again.
   */
  next(path: string): NextExchange {
    const number = ++this.#number;
    if (!this.#isLoose) return { number, exchange: this.#recorded[number - 1], isAgain: false };
    const fitting = this.#recorded.filter(({ request }) => kindOf(request.path) === kindOf(path));
    const fresh = fitting.find((exchange) => !this.#played.has(exchange));
    const exchange = fresh ?? fitting.at(-1);
    if (exchange) this.#played.add(exchange);
    return { number, exchange, isAgain: fresh === undefined && exchange !== undefined };
  }
}
