/**
 * One client request with everything that it caused: what the client sent, what it was answered, and each exchange with
 * upstream down to the single socket reads. This is the form in memory; `read.ts` and `write.ts` know the form on disk.
 */

import type { RecordedSettings } from './settings.ts';

/**
 * The version of the format. It is raised when the meaning of the files changes. A reader refuses a version that it
 * does not know.
 */
export const FORMAT_VERSION = 1;

/** `live`: Google sent this. `edited`: Google sent it, and somebody changed it. `synthetic`: somebody made it up. */
export type Origin = 'live' | 'edited' | 'synthetic';

export type Side = 'client' | 'proxy' | 'upstream';

/**
 * How an upstream body ended. `eof`: the connection was closed in good order. `reset`: the connection could not be
 * made, or broke. `timeout`: one of our deadlines passed. `abort`: our side wanted no more, or its client had left.
 */
export type EndKind = 'eof' | 'reset' | 'timeout' | 'abort';
export const END_KINDS: readonly EndKind[] = ['eof', 'reset', 'timeout', 'abort'];
export const SIDES: readonly Side[] = ['client', 'proxy', 'upstream'];

/** One socket read, as the runtime hands it over without HTTP chunking. It is neither an HTTP chunk nor an event. */
export type Read = {
  /** Milliseconds since the previous read; for the first read, since the head. */
  ms: number;
  bytes: Uint8Array;
};

export type StreamEnd = {
  /**
   * Milliseconds since the last read. If there was no read: since the head. If there was no head: since the sending.
   */
  ms: number;
  kind: EndKind;
  side: Side;
};

/** The message and the code with which the runtime reports a failed connection. */
export type ConnectionError = { message: string; code?: string };

/** A place where text was blotted out. It says nothing about that text. */
export type Redaction = {
  /** The name of the rule, such as `secret` or `email`. */
  kind: string;
  /**
   * The name of the text in which the place is: `request.body`, `answer`, `response.body`, `request.headers.x-app` …
   */
  where: string;
  /** The offset of the place in that text, in bytes. */
  at: number;
  /** The length of the place in bytes. Blotting out does not change the length of the text. */
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
  /** The error of a connection that failed, before the head or within the body. */
  error?: ConnectionError;
  /** What the frame decoder had to repair or could not read, such as `repair:bare-json` or `malformed`. */
  anomalies: readonly string[];
  redactions: readonly Redaction[];
  /**
   * True where the recorder's limit was reached, so only the first reads are kept. Such an exchange is not replayed.
   */
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
  /**
   * `whole`: the client got the whole answer. `client-gone`: the recording has the answer's bytes up to the moment when
   * the client left.
   */
  end: 'whole' | 'client-gone';
};

/**
 * What was read: bytes in base64, or text, or the reason why there is neither. `name`: of a file that a client has
 * uploaded. `at`: when a page of the web was read, in ISO form.
 */
export type FetchedFile =
  | { mimeType: string; data: string; name?: string; at?: string }
  /** Text is kept as it is, because redaction sees in it what base64 would hide. */
  | { mimeType: string; text: string; name?: string; at?: string }
  /** A file that is too large for a request. Its bytes are not kept. */
  | { mimeType: string; size: number; isText: boolean; name?: string }
  | { problem: string; isMissing?: boolean; at?: string };

/**
 * What came of asking for media at Google. `uris`: the URI of each, or null for one that stays in the request.
 * `unknown`: they were only wanted if they were at Google already, and they were not.
 */
export type UploadOutcome =
  | { uris: (string | null)[] }
  | { unknown: true }
  | {
      failed: {
        kind: string;
        message: string;
        status?: number;
        retryAfter?: number;
        means?: string;
        google?: Record<string, unknown>;
      };
    };

/** What is expected of a turn is not what today's code does. */
export type KnownFailure = {
  /** What is wrong, in a sentence. */
  why: string;
  /**
   * Lines, as differences show them, that must (`+ …`) or must not (`- …`) be there. Without these, the answer must be
   * the expected one.
   */
  wanted?: string[];
  /** SHA-256 of the answer with the bug, which is the expected answer until somebody edits it. */
  saw?: string;
};

/** Where a request comes from that was recorded from a replay. */
export type CarriedOver = {
  /** The recording, and the request in it: `my-session/003-main`. */
  from: string;
  /** How what was sent upstream differs from what upstream had answered; empty where it is the same. */
  differs: readonly string[];
};

export type RecordedRequest = {
  origin: Origin;
  /** The date of the recording, in ISO form. */
  recordedAt: string;
  /** The kind of the request, by the label on its exchange. */
  caller: string;
  request: ClientRequest;
  answer: Answer;
  upstream: readonly UpstreamExchange[];
  /** The seed of the ids and random numbers of this request. */
  seed: number;
  /**
   * The time at which the request arrived, in milliseconds since the epoch, by a clock that ran from the beginning of
   * the recording and was not set meanwhile.
   */
  clockStart: number;
  keyFingerprint: string;
  /**
   * What the signature store answered: a list for each look-up, with an envelope or null for each key that was looked
   * up. The answers are found by their position, because keys are hashes of texts that redaction may have changed.
   */
  signatures: readonly (readonly (string | null)[])[];
  /**
   * The media at URLs and the uploaded files that this process read: a list for each look-up, found by its position.
   */
  fetched?: readonly (readonly FetchedFile[])[];
  /**
   * What came of moving media out of the request, in the order in which that was asked for. The uploads themselves are
   * not kept.
   */
  uploads?: readonly UploadOutcome[];
  /**
   * The size of the prompt that the client was told before the answer had ended: an estimate, or upstream's first
   * figure.
   */
  promptTold?: { tokens: number; cached: number };
  /** The files that people have edited by hand, by their names in the folder. */
  edited?: readonly string[];
  /** Set where the request was recorded while another recording was replayed. */
  carriedOver?: CarriedOver;
  /** Only for a turn fixture: the settings in which it differs from other turn fixtures. */
  settings?: Partial<RecordedSettings>;
  /** Only for a turn fixture: what it shows, in one sentence. */
  title?: string;
  /** Only for a turn fixture: a bug that is not mended yet. */
  fails?: KnownFailure;
  versions: Versions;
  /** The places that were blotted out on the client's side. Each upstream exchange has a list of its own. */
  redactions: readonly Redaction[];
};

/** A recording that cannot be read. The error names the file, and says what to do about it, where that is known. */
export class CassetteError extends Error {
  override readonly name = 'CassetteError';
  readonly file: string;
  readonly problem: string;
  readonly advice: string | undefined;

  constructor(file: string, problem: string, advice?: string) {
    super(`${file}: ${problem}${advice === undefined ? '' : `; ${advice}`}`);
    this.file = file;
    this.problem = problem;
    this.advice = advice;
  }
}
