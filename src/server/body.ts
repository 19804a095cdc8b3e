/** Reads a request body: bounded, unpacked, parsed once. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { MessagesError } from '../anthropic/errors.ts';
import { ClientGone } from './call.ts';

/** Bytes; the limit of the API that we stand in for. Holds for the unpacked body as well. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

const unzip = promisify(gunzip);

const tooLarge = () =>
  new MessagesError(
    'request_too_large',
    `Request exceeds the maximum size of ${MAX_BODY_BYTES} bytes (32 MB)`,
  );

const invalid = (message: string, cause?: unknown) =>
  new MessagesError('invalid_request_error', message, { cause });

/** The declared length is checked first: a body that is too large is refused without being read. */
async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunked = request.headers.has('transfer-encoding');
  if (!chunked) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Bun rejects with an error of its own where the client leaves while it sends: no bug of ours. */
async function receive(request: Request): Promise<Uint8Array> {
  try {
    return await readBytes(request);
  } catch (error) {
    if (error instanceof MessagesError || !request.signal.aborted) throw error;
    throw new ClientGone('the client left before its request was whole');
  }
}

async function unpackGzip(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw invalid('The request body is not valid gzip', error);
  }
}

type Unpack = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const ENCODINGS: Readonly<Record<string, Unpack>> = {
  identity: (bytes) => bytes,
  gzip: unpackGzip,
  'x-gzip': unpackGzip,
};

/** The unpacked bytes. Throws a MessagesError for a body that is too large or packed in a way that is not known. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  const unpack = ENCODINGS[encoding];
  if (!unpack) {
    throw new MessagesError(
      'invalid_request_error',
      `request_body_encoding_unsupported: content-encoding ${JSON.stringify(encoding.slice(0, 50))}; send gzip or none`,
      { details: { error_code: 'request_body_encoding_unsupported' } },
    );
  }
  return unpack(await receive(request));
}

/**
 * The parsed body. Numbers beyond 2^53 lose digits here, and of equal keys the last one wins, as anywhere in JSON.
 * `keep` sees the bytes, whatever they are.
 */
export async function readJson(request: Request, keep?: (bytes: Uint8Array) => void): Promise<unknown> {
  const bytes = await readBody(request);
  keep?.(bytes);
  const text = new TextDecoder().decode(bytes);
  if (text === '') throw invalid('The request body is empty; a JSON object is expected');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(
      `The request body is not valid JSON: ${error instanceof Error ? error.message : error}`,
      error,
    );
  }
}
