/**
 * Uploads bytes to Google's Files API, piece by piece, by Google's protocol for uploads that can be resumed: begin, send
 * each piece to the address that comes back, and wait until Google has processed the file.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import { type GeminiFile, readGeminiFile } from '../gemini/files.ts';
import type { Clock, Exchange, Fetch } from '../lib/ports.ts';
import { Connection } from './connection.ts';
import { statusError } from './status-error.ts';

export type UploadWay = {
  apiKey: string;
  baseUrl: string;
  fetch: Fetch;
  clock: Clock;
};

/** Bytes that can be read in pieces, in any order. */
export type Content = {
  mimeType: string;
  size: number;
  read(from: number, to: number): Promise<Uint8Array>;
};

/** Bytes. Google takes pieces of this size, and any size at the end. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** Milliseconds until Google answers to a piece. Many lines send one slowly. */
const PIECE_MS = 180_000;
const ANSWER_MS = 30_000;
/** Milliseconds between two looks at a file that Google processes; and for all of that. Films take longest. */
const FIRST_LOOK_MS = 500;
const MOST_LOOK_MS = 5_000;
const PROCESSING_MS = 300_000;

/** No request of a client is told by these exchanges: a recording would hold the whole upload. */
const EXCHANGE: Exchange = { id: 'upload', labels: { caller: 'upload' }, note() {} };

type Answer = { headers: Headers; text: string };

/**
 * Resolves with the file once Google can use it. Rejects with an UpstreamError, whose class says whether another attempt
 * may help, or with the signal's reason.
 */
export async function uploadFile(way: UploadWay, content: Content, signal: AbortSignal): Promise<GeminiFile> {
  try {
    const url = await begin(way, content, signal);
    const file = await sendPieces(way, url, content, signal);
    return await processed(way, file, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw explained(error, content);
  }
}

async function begin(way: UploadWay, { mimeType, size }: Content, signal: AbortSignal): Promise<string> {
  const { headers } = await ask(way, `${way.baseUrl}/upload/v1beta/files`, signal, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': String(size),
      'x-goog-upload-header-content-type': mimeType,
    },
    body: JSON.stringify({ file: { mimeType } }),
  });
  const told = URL.parse(headers.get('x-goog-upload-url') ?? '');
  if (!told) throw new UpstreamError('malformed', 'no address for the upload came');
  // Whatever address comes back, the key and the bytes go nowhere else than every other request.
  return new URL(`${told.pathname}${told.search}`, way.baseUrl).href;
}

async function sendPieces(
  way: UploadWay,
  url: string,
  content: Content,
  signal: AbortSignal,
): Promise<GeminiFile> {
  for (let from = 0; ; from += PIECE_BYTES) {
    const to = Math.min(content.size, from + PIECE_BYTES);
    const isLast = to === content.size;
    const headers = {
      'x-goog-upload-command': isLast ? 'upload, finalize' : 'upload',
      'x-goog-upload-offset': String(from),
    };
    const body = (await content.read(from, to)) as Uint8Array<ArrayBuffer>;
    const answer = await ask(way, url, signal, { method: 'POST', headers, body }, PIECE_MS);
    const status = answer.headers.get('x-goog-upload-status');
    if (isLast) return fileIn(answer);
    if (status !== 'active') throw new UpstreamError('malformed', `the upload is ${status ?? 'in no state'}`);
  }
}

async function processed(way: UploadWay, uploaded: GeminiFile, signal: AbortSignal): Promise<GeminiFile> {
  let file = uploaded;
  let wait = FIRST_LOOK_MS;
  const until = way.clock.monotonic() + PROCESSING_MS;
  while (file.state === 'processing') {
    if (way.clock.monotonic() >= until)
      throw new UpstreamError('timeout', `Google has not processed it within ${PROCESSING_MS / 1000} s`);
    await way.clock.sleep(wait, signal);
    wait = Math.min(MOST_LOOK_MS, wait * 2);
    file = fileIn(await ask(way, `${way.baseUrl}/v1beta/${file.name}`, signal, { method: 'GET' }));
  }
  if (file.state === 'failed')
    throw new UpstreamError('status', `Google cannot process it: ${file.problem ?? 'it does not say why'}`, {
      status: 400,
    });
  return file;
}

function fileIn({ text }: Answer): GeminiFile {
  const file = readGeminiFile(text);
  if (!file) throw new UpstreamError('malformed', 'Google tells of no file');
  return file;
}

async function ask(
  { apiKey, fetch, clock }: UploadWay,
  url: string,
  signal: AbortSignal,
  init: RequestInit,
  headTimeoutMs = ANSWER_MS,
): Promise<Answer> {
  const connection = new Connection(signal, { clock, headTimeoutMs, idleTimeoutMs: ANSWER_MS });
  try {
    const headers = { ...init.headers, 'x-goog-api-key': apiKey, 'accept-encoding': 'identity' };
    const response = await connection.send(fetch, url, { ...init, headers }, EXCHANGE);
    const text = await connection.readText();
    if (!response.ok) throw statusError(response, text, clock.wall().getTime());
    return { headers: response.headers, text };
  } finally {
    connection.close();
  }
}

/** What an upload's failure means. Nothing of it says anything about a model; what it says about the key is left. */
const MEANS: Readonly<Partial<Record<FailureClass, FailureClass>>> = {
  network: 'upload-failed',
  timeout: 'upload-failed',
  overloaded: 'upload-failed',
  internal: 'upload-failed',
  malformed: 'upload-failed',
  'quota-minute': 'upload-failed',
  'quota-day': 'upload-refused',
  key: 'key',
  billing: 'billing',
  barred: 'barred',
  region: 'region',
};

function explained(error: unknown, { mimeType, size }: Content): unknown {
  if (!(error instanceof UpstreamError) || error.kind === 'unreachable') return error;
  const means = MEANS[failureClass(error)] ?? 'upload-refused';
  const isOurs = means === 'upload-failed' || means === 'upload-refused';
  const message = isOurs ? `${mimeType} of ${size} bytes: ${error.message}` : error.message;
  const { kind, status, google, retryAfter } = error;
  return new UpstreamError(kind, message, { status, google, retryAfter, means, cause: error });
}

/** True where what answers has no Files API: a gateway that only passes on requests for answers. */
export const hasNoFilesApi = (error: unknown): boolean =>
  error instanceof UpstreamError && NO_SUCH_ADDRESS.has(error.status ?? 0);

const NO_SUCH_ADDRESS: ReadonlySet<number> = new Set([404, 405, 501]);
