/**
 * One client request with all that it caused: what the client sent and was answered, and each exchange with upstream
 * down to the single socket reads. This is the form in memory; `read.ts` and `write.ts` know the form on disk.
 */

import type { RecordedSettings } from './settings.ts';

/** Raised when the files change their meaning. A reader refuses a version that it does not know. */
export const FORMAT_VERSION = 1;

/** `live`: Google sent this. `edited`: Google sent it, and somebody changed it. `synthetic`: somebody made it up. */
export type Origin = 'live' | 'edited' | 'synthetic';

export type Side = 'client' | 'proxy' | 'upstream';

/**
 * How an upstream body ended. `eof`: it was closed in good order. `reset`: the connection could not be made, or broke.
 * `timeout`: one of our deadlines passed. `abort`: our side had heard enough, or its client had left.
 */
export type EndKind = 'eof' | 'reset' | 'timeout' | 'abort';
export const END_KINDS: readonly EndKind[] = ['eof', 'reset', 'timeout', 'abort'];
export const SIDES: readonly Side[] = ['client', 'proxy', 'upstream'];

/** One socket read, as the runtime hands it over without HTTP chunking. It is neither an HTTP chunk nor an event. */
export type Read = {
  /** Milliseconds since the read before it; for the first one, since the head. */
  ms: number;
  bytes: Uint8Array;
};

export type StreamEnd = {
  /**
   * Milliseconds since the last read; or since the head, if there was no read; or since the send, if there was no head.
   */
  ms: number;
  kind: EndKind;
  side: Side;
};

/** How the runtime describes a failed connection. */
export type ConnectionError = { message: string; code?: string };

/** A place that was blotted out. It says nothing about the original. */
export type Redaction = {
  /** The name of the rule, such as `secret` or `email`. */
  kind: string;
  /** The text that it is in: `request.body`, `answer`, `response.body`, `request.headers.x-app` … */
  where: string;
  /** Bytes from the start of that text. */
  at: number;
  /** Bytes; the text has the same length before and after. */
  length: number;
};

export type Headers = Readonly<Record<string, string>>;

export type UpstreamExchange = {
  request: {
    method: string;
    /** The URL's path, without host. */
    path: string;
    /** The allowed part of the query, such as `alt=sse`; empty if there is none. */
    query: string;
    headers: Headers;
    /** The text as it was sent. */
    body: string;
  };
  model: string;
  /** The head of the answer; undefined where no head came. */
  head:
    | { status: number; statusText: string; headers: Headers /** Milliseconds since the send. */; ms: number }
    | undefined;
  reads: readonly Read[];
  end: StreamEnd;
  /** Where a connection failed: before the head, or within the body. */
  error?: ConnectionError;
  /** What the frame decoder had to repair or could not read, such as `repair:bare-json` or `malformed`. */
  anomalies: readonly string[];
  redactions: readonly Redaction[];
  /** The recorder's limit was reached, so only the first reads are there. Such an exchange is not replayed. */
  truncatedRecording?: true;
};

export type Versions = { proxy: string; sdk: string; bun: string };

export type ClientRequest = {
  method: string;
  path: string;
  query: string;
  headers: Headers;
  /** The unpacked body. Bytes outside valid UTF-8 are written as in `escape.ts`. */
  body: string;
};

export type Answer = {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  /** `client-gone`: the answer's bytes up to the moment when the client left. */
  end: 'whole' | 'client-gone';
};

/** Bytes in base64, or the reason why there are none. */
export type FetchedFile = { mimeType: string; data: string } | { problem: string };

export type RecordedRequest = {
  origin: Origin;
  /** ISO date. */
  recordedAt: string;
  /** Which kind of request it is, as labelled on the exchange. */
  caller: string;
  request: ClientRequest;
  answer: Answer;
  upstream: readonly UpstreamExchange[];
  /** The seed of ids and chance for this request. */
  seed: number;
  /** When it arrived, in milliseconds since the epoch, on the clock as it was when the recording began. */
  clockStart: number;
  keyFingerprint: string;
  /**
   * What the signature store answered: a list for each look-up, with the envelope for each key that was asked, or null.
   * By position, because keys are hashes of texts that redaction may have changed.
   */
  signatures: readonly (readonly (string | null)[])[];
  /** What was at the URLs that this process read: a list for each look-up, by position. */
  fetched?: readonly (readonly FetchedFile[])[];
  /**
   * The size of the prompt as the client was told before the answer had ended: an estimate, or upstream's first figure.
   */
  promptTold?: { tokens: number; cached: number };
  /** Only where the request is a turn fixture: the settings in which it differs from other turns. */
  settings?: Partial<RecordedSettings>;
  versions: Versions;
  /** Places in the client's side. Each upstream exchange has its own list. */
  redactions: readonly Redaction[];
};

/** A recording that cannot be read. The error names the file. */
export class CassetteError extends Error {
  override readonly name = 'CassetteError';

  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
  }
}
