/**
 * Reads a request body. The body is limited in size, unpacked, and parsed once. Only as many bodies are read at the
 * same time as there is room for.
 */
import { createGunzip } from 'node:zlib';
import { MOST_LEVELS } from '../anthropic/depth.ts';
import { MessagesError } from '../anthropic/errors.ts';
import { keepOwnDigits } from '../anthropic/own-json.ts';
import { parseKeepingDigits } from '../lib/exact-json.ts';
import { isObject } from '../lib/json.ts';
import { ELEMENT_BYTES, infinityIn, JsonFigures, MOST_ELEMENTS } from '../lib/json-figures.ts';
import { jsonShape } from '../lib/json-text.ts';
import { quoted, wholeOrSize } from '../lib/shown-text.ts';
import { readUtf8 } from '../lib/utf8.ts';
import type { BodyBudget, HeldBody } from './body-budget.ts';
import { ClientGone, type ClientRequest } from './client-request.ts';
import type { KnownLists } from './known-lists.ts';

/** Bytes: the limit of Anthropic's API. It holds for the unpacked body as well. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Bytes of one step of unpacking. */
const PIECE_BYTES = 256 * 1024;

const tooLarge = () =>
  new MessagesError(
    'request_too_large',
    `Request exceeds the maximum size of ${MAX_BODY_BYTES} bytes (32 MB)`,
  );

const invalid = (message: string, cause?: unknown) =>
  new MessagesError('invalid_request_error', message, { cause });

/**
 * Reads the packed bytes. The declared length is checked first: a body that is too large is refused without being read.
 */
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

/**
 * Receives the packed bytes. Where the client leaves while it sends its body, Bun rejects with an error of its own.
 * Such an error is no bug of ours.
 */
async function receive(request: Request): Promise<Uint8Array> {
  try {
    return await readBytes(request);
  } catch (error) {
    if (error instanceof MessagesError || !request.signal.aborted) throw error;
    throw new ClientGone('the client left before its request was whole');
  }
}

/** `bytes`: the unpacked body. `figures`: what was counted in it. `held`: the room that it holds. */
export type Body = { bytes: Uint8Array; figures: JsonFigures; held: HeldBody };
type Unpack = (packed: Uint8Array, bodies: BodyBudget, signal: AbortSignal) => Promise<Body>;

/** Counts what `bytes` hold. Throws where the bytes so far hold too much. */
function count(figures: JsonFigures, bytes: Uint8Array): void {
  figures.feed(bytes);
  if (figures.elements <= MOST_ELEMENTS) return;
  throw new MessagesError(
    'request_too_large',
    `The request body holds more than ${MOST_ELEMENTS} values and keys; send less at once`,
  );
}

/**
 * The unpacked length that the last bytes of a packed body state. If that length is wrong, more room is made when the
 * rest is unpacked.
 */
function gzipLength(packed: Uint8Array): number {
  const { buffer, byteOffset, byteLength } = packed;
  const told = byteLength < 4 ? 0 : new DataView(buffer, byteOffset).getUint32(byteLength - 4, true);
  return Math.min(MAX_BODY_BYTES, Math.max(told, byteLength));
}

/**
 * Collects the bytes of a stream in one piece. At first there is memory for `first` bytes; it grows to `most` bytes at
 * most.
 */
class Unpacked {
  #bytes: Uint8Array;
  #length = 0;
  readonly #held: HeldBody;

  constructor(room: number, held: HeldBody) {
    // Memory that nothing was written to takes no room.
    this.#bytes = new Uint8Array(room);
    this.#held = held;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    if (length > this.#bytes.byteLength) {
      this.#held.grow(MAX_BODY_BYTES - this.#bytes.byteLength);
      const larger = new Uint8Array(MAX_BODY_BYTES);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/**
 * Unpacks a body. Its bytes are looked at while they are unpacked, so unpacking stops as soon as the body turns out to
 * be a bomb.
 */
async function unpackGzip(packed: Uint8Array, figures: JsonFigures, unpacked: Unpacked): Promise<void> {
  const unzip = createGunzip({ chunkSize: PIECE_BYTES });
  unzip.end(packed);
  try {
    for await (const piece of unzip) {
      unpacked.add(piece);
      count(figures, piece);
    }
  } catch (error) {
    throw error instanceof MessagesError ? error : invalid('The request body is not valid gzip', error);
  }
}

/** Takes room, then runs `read`. The room is given back where `read` fails. */
async function within(
  bytes: number,
  bodies: BodyBudget,
  signal: AbortSignal,
  read: (held: HeldBody, figures: JsonFigures) => Uint8Array | Promise<Uint8Array>,
): Promise<Body> {
  const held = await bodies.hold(bytes, signal);
  try {
    const figures = new JsonFigures();
    return { bytes: await read(held, figures), figures, held };
  } catch (error) {
    held.release();
    throw error;
  }
}

const plain: Unpack = (bytes, bodies, signal) =>
  within(bytes.byteLength, bodies, signal, (_held, figures) => {
    count(figures, bytes);
    return bytes;
  });

const gzip: Unpack = (packed, bodies, signal) => {
  const told = gzipLength(packed);
  return within(told, bodies, signal, async (held, figures) => {
    const unpacked = new Unpacked(told, held);
    await unpackGzip(packed, figures, unpacked);
    return unpacked.bytes;
  });
};

const ENCODINGS: Readonly<Record<string, Unpack>> = { identity: plain, gzip, 'x-gzip': gzip };

/**
 * Resolves with the unpacked body; the caller must release its room. Rejects with a MessagesError for a body that is
 * too large, holds too much, finds no room, or is packed in an unknown way.
 */
export async function readBody(request: Request, bodies: BodyBudget, signal = request.signal): Promise<Body> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  const unpack = Object.hasOwn(ENCODINGS, encoding) ? ENCODINGS[encoding] : undefined;
  if (!unpack) {
    throw new MessagesError(
      'invalid_request_error',
      `request_body_encoding_unsupported: content-encoding ${quoted(encoding)}; send gzip or none`,
      { details: { error_code: 'request_body_encoding_unsupported' } },
    );
  }
  return unpack(await receive(request), bodies, signal);
}

/**
 * Decodes `rest`, the part of the body that is parsed now. Throws where the body is not UTF-8, because a decoder would
 * replace the wrong bytes, and the model would read something else than the client sent. The errors are the same as if
 * all of `bytes` were decoded.
 */
function textOf(bytes: Uint8Array, rest: Uint8Array): string {
  const text = readUtf8(rest);
  if (typeof text === 'number') throw notUtf8(bytes);
  if (text === '') throw invalid('The request body is empty; a JSON object is expected');
  return text;
}

function notUtf8(bytes: Uint8Array): MessagesError {
  const at = Number(readUtf8(bytes));
  const byte = `0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`;
  return invalid(
    `The request body is not UTF-8: byte ${at} (${byte}) belongs to no character; send JSON in UTF-8`,
  );
}

function parse(text: string, read: (text: string) => unknown = JSON.parse): unknown {
  try {
    return read(text);
  } catch (error) {
    throw invalid(
      `The request body is not valid JSON: ${error instanceof Error ? error.message : error}`,
      error,
    );
  }
}

/**
 * Returns `value`. Throws where a number of `value` became Infinity: JSON cannot write Infinity, so the number would be
 * sent on as null.
 */
function checked<T>(value: T, { mayOverflow }: JsonFigures): T {
  const steps = mayOverflow ? infinityIn(value) : undefined;
  if (!steps) return value;
  const path = wholeOrSize(steps.join('.'));
  throw invalid(`${path === '' ? '' : `${path}: `}Input should be a finite number (1.8e308 at most)`);
}

function keepDigits(value: unknown, text: string): void {
  const { depth, exact } = jsonShape(text);
  // A body with deeper nesting is refused anyway.
  if (!exact && depth <= MOST_LEVELS) keepOwnDigits(value, text);
}

/** Parses a body. The result may share parts with the results of earlier bodies, so nobody may change it. */
export function parseBody({ bytes, figures }: Pick<Body, 'bytes' | 'figures'>, known: KnownLists): unknown {
  const body = known.cut(bytes, figures.members);
  const text = textOf(bytes, body.rest);
  const rest = parse(text);
  if (!isObject(rest)) return checked(rest, figures);
  const value = checked(body.restored(rest), figures);
  if (figures.mayLoseDigits) keepDigits(rest, text);
  // In a body with deeper nesting the digits of numbers are not kept. Such a body is refused, so its lists are not kept
  // for later bodies.
  if (figures.depth <= MOST_LEVELS) body.keep(value);
  return value;
}

/**
 * Resolves with the parsed body, in which all numbers keep their digits. For bodies that are kept as JSON and read again
 * later.
 */
export async function readExactJson(client: ClientRequest, bodies: BodyBudget): Promise<unknown> {
  const { bytes, figures, held } = await readBody(client.request, bodies, client.signal);
  client.holdBody(held);
  client.trace.tell({ type: 'read', bytes: bytes.byteLength });
  held.grow(figures.elements * ELEMENT_BYTES);
  return parse(textOf(bytes, bytes), parseKeepingDigits);
}

/**
 * Resolves with the parsed body. Its room is held until the request releases it. Numbers in JSON of the client's own
 * (such as arguments of calls) keep their digits. A byte-order mark is skipped. Where an object has the same key twice,
 * the last value counts, as with Anthropic's API. `client.keepBody` gets the bytes of every body that may be parsed.
 */
export async function readJson(client: ClientRequest, bodies: BodyBudget): Promise<unknown> {
  const body = await readBody(client.request, bodies, client.signal);
  const { bytes, figures, held } = body;
  client.holdBody(held);
  client.keepBody?.(bytes);
  client.kept?.keepBody(bytes);
  client.trace.tell({ type: 'read', bytes: bytes.byteLength });
  held.grow(figures.elements * ELEMENT_BYTES);
  return parseBody(body, bodies.known);
}
