/**
 * Asks Google, one request after the other. Each request is bounded in time and in size, waits as long as a 429 says,
 * and is tried once more where Google is overloaded. When Google answers no more, it is asked no more.
 */
import { isDailyQuota, retryDelaySeconds } from '../../../src/gemini/error-facts.ts';
import type { UpstreamError } from '../../../src/gemini/errors.ts';
import type { Clock } from '../../../src/lib/ports.ts';
import { statusError } from '../../../src/upstream/status-error.ts';
import { describeUnreachable } from '../../../src/upstream/unreachable.ts';

export type Asked = { method: 'GET' | 'POST' | 'DELETE'; path: string; body?: string };

export type Reply = { status: number; type: string; text: string };

export type Asker = (asked: Asked) => Promise<Reply>;

export type GoogleOptions = {
  key: string;
  /** Without a path. */
  baseUrl: string;
  fetch: typeof globalThis.fetch;
  clock: Clock;
  /** The most milliseconds for one request, from its sending to its last byte. */
  timeoutMs: number;
  /** Hears of each wait. */
  onWait(seconds: number): void;
};

/** One request that got no answer that says anything. The message says why. */
export class NoAnswer extends Error {}
/** No further request makes sense. The message says why. */
export class Stopped extends Error {}

const MAX_BYTES = 8 * 1024 * 1024;
const SILENCES_IN_A_ROW = 3;
/** Seconds. A 429 without a time is waited out for as long as Google counts: a minute. */
const USUAL_WAIT = 60;
const LONGEST_WAIT = 120;
const MOST_WAITS = 30;
const TRIES = 3;
const PAUSE_MS = 2_000;
const OVERLOADED: readonly number[] = [500, 502, 503, 504];
/** Statuses that mean "not now", and say nothing about the request. */
const SAYS_NOTHING: readonly number[] = [408, 429, 502, 503, 504];

export class Google {
  readonly #options: GoogleOptions;
  #silences = 0;
  #waits = 0;
  #stopped: string | undefined;

  constructor(options: GoogleOptions) {
    this.#options = options;
  }

  get host(): string {
    return new URL(this.#options.baseUrl).host;
  }

  /** Resolves with an answer that says something, whatever its status. Rejects with NoAnswer or Stopped. */
  readonly ask: Asker = async (asked) => {
    if (this.#stopped !== undefined) throw new Stopped(this.#stopped);
    try {
      const reply = await this.#insist(asked);
      this.#silences = 0;
      return reply;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#silences++;
      if (this.#silences >= SILENCES_IN_A_ROW)
        this.#stopped = `${this.#silences} requests in a row got no answer: ${error.message}`;
      throw error;
    }
  };

  /** Waits as long as a 429 with this text says. Rejects where no wait helps, or Google was waited for too often. */
  async waitOut(said: UpstreamError): Promise<void> {
    const seconds = said.retryAfter ?? retryDelaySeconds(said.google, said.message) ?? USUAL_WAIT;
    const why = `HTTP 429: ${said.message}`;
    if (isDailyQuota(said)) this.#stop(`the quota of the day is used up (${why})`);
    if (seconds > LONGEST_WAIT) this.#stop(`Google wants a wait of ${seconds} s (${why})`);
    if (this.#waits >= MOST_WAITS) this.#stop(`Google asked for a wait ${MOST_WAITS} times (${why})`);
    this.#waits++;
    this.#options.onWait(seconds);
    await this.#options.clock.sleep(seconds * 1000);
  }

  #stop(why: string): never {
    this.#stopped = why;
    throw new Stopped(why);
  }

  async #insist(asked: Asked): Promise<Reply> {
    for (let tries = 1; ; tries++) {
      const reply = await this.#once(asked);
      const isLast = tries === TRIES;
      if (reply.status === 429 && !isLast) await this.waitOut(errorOf(reply));
      else if (OVERLOADED.includes(reply.status) && !isLast) await this.#options.clock.sleep(PAUSE_MS);
      else if (SAYS_NOTHING.includes(reply.status)) throw new NoAnswer(described(reply));
      else return reply;
    }
  }

  async #once({ method, path, body }: Asked): Promise<Reply> {
    const { baseUrl, key, clock, timeoutMs, fetch } = this.#options;
    const url = `${baseUrl}/v1beta/${path}`;
    const abort = new AbortController();
    const late = new NoAnswer(`no whole answer within ${timeoutMs / 1000} s`);
    const cancel = clock.after(timeoutMs, () => abort.abort(late));
    try {
      const response = await fetch(url, {
        method,
        headers: { 'x-goog-api-key': key, 'accept-encoding': 'identity', 'content-type': 'application/json' },
        // A redirect would send the key to another host.
        redirect: 'manual',
        signal: abort.signal,
        ...(body === undefined ? {} : { body }),
      });
      const text = await boundedText(response);
      return { status: response.status, type: response.headers.get('content-type') ?? '', text };
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      if (abort.signal.aborted) throw late;
      const why = error instanceof Error ? error.message : String(error);
      throw new NoAnswer(describeUnreachable(url, error) ?? `the connection broke: ${why}`, { cause: error });
    } finally {
      cancel();
    }
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new NoAnswer(`an answer of more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** The error of an answer that is no 200. */
export const errorOf = ({ status, type, text }: Reply): UpstreamError =>
  statusError(new Response(null, { status, headers: type === '' ? {} : { 'content-type': type } }), text, 0);

/** `HTTP 503: This model is …`. The text is not cut: the code that shows it hides secrets first. */
export function described(reply: Reply): string {
  const { message } = errorOf(reply);
  const said = message.startsWith('HTTP ') ? '' : `: ${message.trim()}`;
  return `HTTP ${reply.status}${said}`;
}
