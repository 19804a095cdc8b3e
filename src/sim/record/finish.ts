/** Turns what a recorder has seen into what a recording keeps: redacted, and with notes on the form of its frames. */
import { framesIn } from '../../gemini/frames.ts';
import { isObject } from '../../lib/json.ts';
import { textOf } from '../cassette/escape.ts';
import type {
  FetchedFile,
  RecordedRequest,
  Redaction,
  UploadOutcome,
  UpstreamExchange,
} from '../cassette/types.ts';
import { credentialsIn, type Redactor } from '../redact.ts';
import { allowedQuery, UPSTREAM_WIRE, upstreamMatchable } from '../upstream-wire.ts';
import type { ClientWire, HeaderPairs, RawExchange, RawRequest } from './raw.ts';

const headersOf = (pairs: HeaderPairs): Headers => new Headers(pairs.map(([name, value]) => [name, value]));

const secretsIn = (url: string, headers: HeaderPairs): string[] =>
  credentialsIn(headersOf(headers), new URL(url).searchParams);

/** Finishes a request. Blots out what `base` knows, and the credentials in the request and its exchanges. */
export function finishRequest(raw: RawRequest, base: Redactor, wire: ClientWire): RecordedRequest {
  const { answer, request, exchanges, facts, caller, keyFingerprint } = raw;
  const all = [request, ...exchanges.map((exchange) => exchange.request)];
  const redactor = base.with(all.flatMap(({ url, headers }) => secretsIn(url, headers)));
  const redactions: Redaction[] = [];
  const text = (given: string, where: string) => redactor.text(given, where, redactions);
  const answered = new Uint8Array(Buffer.concat(answer.reads.map(({ bytes }) => bytes)));
  const fetched = raw.fetched.map((files) => files.map((file) => finishFetched(file, text)));
  return {
    ...facts,
    caller,
    request: {
      method: request.method,
      path: text(request.path, 'request.path'),
      query: text(allowedQuery(new URL(request.url).searchParams, wire.query), 'request.query'),
      headers: redactor.headers(
        headersOf(request.headers),
        wire.requestHeaders,
        'request.headers',
        redactions,
      ),
      body: textOf(redactor.bytes(request.body, 'request.body', redactions)),
    },
    answer: {
      status: answer.status,
      headers: redactor.headers(
        headersOf(answer.headers),
        wire.responseHeaders,
        'answer.headers',
        redactions,
      ),
      bytes: redactor.bytes(answered, 'answer', redactions),
      // If the answer was too long for the recorder, only the client has all of it.
      end: answer.isTruncated ? 'client-gone' : answer.end,
    },
    upstream: exchanges.map((exchange) => finishExchange(exchange, redactor)),
    keyFingerprint,
    signatures: raw.signatures.map((found) => found.map((one) => one && text(one, 'signatures'))),
    ...(fetched.length > 0 ? { fetched } : {}),
    ...(raw.uploads.length > 0 ? { uploads: raw.uploads.map((outcome) => finishUpload(outcome, text)) } : {}),
    ...(raw.promptTold ? { promptTold: raw.promptTold } : {}),
    redactions,
  };
}

/** What this process has found out by itself. */
const OURS: ReadonlySet<string> = new Set(['mimeType', 'at']);

/** The media of one URL, or one file, redacted: their bytes, or their text, also stand in the upstream request. */
const finishFetched = (file: FetchedFile, text: (given: string, where: string) => string): FetchedFile => {
  const shown = Object.entries(file).map(([key, value]) => [
    key,
    typeof value === 'string' && !OURS.has(key) ? text(value, 'fetched') : value,
  ]);
  return Object.fromEntries(shown);
};

/** The URIs stand in the upstream request as well. */
function finishUpload(outcome: UploadOutcome, text: (given: string, where: string) => string): UploadOutcome {
  if ('uris' in outcome) return { uris: outcome.uris.map((uri) => uri && text(uri, 'uploads')) };
  if ('unknown' in outcome) return outcome;
  const { google, ...failed } = outcome.failed;
  const redacted: unknown = google && JSON.parse(text(JSON.stringify(google), 'uploads'));
  return {
    failed: {
      ...failed,
      message: text(failed.message, 'uploads'),
      ...(isObject(redacted) ? { google: redacted } : {}),
    },
  };
}

/** Matches a count of tokens: an exchange without an answer has no frames. */
const COUNTS = /:countTokens$/;

function finishExchange({ request, ...raw }: RawExchange, redactor: Redactor): UpstreamExchange {
  const redactions: Redaction[] = [];
  const { url, method: given, body: text } = request;
  const sent = upstreamMatchable(new URL(url), { method: given, body: text }, redactor, redactions);
  const { method, path, query, body } = sent;
  const headers = redactor.headers(
    headersOf(request.headers),
    UPSTREAM_WIRE.requestHeaders,
    'request.headers',
    redactions,
  );
  const reads = redactor.reads(raw.reads, 'response.body', redactions);
  const error = raw.error && { ...raw.error, message: redactor.text(raw.error.message, 'error', redactions) };
  return {
    request: { method, path, query, headers, body },
    model: /\/models\/([^/:]+)/.exec(path)?.[1] ?? '',
    head: finishHead(raw.head, redactor, redactions),
    reads,
    end: raw.end,
    ...(error ? { error } : {}),
    anomalies: COUNTS.test(path) ? [] : anomaliesOf(reads.map(({ bytes }) => bytes)),
    redactions,
    ...(raw.isTruncated ? { truncatedRecording: true } : {}),
  };
}

function finishHead(
  head: RawExchange['head'],
  redactor: Redactor,
  redactions: Redaction[],
): UpstreamExchange['head'] {
  if (!head) return undefined;
  const given = headersOf(head.headers);
  const headers = redactor.headers(given, UPSTREAM_WIRE.responseHeaders, 'response.headers', redactions);
  const statusText = redactor.text(head.statusText, 'response.status', redactions);
  return { ...head, statusText, headers };
}

/** What the frames show about the form of a body. Each thing is listed once. */
function anomaliesOf(pieces: readonly Uint8Array[]): string[] {
  const found = new Set<string>();
  for (const frame of framesIn(pieces)) {
    if (frame.kind !== 'content' && frame.kind !== 'usage') found.add(frame.kind);
    if ('repairs' in frame) for (const repair of frame.repairs ?? []) found.add(`repair:${repair}`);
  }
  return [...found].sort();
}
