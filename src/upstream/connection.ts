/**
 * One upstream request from the send to the last byte: its deadlines, how it is abandoned, and the names of its
 * failures. Whatever ends it early closes the socket at once.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { ignoreFailure, LEFT } from '../lib/async.ts';
import type { Clock, Exchange, Fetch } from '../lib/ports.ts';
import { SilenceLimit } from './silence.ts';
import { describeUnreachable, errorCode } from './unreachable.ts';

export type ConnectionLimits = {
  clock: Clock;
  /** Milliseconds from the send to the head. */
  headTimeoutMs: number;
  /**
   * The most milliseconds that the body is waited for without progress. Bytes alone are no progress: their reader tells
   * when there is some.
   */
  idleTimeoutMs: number;
};

/** Milliseconds in which a body must end after it has said everything. */
const END_TIMEOUT_MS = 2_000;

/** The most characters of a body that is read as text: error objects and counts, which are small. */
const MAX_TEXT = 1024 * 1024;

const SILENCE = 'nothing was said';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

export class Connection {
  readonly #limits: ConnectionLimits;
  /** The signal of the caller, who wants the answer. */
  readonly #wanted: AbortSignal;
  readonly #abort = new AbortController();
  readonly #unfollow: () => void;
  #url = '';
  #silence: SilenceLimit | undefined;
  /** What `#silence` limits. */
  #awaited = 'no response head';
  #expects: 'news' | 'end' = 'news';
  #reader: Reader | undefined;
  /** Rejects the promise of the caller that waits for the head. */
  #giveUp: ((reason: unknown) => void) | undefined;

  /** Aborting `signal` ends the connection. What waits on it then rejects with the signal's reason. */
  constructor(signal: AbortSignal, limits: ConnectionLimits) {
    this.#limits = limits;
    this.#wanted = signal;
    const onAbort = () => this.#cut(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#unfollow = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  }

  /**
   * Resolves when the head comes, with any status. Rejects with an UpstreamError `unreachable`, `network` or `timeout`.
   */
  async send(fetch: Fetch, url: string, init: RequestInit, exchange: Exchange): Promise<Response> {
    const { clock, headTimeoutMs, idleTimeoutMs } = this.#limits;
    this.#url = url;
    const silence = new SilenceLimit(clock, headTimeoutMs, (ms) => {
      this.#cut(new UpstreamError('timeout', `${this.#awaited} for ${ms} ms`));
    });
    this.#silence = silence;
    silence.waitBegins();
    let sent: Promise<Response> | undefined;
    try {
      this.#abort.signal.throwIfAborted();
      // A redirect would send the key to another host.
      sent = fetch(url, { ...init, redirect: 'manual', signal: this.#abort.signal }, exchange);
      const response = await this.#head(sent);
      // Cut off at the same moment.
      this.#abort.signal.throwIfAborted();
      this.#awaited = SILENCE;
      silence.waitEnds();
      silence.setLimit(idleTimeoutMs);
      this.#reader = response.body?.getReader();
      return response;
    } catch (error) {
      // The head comes when nobody waits for it any more: its body must not stay open.
      ignoreFailure(sent?.then((response) => response.body?.cancel()));
      throw this.#failure(error);
    }
  }

  /** The next bytes of the body, or undefined at its end. Rejects as `send` does. */
  async read(): Promise<Uint8Array | undefined> {
    if (!this.#reader) {
      this.#abort.signal.throwIfAborted();
      this.#end();
      return undefined;
    }
    this.#silence?.waitBegins();
    try {
      const { value } = await this.#reader.read();
      this.#abort.signal.throwIfAborted();
      this.#silence?.waitEnds();
      if (!value) this.#end();
      return value;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** The last read was progress. */
  heard(): void {
    this.#silence?.heard();
  }

  /** What the body is waited for. After 'end' only its end may come, and soon. */
  expect(what: 'news' | 'end'): void {
    if (what === this.#expects || !this.#reader) return;
    this.#expects = what;
    this.#silence?.setLimit(what === 'end' ? END_TIMEOUT_MS : this.#limits.idleTimeoutMs);
  }

  /** The rest of the body as text. If it does not end, what has come of it is returned. */
  async readText(): Promise<string> {
    const utf8 = new TextDecoder();
    let text = '';
    for (let bytes = await this.read(); bytes; bytes = await this.read()) {
      text += utf8.decode(bytes, { stream: true });
      if (text.length > MAX_TEXT) {
        this.close();
        return text;
      }
    }
    return text + utf8.decode();
  }

  /** Cuts upstream off. What waits now rejects with the signal's reason where that has aborted, else with an AbortError. Idempotent. */
  close(): void {
    this.#cut(this.#wanted.aborted ? this.#wanted.reason : LEFT);
  }

  /** A fetch need not heed its signal. */
  #head(sent: Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      sent.then(resolve, reject);
      if (this.#abort.signal.aborted) reject(this.#abort.signal.reason);
    });
  }

  /** Who waits for the head, or for bytes, need not wait any more. The network heeds the signal that it was sent with; a body made by other hands may not. */
  #cut(reason: unknown): void {
    this.#abort.abort(reason);
    this.#giveUp?.(this.#abort.signal.reason);
    ignoreFailure(this.#reader?.cancel());
    this.#end();
  }

  #end(): void {
    this.#unfollow();
    this.#silence?.stop();
    this.#reader = undefined;
  }

  /** Once the signal is aborted, its reason is the truth, whatever the transport reports. */
  #failure(error: unknown): unknown {
    const { aborted, reason } = this.#abort.signal;
    this.#end();
    if (aborted) return reason;
    const unreachable = describeUnreachable(this.#url, error);
    if (unreachable !== undefined) return new UpstreamError('unreachable', unreachable, { cause: error });
    return new UpstreamError('network', `the connection failed: ${describe(error)}`, { cause: error });
  }
}

/** Bun adds advice for the programmer, which is not for a client. */
const ADVICE = / For more information, pass .*$/s;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  const message = error.message.replace(ADVICE, '');
  return code && !message.includes(code) ? `${code}: ${message}` : message;
}
