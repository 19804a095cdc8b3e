/**
 * One client request with all that it caused: what the client sent and was answered, and each exchange with upstream
 * down to the single socket reads. In memory; `read.ts` and `write.ts` say how it lies on disk.
 */

import type { RecordedSettings } from './settings.ts';

/** Raised when the files mean something else than before; a reader refuses what it does not know. */
export const FORMAT_VERSION = 1;

/** `live`: Google said this. `edited`: Google said it, and somebody changed it. `synthetic`: made up. */
export type Origin = 'live' | 'edited' | 'synthetic';

export type Side = 'client' | 'proxy' | 'upstream';

/**
 * How an upstream body ended. `eof`: closed in good order. `reset`: the connection could not be made, or broke.
 * `timeout`: a deadline of ours ran out. `abort`: somebody on our side had heard enough, or had left.
 */
export type EndKind = 'eof' | 'reset' | 'timeout' | 'abort';
export const END_KINDS: readonly EndKind[] = ['eof', 'reset', 'timeout', 'abort'];
export const SIDES: readonly Side[] = ['client', 'proxy', 'upstream'];

/** One socket read, as the runtime handed it over after de-chunking: not an HTTP chunk, and not an event. */
export type Read = {
  /** Milliseconds since the read before it; for the first, since the head. */
  ms: number;
  bytes: Uint8Array;
};

export type StreamEnd = {
  /** Milliseconds since the last read; without any, since the head; without a head, since the send. */
  ms: number;
  kind: EndKind;
  side: Side;
};

/** A failed connection in the runtime's words. */
export type ConnectionError = { message: string; code?: string };

/** What was blotted out, without a trace of what it was. */
export type Redaction = {
  /** The name of the rule, such as `secret` or `email`. */
  kind: string;
  /** Which text of the exchange: `request.body`, `answer`, `response.body`, `request.headers.x-app` … */
  where: string;
  /** Bytes from the start of that text. */
  at: number;
  /** Bytes; the same before and after. */
  length: number;
};

export type Headers = Readonly<Record<string, string>>;

export type UpstreamExchange = {
  request: {
    method: string;
    /** The URL's path, without host. */
    path: string;
    /** The allowed part of the query, such as `alt=sse`; empty for none. */
    query: string;
    headers: Headers;
    /** The text as it was sent. */
    body: string;
  };
  model: string;
  /** Undefined where no head ever came. */
  head:
    | { status: number; statusText: string; headers: Headers /** Milliseconds since the send. */; ms: number }
    | undefined;
  reads: readonly Read[];
  end: StreamEnd;
  /** Where a connection failed: before the head, or in the body. */
  error?: ConnectionError;
  /** What the frame decoder had to repair or could not read, such as `repair:bare-json` or `malformed`. */
  anomalies: readonly string[];
  redactions: readonly Redaction[];
  /** The recorder ran out of room: the reads are the first part only. Such an exchange is not replayed. */
  truncatedRecording?: true;
};

export type Versions = { proxy: string; sdk: string; bun: string };

export type ClientRequest = {
  method: string;
  path: string;
  query: string;
  headers: Headers;
  /** The unpacked body; bytes outside valid UTF-8 as in `escape.ts`. */
  body: string;
};

export type Answer = {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  /** `client-gone`: the bytes are what was made until the client left. */
  end: 'whole' | 'client-gone';
};

/** Bytes in base64, or why there were none. */
export type FetchedFile = { mimeType: string; data: string } | { problem: string };

export type RecordedRequest = {
  origin: Origin;
  /** ISO date. */
  recordedAt: string;
  /** Who asked, as labelled on the exchange. */
  caller: string;
  request: ClientRequest;
  answer: Answer;
  upstream: readonly UpstreamExchange[];
  /** Of the ids and of chance while this request was served. */
  seed: number;
  /** When it came in: milliseconds since the epoch, as they were when the recording was begun. */
  clockStart: number;
  keyFingerprint: string;
  /**
   * What the signature store knew, a list per look-up: the envelope found for the n-th key asked, or null. By position,
   * because keys are hashes of texts that redaction may have changed.
   */
  signatures: readonly (readonly (string | null)[])[];
  /** What was at the URLs that this process read, a list per look-up, by position. */
  fetched?: readonly (readonly FetchedFile[])[];
  /** The prompt's size as the client was told before the answer had ended: an estimate, or upstream's first figure. */
  promptTold?: { tokens: number; cached: number };
  /** Of a request that stands by itself: what was set otherwise than for all of its kind. */
  settings?: Partial<RecordedSettings>;
  versions: Versions;
  /** Of the client's side; an upstream exchange has its own. */
  redactions: readonly Redaction[];
};

/** A recording that cannot be read, named by its file. */
export class CassetteError extends Error {
  override readonly name = 'CassetteError';

  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
  }
}
