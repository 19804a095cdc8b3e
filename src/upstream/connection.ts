/**
 * One upstream request from its sending to its last byte: its deadlines, how it is ended early, and the names of its
 * failures. Whenever it ends early, the socket is closed at once.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { ignoreFailure, LEFT } from '../lib/async.ts';
import type { Clock, Exchange, Fetch, KeptResponse } from '../lib/ports.ts';
import { LONG_SILENCE_MS } from '../trace/odd.ts';
import { SilenceLimit } from './silence.ts';
import { describeUnreachable, errorCode } from './unreachable.ts';

export type ConnectionLimits = {
  clock: Clock;
  /** The most milliseconds from the sending to the head of the response. */
  headTimeoutMs: number;
  /**
   * The most milliseconds that the body is waited for without progress. Bytes alone are no progress: the code that
   * reads them says when there is some.
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
  /** What is being waited for while `#silence` runs, in words for the error. */
  #awaited = 'no response head';
  #expects: 'news' | 'end' = 'news';
  #reader: Reader | undefined;
  #kept: KeptResponse | undefined;
  #onSilence: Exchange['silent'];
  /** Rejects the promise of the caller that is waiting for the head. */
  #giveUp: ((reason: unknown) => void) | undefined;

  /** When `signal` aborts, the connection ends. All calls that are waiting then reject with the signal's reason. */
  constructor(signal: AbortSignal, limits: ConnectionLimits) {
    this.#limits = limits;
    this.#wanted = signal;
    const onAbort = () => this.#cut(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#unfollow = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  }

  /**
   * Sends the request. Resolves when the head has come, with any status. Rejects with an UpstreamError `unreachable`,
   * `network` or `timeout`.
   */
  async send(fetch: Fetch, url: string, init: RequestInit, exchange: Exchange): Promise<Response> {
    const { clock, headTimeoutMs, idleTimeoutMs } = this.#limits;
    this.#url = url;
    this.#onSilence = exchange.silent;
    this.#kept = exchange.kept?.sent(url, typeof init.body === 'string' ? init.body : '');
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
      // The connection may have been cut at this very moment.
      this.#abort.signal.throwIfAborted();
      this.#awaited = SILENCE;
      silence.waitEnds();
      silence.setLimit(idleTimeoutMs);
      this.#kept?.head(response.status, response.headers);
      this.#reader = response.body?.getReader();
      return response;
    } catch (error) {
      // The head may come when it is no longer waited for. Its body must then be closed.
      ignoreFailure(sent?.then((response) => response.body?.cancel()));
      throw this.#failure(error);
    }
  }

  /** Resolves with the next bytes of the body, or with undefined at its end. Rejects like `send`. */
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
      if (value) this.#kept?.read(value);
      else this.#end();
      return value;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** To be called when the last read was progress. */
  heard(): void {
    this.#tellSilence(this.#silence?.heard(), 'more');
  }

  /** Says what is expected of the body. After 'end' the body may only end, and must do so soon. */
  expect(what: 'news' | 'end'): void {
    if (what === this.#expects || !this.#reader) return;
    this.#expects = what;
    this.#silence?.setLimit(what === 'end' ? END_TIMEOUT_MS : this.#limits.idleTimeoutMs);
  }

  /**
   * Resolves with the rest of the body as text. If the body does not end in time, resolves with the text that has come
   * until then.
   */
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

  /**
   * Cuts the connection. Calls that are waiting reject with the signal's reason if the signal has aborted, else with an
   * AbortError. May be called repeatedly.
   */
  close(): void {
    this.#cut(this.#wanted.aborted ? this.#wanted.reason : LEFT);
  }

  /** Waits for the head, or until the connection is cut: a fetch may ignore its signal. */
  #head(sent: Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      sent.then(resolve, reject);
      if (this.#abort.signal.aborted) reject(this.#abort.signal.reason);
    });
  }

  /**
   * Ends the waits for the head and for bytes. Bun's fetch also ends by the signal that it was given; a body that was
   * not made by Bun may not.
   */
  #cut(reason: unknown): void {
    this.#abort.abort(reason);
    this.#giveUp?.(this.#abort.signal.reason);
    ignoreFailure(this.#reader?.cancel());
    this.#end();
  }

  #end(): void {
    this.#unfollow();
    this.#tellSilence(this.#silence?.stop(), this.#awaited === SILENCE ? 'more' : 'anything');
    this.#reader = undefined;
  }

  /** Tells of a silence that a person would notice: one after which more came, or that the connection's end has ended. */
  #tellSilence(ms: number | undefined, before: 'anything' | 'more'): void {
    if (ms !== undefined && ms >= LONG_SILENCE_MS) this.#onSilence?.(ms, before);
  }

  /**
   * The error for a failed connection. Once the signal is aborted, the signal's reason is the true cause, whatever the
   * transport reports.
   */
  #failure(error: unknown): unknown {
    this.#kept?.failed(error);
    const { aborted, reason } = this.#abort.signal;
    this.#end();
    if (aborted) return reason;
    const unreachable = describeUnreachable(this.#url, error);
    if (unreachable !== undefined) return new UpstreamError('unreachable', unreachable, { cause: error });
    return new UpstreamError('network', `the connection failed: ${describe(error)}`, { cause: error });
  }
}

/** Matches the advice for programmers that Bun adds to its errors. It is no help to a client. */
const ADVICE = / For more information, pass .*$/s;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  const message = error.message.replace(ADVICE, '');
  return code && !message.includes(code) ? `${code}: ${message}` : message;
}
