/** Reads recordings that `write.ts` has written, and notices what people have edited since. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { tryParseJson } from '../../lib/json.ts';
import { conflictIn } from '../merge-conflict.ts';
import { blobHash, unpackText } from './blobs.ts';
import { withPieces } from './client-pieces.ts';
import { bytesOf } from './escape.ts';
import { eventOfLine } from './forms.ts';
import * as layout from './layout.ts';
import {
  ExchangeMeta,
  FetchedFiles,
  headHash,
  isBody,
  RequestFile,
  RequestMeta,
  readJsonFile,
  requestHash,
  sha256,
  timesHash,
} from './meta.ts';
import { readStreamLines, type Stream } from './stream-lines.ts';
import { asWritten, entriesOf, listFolders, problemOf, readBytes, readText, textIn } from './text-files.ts';
import {
  type Answer,
  CassetteError,
  type ClientRequest,
  type RecordedRequest,
  type UpstreamExchange,
} from './types.ts';

/**
 * A file that is not as it was written. `said`: what upstream said. `expected`: the client's answer. `asked`: the
 * client's request. `piece`: a long text that requests share.
 */
export type Edit = { file: string; kind: 'said' | 'expected' | 'asked' | 'piece' };

export type AsItLies = { recorded: RecordedRequest; edits: readonly Edit[] };

/** Reads one client request. Throws a CassetteError that names the bad file, or the file that was edited. */
export const readRecordedRequest = (folder: string): RecordedRequest => readUnedited(folder).recorded;

function readUnedited(folder: string): AsItLies {
  const found = readAsItLies(folder);
  const edit = found.edits.find(({ kind }) => isInTheWay(kind, found.recorded));
  if (edit) throw new CassetteError(join(folder, edit.file), EDITED, adviceFor(folder));
  return found;
}

/** An edited request needs no check of its own: the answer to it, and what is sent for it, differ then. */
const isInTheWay = (kind: Edit['kind'], { fails }: RecordedRequest): boolean =>
  kind === 'expected' ? !fails : kind !== 'asked';

const EDITED = 'was edited by hand (its SHA-256 is not the recorded one)';

const adviceFor = (folder: string): string => `bun run bless ${wordFor(folder)} accepts that`;

/** The folders in which turns and recordings are found by their names. */
const PLACES = ['turns', 'recordings'];

/** What commands call it: `my-turn` for a turn, `my-session/003-main` for a request of a recording; elsewhere its path. */
function wordFor(folder: string): string {
  const around = dirname(folder);
  const isRecording = existsSync(join(around, layout.MANIFEST));
  if (!PLACES.includes(basename(isRecording ? dirname(around) : around))) return folder;
  return isRecording ? `${basename(around)}/${nameOf(folder)}` : nameOf(folder);
}

/** One request of a recording, or the reason why it cannot be read. `note`: the client's request was edited. */
export type Reading = { name: string; folder: string } & (
  | { recorded: RecordedRequest; note?: string }
  | { problem: string }
);

export function readOne(folder: string): Reading {
  const name = nameOf(folder);
  try {
    const { recorded, edits } = readUnedited(folder);
    const asked = edits.find(({ kind }) => kind === 'asked');
    const note = asked && { note: `${asked.file} was edited by hand; ${adviceFor(folder)}` };
    return { name, folder, recorded, ...note };
  } catch (error) {
    return { name, folder, problem: problemOf(error) };
  }
}

/** Reads all requests of a recording, or all turns. One that cannot be read keeps none of the others from being read. */
export const readEach = (recording: string): Reading[] => listRecording(recording).map(readOne);

/** Reads one client request with whatever people have edited. Throws a CassetteError that names the bad file. */
export function readAsItLies(folder: string): AsItLies {
  try {
    return readFiles(folder);
  } catch (error) {
    if (!(error instanceof CassetteError) || error.advice !== undefined) throw error;
    throw new CassetteError(error.file, error.problem, `mend that, or remove ${wordFor(folder)}`);
  }
}

function readFiles(folder: string): AsItLies {
  const files = new RequestFiles(folder);
  const metaFile = join(folder, layout.META);
  if (existsSync(folder) && entriesOf(folder).length === 0)
    throw new CassetteError(folder, 'is an empty folder', 'remove it');
  const meta = readJsonFile(RequestMeta, readText(metaFile), metaFile);
  if (Number.isNaN(Date.parse(meta.recordedAt))) throw new CassetteError(metaFile, '/recordedAt: not a date');
  const {
    format: _format,
    models,
    answer,
    fetched,
    redactions = [],
    expectedSha256,
    askedSha256,
    ...facts
  } = meta;
  const recorded: RecordedRequest = {
    ...facts,
    redactions,
    ...(fetched === undefined ? {} : { fetched: files.fetched(fetched, metaFile) }),
    request: files.request(askedSha256),
    answer: files.answer(answer, expectedSha256),
    upstream: wholeList(folder, models.length > 0).map((exchange) => files.exchange(exchange)),
  };
  return { recorded, edits: files.edits };
}

/** The exchanges of a request. Throws where there is a gap between them, or where there is none and should be. */
function wholeList(folder: string, hasSome: boolean): string[] {
  const exchanges = listExchanges(folder);
  const expected = exchanges.map((_, index) => layout.exchangeName(index + 1));
  const gap = expected.find((name, index) => name !== nameOf(exchanges[index] ?? ''));
  const missing = gap ?? (hasSome && exchanges.length === 0 ? layout.exchangeName(1) : undefined);
  if (missing === undefined) return exchanges;
  throw new CassetteError(join(folder, layout.UPSTREAM, missing), 'is missing');
}

/** Only the client's request, which may be readable where other files are not. */
export const readClientRequest = (folder: string): ClientRequest => new RequestFiles(folder).request();

/**
 * The folders of all client requests in a recording (or of all cases in `fixtures/turns`), in order. A folder with
 * missing files is listed, too, so that reading it gives an error.
 */
export const listRecording = (folder: string): string[] =>
  listFolders(folder).filter((path) => basename(path) !== layout.BLOBS);

export const listExchanges = (requestFolder: string): string[] =>
  listFolders(join(requestFolder, layout.UPSTREAM));

/** Reads the files of one request, and notes which of them are not as they were written. */
class RequestFiles {
  readonly edits: Edit[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  request(hash?: string): ClientRequest {
    const { body, bodyText, ...rest } = this.#asked();
    const request = { ...rest, body: this.#unpack(bodyText ?? JSON.stringify(body) ?? '') };
    const isEdited = hash !== undefined && requestHash(request) !== hash;
    if (isEdited) this.#edited('asked', join(this.#folder, layout.CLIENT_REQUEST));
    return request;
  }

  #asked(): RequestFile {
    const file = join(this.#folder, layout.CLIENT_REQUEST);
    const asked = readJsonFile(RequestFile, readText(file), file);
    if (asked.method !== 'POST') throw new CassetteError(file, '/method: only POST is recorded');
    checkHead(asked, file, '');
    return asked;
  }

  fetched(packed: string, file: string): NonNullable<RecordedRequest['fetched']> {
    const value = tryParseJson(this.#unpack(packed));
    if (!Value.Check(FetchedFiles, value)) throw new CassetteError(file, '/fetched: not what was written');
    return value;
  }

  answer({ body, end = 'whole', ...facts }: RequestMeta['answer'], hash = body?.sha256): Answer {
    const files = Object.values(layout.EXPECTED).map((name) => join(this.#folder, name));
    const file = files.find(existsSync) ?? join(this.#folder, layout.EXPECTED.whole);
    const bytes = file.endsWith(layout.EXPECTED.events) ? bytesOfEvents(file) : readBytes(file);
    const isWritten = (one: Uint8Array) => hash === undefined || sha256(one) === hash;
    return { ...facts, end, bytes: this.#asWritten('expected', file, bytes, isWritten) };
  }

  exchange(folder: string): UpstreamExchange {
    const metaFile = join(folder, layout.META);
    const meta = readJsonFile(ExchangeMeta, readText(metaFile), metaFile);
    const { model, head, error, anomalies = [], redactions = [], truncatedRecording } = meta;
    if (head) checkHead(head, metaFile, '/head');
    if (meta.headSha256 !== undefined && meta.headSha256 !== headHash(meta)) this.#edited('said', metaFile);
    const stream = this.#stream(join(folder, layout.STREAM), meta);
    return {
      request: this.#sent(folder),
      model,
      head: head ?? undefined,
      ...stream,
      ...(error ? { error: connectionError(error) } : {}),
      anomalies,
      redactions,
      ...(truncatedRecording ? { truncatedRecording } : {}),
    };
  }

  #sent(folder: string): UpstreamExchange['request'] {
    const file = join(folder, layout.REQUEST);
    const { body, bodyText, ...head } = readJsonFile(RequestFile, readText(file), file);
    const exact = join(folder, layout.REQUEST_BODY);
    if (existsSync(exact)) return { ...head, body: this.#unpack(readText(exact)) };
    return { ...head, body: this.#unpack(bodyText ?? this.#withPieces(body, file)) };
  }

  #withPieces(body: unknown, file: string): string {
    try {
      return JSON.stringify(withPieces(body, this.#asked().body)) ?? '';
    } catch (error) {
      throw new CassetteError(file, problemOf(error));
    }
  }

  #stream(file: string, { body, end }: ExchangeMeta): Stream {
    const stream = readStreamLines(readText(file), file);
    const bytes = Buffer.concat(stream.reads.map((read) => read.bytes));
    const isSameEnd = end.kind === stream.end.kind && end.side === stream.end.side;
    const { timesSha256: times } = body;
    const isSameTime = times === undefined || times === timesHash(stream);
    if (!isBody(bytes, body) || !isSameEnd || !isSameTime) this.#edited('said', file);
    return stream;
  }

  /** The blobs are in a folder beside the request's folder. */
  #unpack(packed: string): string {
    return unpackText(packed, (hash) => {
      const file = layout.blobPath(this.#folder, hash);
      const isWritten = (one: Uint8Array) => blobHash(textIn(one)) === hash;
      return textIn(this.#asWritten('piece', file, readBytes(file), isWritten));
    });
  }

  /** The bytes as they were written, where only their dress has changed, or as somebody has edited them. */
  #asWritten(kind: Edit['kind'], file: string, bytes: Uint8Array, isWritten: (one: Uint8Array) => boolean) {
    const written = asWritten(bytes, isWritten);
    if (written) return written;
    const conflict = conflictIn(textIn(bytes));
    if (conflict !== undefined) throw new CassetteError(file, conflict);
    this.#edited(kind, file);
    return bytes;
  }

  #edited(kind: Edit['kind'], path: string): void {
    const file = relative(this.#folder, path);
    if (!this.edits.some((edit) => edit.file === file)) this.edits.push({ file, kind });
  }
}

/** Throws for headers that cannot be sent. */
function checkHead({ headers }: { headers: Record<string, string> }, file: string, path: string): void {
  try {
    new Headers(headers);
  } catch (error) {
    throw new CassetteError(file, `${path}/headers: ${problemOf(error)}`);
  }
}

function bytesOfEvents(file: string): Uint8Array {
  const events = readText(file)
    .split('\n')
    .map((line, index) => {
      const event = eventOfLine(line);
      if (event === '' && line.trim() !== '')
        throw new CassetteError(`${file}:${index + 1}`, 'not the JSON of an event');
      return event;
    });
  return bytesOf(events.join(''));
}

const connectionError = ({ message, code }: { message: string; code?: string | undefined }) => ({
  message,
  ...(code === undefined ? {} : { code }),
});

/** The folder of a request, by its number or its name. Throws an error that names those that there are. */
export function findRequest(recording: string, request: string): string {
  const folders = listRecording(recording);
  const numbered = /^\d+$/.test(request) ? Number(request) : undefined;
  const found = folders.find(
    (path) => nameOf(path) === request || Number.parseInt(nameOf(path), 10) === numbered,
  );
  if (found) return found;
  const names = folders.map(nameOf).join(', ') || 'nothing';
  throw new Error(`no request "${request}" in ${recording}; it holds ${names}`);
}

/** The name of a request: `001-main` for `<recording>/001-main`. */
export const nameOf = (folder: string): string => basename(folder);
