/**
 * Google's Files API: uploads that can be resumed, files that are processed before they can be used, belong to one key,
 * and are gone after 48 hours. Of the bytes only their number and their hash are kept.
 */
import type { GoogleError } from '../../gemini/wire.ts';
import { tryParseJson } from '../../lib/json.ts';
import { type Clock, createIds, dateOf, type Random } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import { invalidArgument } from '../validator/refusal.ts';
import type { ApiRequest } from '../validator/request.ts';
import { errorReply, jsonReply } from './replies.ts';

type File = {
  name: string;
  key: string;
  mimeType: string;
  size: number;
  sha256: string;
  /** By the monotonic clock. */
  createdAt: number;
};

type Upload = {
  key: string;
  mimeType: string;
  /** Bytes that were announced, and bytes that have come. */
  size: number;
  received: number;
  hasher: Bun.CryptoHasher;
};

const LIFE_MS = 48 * 3_600_000;
/** Milliseconds for which a file is processed. Pictures are there at once. */
const PROCESSING_MS = 300;
const MOST_FILES = 10_000;
const MOST_UPLOADS = 1_000;
/** Bytes: the largest file, and what every piece but the last is a multiple of. */
const LARGEST = 2 * 1024 ** 3;
const GRANULARITY = 256 * 1024;
const PAGE = 10;

const BASE = 'https://generativelanguage.googleapis.com/v1beta/';
const UPLOAD = /^\/upload\/v1beta\/files$/;
const FILES = /^\/v1beta\/files(?:\/([^/]+))?$/;

const notFound = (id: string): GoogleError => ({
  code: 403,
  message: `You do not have permission to access the File ${id} or it may not exist.`,
  status: 'PERMISSION_DENIED',
});

export class GoogleFiles {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #files = new RecentMap<string, File>(MOST_FILES);
  readonly #uploads = new RecentMap<string, Upload>(MOST_UPLOADS);

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Answers a request to the Files API; undefined for any other request. */
  async answer(url: URL, init: RequestInit): Promise<Response | undefined> {
    const headers = new Headers(init.headers);
    const key = headers.get('x-goog-api-key') ?? '';
    const method = init.method ?? 'GET';
    if (UPLOAD.test(url.pathname) && method === 'POST') return this.#upload(url, init, headers, key);
    const [isFiles, id] = FILES.exec(url.pathname) ?? [];
    if (isFiles === undefined) return undefined;
    if (id === undefined) return method === 'GET' ? this.#list(key) : this.#upload(url, init, headers, key);
    const file = this.#find(`files/${id}`, key);
    if (!file) return errorReply(notFound(id), false);
    if (method !== 'DELETE') return jsonReply(this.#told(file));
    this.#files.delete(file.name);
    return jsonReply({});
  }

  /** The refusal of a request that names a file which `init`'s key cannot use. */
  refusal({ contents }: ApiRequest, init: RequestInit): GoogleError | undefined {
    const key = new Headers(init.headers).get('x-goog-api-key') ?? '';
    for (const { parts } of contents ?? [])
      for (const { fileData } of parts ?? []) {
        const { fileUri = '' } = fileData ?? {};
        if (!fileUri.startsWith(`${BASE}files/`)) continue;
        const name = fileUri.slice(BASE.length);
        const id = name.slice('files/'.length);
        const file = this.#find(name, key);
        if (!file) return notFound(id);
        if (this.#isProcessing(file))
          return invalidArgument(`The File ${id} is not in an ACTIVE state and usage is not allowed.`);
      }
    return undefined;
  }

  #find(name: string, key: string): File | undefined {
    const file = this.#files.get(name);
    const isThere = file && file.key === key && this.#clock.monotonic() < file.createdAt + LIFE_MS;
    return isThere ? file : undefined;
  }

  #isProcessing({ mimeType, createdAt }: File): boolean {
    return !mimeType.startsWith('image/') && this.#clock.monotonic() < createdAt + PROCESSING_MS;
  }

  #list(key: string): Response {
    const all = [...this.#files.keys()].flatMap((name) => this.#find(name, key) ?? []);
    return jsonReply({
      files: all
        .slice(-PAGE)
        .reverse()
        .map((file) => this.#told(file)),
    });
  }

  #told(file: File): object {
    const { name, mimeType, size, sha256, createdAt } = file;
    const at = (moment: number) => dateOf(this.#clock, moment).toISOString();
    return {
      name,
      mimeType,
      sizeBytes: String(size),
      createTime: at(createdAt),
      updateTime: at(createdAt),
      expirationTime: at(createdAt + LIFE_MS),
      sha256Hash: Buffer.from(sha256).toString('base64'),
      uri: `${BASE}${name}`,
      state: this.#isProcessing(file) ? 'PROCESSING' : 'ACTIVE',
      source: 'UPLOADED',
    };
  }

  async #upload(url: URL, init: RequestInit, headers: Headers, key: string): Promise<Response> {
    const commands = (headers.get('x-goog-upload-command') ?? '').split(',').map((word) => word.trim());
    if (commands.includes('start')) return this.#begin(url, init, headers, key);
    const id = url.searchParams.get('upload_id') ?? '';
    const upload = this.#uploads.get(id);
    if (!upload || upload.key !== key) return refuse('Upload has already been terminated.');
    if (commands.includes('query'))
      return inState('active', { 'x-goog-upload-size-received': String(upload.received) });
    if (commands.includes('cancel')) {
      this.#uploads.delete(id);
      return inState('cancelled');
    }
    const isLast = commands.includes('finalize');
    const problem = await this.#take(upload, init, headers, isLast);
    if (problem !== undefined) return refuse(problem);
    if (!isLast) return inState('active', { 'x-goog-upload-size-received': String(upload.received) });
    this.#uploads.delete(id);
    const file = this.#keep(upload);
    const reply = jsonReply({ file: this.#told(file) });
    reply.headers.set('x-goog-upload-status', 'final');
    return reply;
  }

  async #begin(url: URL, init: RequestInit, headers: Headers, key: string): Promise<Response> {
    const size = Number(headers.get('x-goog-upload-header-content-length') ?? Number.NaN);
    const mimeType = headers.get('x-goog-upload-header-content-type') ?? '';
    const body = tryParseJson(await new Response(init.body).text());
    if (headers.get('x-goog-upload-protocol') !== 'resumable' || body === undefined)
      return refuse('Invalid upload request.');
    if (!Number.isInteger(size) || size < 0 || mimeType === '') return refuse('Upload has no size or type.');
    if (size > LARGEST) return refuse('File size exceeds the limit of 2147483648 bytes.');
    const id = createIds(this.#random).next('', 40);
    this.#uploads.set(id, { key, mimeType, size, received: 0, hasher: new Bun.CryptoHasher('sha256') });
    return inState('active', {
      'x-goog-upload-url': `${url.origin}${url.pathname}?upload_id=${id}&upload_protocol=resumable`,
      'x-goog-upload-chunk-granularity': String(GRANULARITY),
    });
  }

  /** Takes a piece. Returns what is wrong with it. */
  async #take(
    upload: Upload,
    init: RequestInit,
    headers: Headers,
    isLast: boolean,
  ): Promise<string | undefined> {
    const offset = Number(headers.get('x-goog-upload-offset') ?? Number.NaN);
    if (offset !== upload.received) return `Invalid upload offset: ${upload.received} bytes were received.`;
    const bytes = await new Response(init.body).bytes();
    upload.received += bytes.length;
    upload.hasher.update(bytes);
    if (!isLast) return bytes.length % GRANULARITY === 0 ? undefined : 'Invalid size of a piece.';
    return upload.received === upload.size ? undefined : 'The upload has another size than was announced.';
  }

  #keep({ key, mimeType, size, hasher }: Upload): File {
    const id = createIds(this.#random).next('', 12).toLowerCase();
    const createdAt = this.#clock.monotonic();
    const file = { name: `files/${id}`, key, mimeType, size, sha256: hasher.digest('hex'), createdAt };
    this.#files.set(file.name, file);
    return file;
  }
}

const refuse = (message: string): Response => errorReply(invalidArgument(message), false);

const inState = (state: string, headers: Record<string, string> = {}): Response =>
  new Response(null, { headers: { 'x-goog-upload-status': state, ...headers } });
