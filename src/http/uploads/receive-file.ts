/** Receives an uploaded file. Its bytes go to the disk while they come, whatever their number. */

import { MessagesError } from '../../anthropic/errors.ts';
import { extensionOf } from '../../files/endings.ts';
import type { FileRecord } from '../../files/file-record.ts';
import type { FileStore } from '../../files/store.ts';
import type { Upload } from '../../files/upload.ts';
import { quoted } from '../../lib/shown-text.ts';
import { ClientGone, type ClientRequest } from '../client-request.ts';
import { storedName, storedType } from './file-names.ts';
import { boundaryOf, MultipartError, type MultipartEvent, MultipartReader, namesOf } from './multipart.ts';

const SECOND_MS = 1000;
/** Seconds: the limits of Anthropic's API. */
const KEEP_SECONDS = { least: 3600, most: 7_776_000 };
/** Bytes of a multipart body beside those of its file. */
const MOST_OVERHEAD = 64 * 1024;
/** Bytes of a field that is no file. */
const MOST_FIELD_BYTES = 1024;
const MOST_PARTS = 10;
/** Bytes from which the type of a file is told. */
const HEAD_BYTES = 64;

const invalid = (message: string) => new MessagesError('invalid_request_error', message);

/** The parts of the body, as far as they have come. */
class UploadForm {
  readonly #files: FileStore;
  readonly #client: ClientRequest;
  #upload: Upload | undefined;
  #filename: string | undefined;
  #declared: string | undefined;
  #head = Buffer.alloc(0);
  #fields = new Map<string, string>();
  /** The name of the field whose data come now; `file` is the file. */
  #now = '';
  #parts = 0;

  constructor(client: ClientRequest, files: FileStore) {
    this.#client = client;
    this.#files = files;
  }

  async take(event: MultipartEvent): Promise<void> {
    if (event.type === 'part') await this.#begin(event.headers);
    else if (this.#now === 'file') await this.#write(event.bytes);
    else this.#extend(event.bytes);
  }

  async keep(): Promise<FileRecord> {
    if (!this.#upload) throw invalid('file: Field required');
    const mimeType = storedType(this.#declared, this.#head, this.#filename);
    const facts = {
      filename: storedName(this.#filename) ?? `unnamed${extensionOf(mimeType)}`,
      mimeType,
      downloadable: false,
      keepMs: this.#keepMs(),
    };
    return this.#files.keep(this.#upload, facts);
  }

  async discard(): Promise<void> {
    await this.#upload?.discard();
  }

  async #begin(headers: ReadonlyMap<string, string>): Promise<void> {
    if (++this.#parts > MOST_PARTS)
      throw invalid(`The form has more than ${MOST_PARTS} parts; send one file at once`);
    const { field, filename } = namesOf(headers);
    this.#now = field;
    if (field !== 'file') {
      this.#fields.set(field, '');
      if (field !== 'expires_in_seconds')
        this.#client.warn('field-ignored', field, 'the form has no such field');
      return;
    }
    if (this.#upload) throw invalid('file: only one file can be uploaded at once');
    this.#filename = filename;
    this.#declared = headers.get('content-type');
    // A name that cannot be kept is told before the bytes come.
    storedName(filename);
    this.#upload = await this.#files.receive();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#head.length < HEAD_BYTES)
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD_BYTES)]);
    await this.#upload?.write(bytes);
  }

  #extend(bytes: Uint8Array): void {
    const value = `${this.#fields.get(this.#now) ?? ''}${Buffer.from(bytes).toString('utf8')}`;
    if (value.length > MOST_FIELD_BYTES)
      throw invalid(`${quoted(this.#now)}: a field has ${MOST_FIELD_BYTES} bytes at most`);
    this.#fields.set(this.#now, value);
  }

  #keepMs(): number | undefined {
    const text = this.#fields.get('expires_in_seconds');
    if (text === undefined) return undefined;
    const seconds = Number(text);
    const { least, most } = KEEP_SECONDS;
    if (/^\d+$/.test(text.trim()) && seconds >= least && seconds <= most) return seconds * SECOND_MS;
    throw invalid(`expires_in_seconds: Input should be an integer from ${least} to ${most}`);
  }
}

function checkHead({ request }: ClientRequest, files: FileStore): string {
  const boundary = boundaryOf(request.headers.get('content-type'));
  if (boundary === undefined || boundary === '')
    throw invalid(
      'The request body must be multipart/form-data with a boundary, and the file in its field `file`',
    );
  if (Number(request.headers.get('content-length') ?? 0) > files.largest + MOST_OVERHEAD)
    throw files.tooLarge();
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return boundary;
  throw new MessagesError(
    'invalid_request_error',
    `request_body_encoding_unsupported: content-encoding ${quoted(encoding)}; send files without it`,
    { details: { error_code: 'request_body_encoding_unsupported' } },
  );
}

async function readForm(
  { request }: ClientRequest,
  form: UploadForm,
  reader: MultipartReader,
): Promise<void> {
  try {
    for await (const bytes of request.body ?? [])
      for (const event of reader.feed(bytes)) await form.take(event);
    reader.end();
  } catch (error) {
    if (error instanceof MultipartError)
      throw invalid(`The request body is not valid multipart/form-data: ${error.message}`);
    // Where the client leaves, Bun rejects with an error of its own.
    if (error instanceof MessagesError || !request.signal.aborted) throw error;
    throw new ClientGone('the client left before its file was whole');
  }
}

/** Resolves with the stored file. Rejects with a MessagesError where the file, or the form, cannot be taken. */
export async function receiveFile(client: ClientRequest, files: FileStore): Promise<FileRecord> {
  const reader = new MultipartReader(checkHead(client, files));
  const form = new UploadForm(client, files);
  try {
    await readForm(client, form, reader);
    return await form.keep();
  } catch (error) {
    await form.discard();
    throw error;
  }
}
