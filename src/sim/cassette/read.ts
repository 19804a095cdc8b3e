/** Reads recordings that `write.ts` has written, and checks that nobody has changed them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { tryParseJson } from '../../lib/json.ts';
import { blobHash, unpackText } from './blobs.ts';
import * as layout from './layout.ts';
import {
  ClientRequestFile,
  checkBody,
  ExchangeMeta,
  FetchedFiles,
  RequestMeta,
  readJsonFile,
  UpstreamRequest,
} from './meta.ts';
import { readStreamLines } from './stream-lines.ts';
import {
  type Answer,
  CassetteError,
  type ClientRequest,
  type RecordedRequest,
  type UpstreamExchange,
} from './types.ts';

/** Reads one client request. Throws a CassetteError that names the bad file. */
export function readRecordedRequest(folder: string): RecordedRequest {
  const metaFile = join(folder, layout.META);
  const meta = readJsonFile(RequestMeta, readText(metaFile), metaFile);
  const { format: _format, models: _models, answer, fetched, ...facts } = meta;
  return {
    ...facts,
    ...(fetched === undefined ? {} : { fetched: readFetched(fetched, folder, metaFile) }),
    request: readClientRequest(folder),
    answer: readAnswer(folder, answer),
    upstream: listExchanges(folder).map((exchange) => readExchange(exchange, folder)),
  };
}

/**
 * The folders of all client requests in a recording (or of all cases in `fixtures/turns`), in order. A folder with
 * missing files is listed, too, so that reading it gives an error.
 */
export const listRecording = (folder: string): string[] =>
  listFolders(folder).filter((path) => basename(path) !== layout.BLOBS);

export const listExchanges = (requestFolder: string): string[] =>
  listFolders(join(requestFolder, layout.UPSTREAM));

function listFolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name));
}

function readBytes(file: string): Uint8Array {
  if (!existsSync(file)) throw new CassetteError(file, 'is missing');
  return new Uint8Array(readFileSync(file));
}

/** The text of a file. It is decoded by `textOf`, so that a byte-order mark stays in the text. */
const readText = (file: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(readBytes(file));

/** Loads the blobs of a client request. They are in a folder beside the request's folder. */
function blobLoader(requestFolder: string): (hash: string) => string {
  return (hash) => {
    const file = layout.blobPath(requestFolder, hash);
    const content = readText(file);
    if (blobHash(content) !== hash) throw new CassetteError(file, 'its content is not what its name says');
    return content;
  };
}

function readClientRequest(folder: string): ClientRequest {
  const file = join(folder, layout.CLIENT_REQUEST);
  const { body, bodyText, ...rest } = readJsonFile(ClientRequestFile, readText(file), file);
  const packed = bodyText ?? JSON.stringify(body) ?? '';
  return { ...rest, body: unpackText(packed, blobLoader(folder)) };
}

function readFetched(packed: string, folder: string, file: string): NonNullable<RecordedRequest['fetched']> {
  const value = tryParseJson(unpackText(packed, blobLoader(folder)));
  if (!Value.Check(FetchedFiles, value)) throw new CassetteError(file, '/fetched: not what was written');
  return value;
}

function readAnswer(folder: string, { body, ...facts }: RequestMeta['answer']): Answer {
  const stream = join(folder, layout.EXPECTED.stream);
  const file = existsSync(stream) ? stream : join(folder, layout.EXPECTED.whole);
  const bytes = readBytes(file);
  checkBody(bytes, body, file);
  return { ...facts, bytes };
}

function readExchange(folder: string, requestFolder: string): UpstreamExchange {
  const metaFile = join(folder, layout.META);
  const meta = readJsonFile(ExchangeMeta, readText(metaFile), metaFile);
  const { model, head, body, error, anomalies, redactions, truncatedRecording } = meta;
  const streamFile = join(folder, layout.STREAM);
  const stream = readStreamLines(readText(streamFile), streamFile);
  checkBody(Buffer.concat(stream.reads.map((read) => read.bytes)), body, streamFile);
  const requestFile = join(folder, layout.REQUEST);
  const { method, path, query, headers } = readJsonFile(UpstreamRequest, readText(requestFile), requestFile);
  const text = unpackText(readText(join(folder, layout.REQUEST_BODY)), blobLoader(requestFolder));
  return {
    request: { method, path, query, headers, body: text },
    model,
    head: head ?? undefined,
    ...stream,
    ...(error ? { error: connectionError(error) } : {}),
    anomalies,
    redactions,
    ...(truncatedRecording ? { truncatedRecording } : {}),
  };
}

const connectionError = ({ message, code }: { message: string; code?: string | undefined }) => ({
  message,
  ...(code === undefined ? {} : { code }),
});

/** The name of a request: `001-main` for `<recording>/001-main`. */
export const nameOf = (folder: string): string => basename(folder);
