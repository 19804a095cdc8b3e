/**
 * What a recorder has seen, before anything is blotted out. It is plain data, which can be passed to another thread.
 */
import type {
  ConnectionError,
  FetchedFile,
  Read,
  RecordedRequest,
  StreamEnd,
  UploadOutcome,
  Versions,
} from '../cassette/types.ts';

/** Names the headers and fields of the client's side that are kept. (Code in `sim` knows no word of Anthropic's.) */
export type ClientWire = {
  /** Names in lower case. */
  requestHeaders: readonly string[];
  responseHeaders: readonly string[];
  query: readonly string[];
};

export type RequestFacts = Pick<
  RecordedRequest,
  'origin' | 'recordedAt' | 'clockStart' | 'seed' | 'edited' | 'carriedOver'
> & {
  versions: Versions;
};

/** Pairs of a header's name and its value. */
export type HeaderPairs = readonly [string, string][];

export type RawExchange = {
  request: { url: string; method: string; headers: HeaderPairs; body: string };
  /** The head of the answer; undefined where no head came. `ms` counts from the sending of the request. */
  head: { status: number; statusText: string; headers: HeaderPairs; ms: number } | undefined;
  reads: readonly Read[];
  /** True where the recorder's limit was reached. */
  isTruncated: boolean;
  end: StreamEnd;
  error: ConnectionError | undefined;
};

export type RawRequest = {
  facts: RequestFacts;
  caller: string;
  keyFingerprint: string;
  /** `path` is the served path; `body` is unpacked. */
  request: { method: string; url: string; path: string; headers: HeaderPairs; body: Uint8Array };
  answer: {
    status: number;
    headers: HeaderPairs;
    reads: readonly Read[];
    isTruncated: boolean;
    end: 'whole' | 'client-gone';
  };
  exchanges: readonly RawExchange[];
  signatures: RecordedRequest['signatures'];
  fetched: readonly (readonly FetchedFile[])[];
  uploads: readonly UploadOutcome[];
  promptTold: RecordedRequest['promptTold'];
};
