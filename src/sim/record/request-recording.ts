/**
 * Records one client request while it happens: what came in, what went out, and every exchange with upstream in
 * between.
 */
import type { CarriedOver, FetchedFile, RecordedRequest, UploadOutcome } from '../cassette/types.ts';
import { type ExchangeOptions, ExchangeRecording } from './exchange-recording.ts';
import type { RawRequest, RequestFacts } from './raw.ts';
import { ReadLog } from './tap.ts';

export type ClientReply = {
  caller: string;
  keyFingerprint: string;
  status: number;
  headers: Headers;
  end: 'whole' | 'client-gone';
  /** Set where the answer came from a replay. */
  carriedOver?: CarriedOver;
};

/**
 * What a request keeps that is recorded while it is replayed: when Google answered it, and the seed on which its ids
 * depend. `now` is the time of the replay.
 */
export type Again = Omit<RequestFacts, 'versions' | 'carriedOver'> & { now(): number };

export class RequestRecording {
  /** The number of the request in the order of arrival, from 1. */
  readonly number: number;
  readonly seed: number;
  /** The bytes of our answer, noted as they are sent. */
  readonly answer: ReadLog;
  readonly #request: Request;
  readonly #path: string;
  readonly #facts: RequestFacts;
  readonly #options: ExchangeOptions;
  readonly #exchanges: ExchangeRecording[] = [];
  readonly #signatures: (string | null)[][] = [];
  readonly #fetched: (readonly FetchedFile[])[] = [];
  readonly #uploads: UploadOutcome[] = [];
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

  /** When the request came. */
  get date(): Date {
    return new Date(this.#facts.recordedAt);
  }

  /** Keeps the unpacked body. A request whose body was never read cannot be sent again, and is not kept. */
  keepBody(bytes: Uint8Array): void {
    this.#body = bytes;
  }

  get hasBody(): boolean {
    return this.#body !== undefined;
  }

  /** Keeps what the signature store answered, in the order of the keys. */
  lookedUp(found: readonly (string | null)[]): void {
    this.#signatures.push([...found]);
  }

  /** Keeps the media that were found at the URLs, in the order of the URLs. */
  fetched(files: readonly FetchedFile[]): void {
    this.#fetched.push(files);
  }

  /** Keeps where the media are that were moved out of the request. */
  uploaded(outcome: UploadOutcome): void {
    this.#uploads.push(outcome);
  }

  promptTold(size: NonNullable<RecordedRequest['promptTold']>): void {
    this.#promptTold = size;
  }

  exchange(url: string, init: RequestInit): ExchangeRecording {
    const recording = new ExchangeRecording(url, init, this.#options);
    this.#exchanges.push(recording);
    return recording;
  }

  raw({ caller, keyFingerprint, status, headers, end, carriedOver }: ClientReply): RawRequest {
    const { method, url, headers: asked } = this.#request;
    const body = this.#body ?? new Uint8Array();
    return {
      facts: carriedOver ? carried(this.#facts, carriedOver) : this.#facts,
      caller,
      keyFingerprint,
      request: { method, url, path: this.#path, headers: [...asked], body },
      answer: {
        status,
        headers: [...headers],
        reads: this.answer.reads,
        isTruncated: this.answer.isTruncated,
        end,
      },
      exchanges: this.#exchanges.map((exchange) => exchange.raw()),
      signatures: this.#signatures,
      fetched: this.#fetched,
      uploads: this.#uploads,
      promptTold: this.#promptTold,
    };
  }
}

/** Google has answered another request than the one that is sent now, so this is no longer what Google said to it. */
const carried = (facts: RequestFacts, carriedOver: CarriedOver): RequestFacts => ({
  ...facts,
  origin: facts.origin === 'live' && carriedOver.differs.length > 0 ? 'edited' : facts.origin,
  carriedOver,
});
