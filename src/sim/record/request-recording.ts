/** One client request, as it happens: what came in, what went out, and every exchange with upstream in between. */
import { textOf } from '../cassette/escape.ts';
import type { ClientRequest, FetchedFile, RecordedRequest, Redaction, Versions } from '../cassette/types.ts';
import type { Redactor } from '../redact.ts';
import { credentialsIn } from '../redact.ts';
import { allowedQuery } from '../upstream-wire.ts';
import { type ExchangeOptions, ExchangeRecording } from './exchange-recording.ts';
import { ReadLog } from './tap.ts';

/** What of the client's side is kept; its own words are not known on this floor. */
export type ClientWire = {
  /** Names in lower case. */
  requestHeaders: readonly string[];
  responseHeaders: readonly string[];
  query: readonly string[];
};

export type ClientOutcome = {
  caller: string;
  keyFingerprint: string;
  status: number;
  headers: Headers;
  end: 'whole' | 'client-gone';
};

export type RequestFacts = Pick<RecordedRequest, 'origin' | 'recordedAt' | 'clockStart' | 'seed'> & {
  versions: Versions;
};

export class RequestRecording {
  /** Of arrival, from 1. */
  readonly number: number;
  readonly seed: number;
  /** The bytes that we answer with, as they are sent. */
  readonly answer: ReadLog;
  readonly #request: Request;
  readonly #path: string;
  readonly #facts: RequestFacts;
  readonly #options: ExchangeOptions;
  readonly #exchanges: ExchangeRecording[] = [];
  readonly #signatures: (string | null)[][] = [];
  readonly #fetched: (readonly FetchedFile[])[] = [];
  #body: Uint8Array | undefined;
  #promptTold: RecordedRequest['promptTold'];

  constructor(number: number, request: Request, path: string, facts: RequestFacts, options: ExchangeOptions) {
    this.number = number;
    this.seed = facts.seed;
    this.#request = request;
    this.#path = path;
    this.#facts = facts;
    this.#options = options;
    this.answer = new ReadLog(options.now, options.maxBytes);
  }

  /** The unpacked body. A request whose body was never read cannot be sent again, and is not kept. */
  keepBody(bytes: Uint8Array): void {
    this.#body = bytes;
  }

  get hasBody(): boolean {
    return this.#body !== undefined;
  }

  /** What the signature store answered, in the order of the keys asked. */
  lookedUp(found: readonly (string | null)[]): void {
    this.#signatures.push([...found]);
  }

  /** What was at the URLs asked for, in their order. */
  fetched(files: readonly FetchedFile[]): void {
    this.#fetched.push(files);
  }

  promptTold(size: NonNullable<RecordedRequest['promptTold']>): void {
    this.#promptTold = size;
  }

  exchange(url: string, init: RequestInit): ExchangeRecording {
    const recording = new ExchangeRecording(url, init, this.#options);
    this.#exchanges.push(recording);
    return recording;
  }

  /** For the disk. `pause` lets others have the thread between one body and the next. */
  async toRecorded(base: Redactor, wire: ClientWire, outcome: ClientOutcome, pause: () => Promise<void>) {
    const { headers, url } = this.#request;
    const { searchParams } = new URL(url);
    const redactor = base.with([
      ...credentialsIn(headers, searchParams),
      ...this.#exchanges.flatMap((exchange) => exchange.secrets()),
    ]);
    const redactions: Redaction[] = [];
    const request = this.#clientRequest(redactor, wire, redactions);
    await pause();
    const [bytes] = redactor.reads([{ ms: 0, bytes: this.#answerBytes() }], 'answer', redactions);
    const upstream = [];
    for (const exchange of this.#exchanges) {
      await pause();
      upstream.push(exchange.toExchange(redactor));
    }
    const recorded: RecordedRequest = {
      ...this.#facts,
      caller: outcome.caller,
      request,
      answer: {
        status: outcome.status,
        headers: redactor.headers(outcome.headers, wire.responseHeaders, 'answer.headers', redactions),
        bytes: bytes?.bytes ?? new Uint8Array(),
        // An answer that outgrew the recorder is whole for the client only.
        end: this.answer.isTruncated ? 'client-gone' : outcome.end,
      },
      upstream,
      keyFingerprint: outcome.keyFingerprint,
      signatures: this.#signatures.map((found) =>
        found.map((text) => text && redactor.text(text, 'signatures', redactions)),
      ),
      ...(this.#fetched.length > 0 ? { fetched: this.#fetched } : {}),
      ...(this.#promptTold ? { promptTold: this.#promptTold } : {}),
      redactions,
    };
    return recorded;
  }

  #answerBytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.answer.reads.map((read) => read.bytes)));
  }

  #clientRequest(redactor: Redactor, wire: ClientWire, redactions: Redaction[]): ClientRequest {
    const { method, headers, url } = this.#request;
    const { searchParams } = new URL(url);
    const body = redactor.bytes(this.#body ?? new Uint8Array(), 'request.body', redactions);
    return {
      method,
      path: redactor.text(this.#path, 'request.path', redactions),
      query: redactor.text(allowedQuery(searchParams, wire.query), 'request.query', redactions),
      headers: redactor.headers(headers, wire.requestHeaders, 'request.headers', redactions),
      body: textOf(body),
    };
  }
}
