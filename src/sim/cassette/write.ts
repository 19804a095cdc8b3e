/** Writes one recorded client request as a folder. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tryParseJson } from '../../lib/json.ts';
import { packText } from './blobs.ts';
import { FOLDER_MODE, type IfThere, writeFolder, writeWhole } from './files.ts';
import * as layout from './layout.ts';
import {
  type ClientRequestFile,
  type ExchangeMeta,
  indentedJson,
  prettyJson,
  type RequestMeta,
  sha256,
} from './meta.ts';
import { writeStreamLines } from './stream-lines.ts';
import {
  type Answer,
  type ClientRequest,
  FORMAT_VERSION,
  type RecordedRequest,
  type UpstreamExchange,
} from './types.ts';

/** Writes the folder of a client request; the folder appears complete. Its blobs go to `blobs/` beside it. */
export async function writeRecordedRequest(
  folder: string,
  recorded: RecordedRequest,
  ifThere: IfThere = 'replace',
): Promise<void> {
  const blobs = new Map<string, string>();
  const pack = (text: string) => packText(text, (hash, content) => blobs.set(hash, content));
  const clientRequest = indentedJson(clientRequestFile(recorded.request, pack));
  const upstream = recorded.upstream.map((exchange) => ({ exchange, body: pack(exchange.request.body) }));
  const meta = prettyJson(requestMeta(recorded, pack));
  for (const [hash, content] of blobs) {
    const path = layout.blobPath(folder, hash);
    if (!existsSync(path)) await writeWhole(path, content);
  }
  const fill = async (draft: string) => {
    await writeWhole(join(draft, layout.CLIENT_REQUEST), clientRequest);
    await writeWhole(join(draft, expectedName(recorded.answer)), recorded.answer.bytes);
    await writeWhole(join(draft, layout.META), meta);
    for (const [index, { exchange, body }] of upstream.entries()) {
      const name = join(draft, layout.UPSTREAM, layout.exchangeName(index + 1));
      await mkdir(name, { recursive: true, mode: FOLDER_MODE });
      await writeExchange(name, exchange, body);
    }
  };
  await writeFolder(folder, fill, ifThere);
}

async function writeExchange(folder: string, exchange: UpstreamExchange, packed: string): Promise<void> {
  const { method, path, query, headers } = exchange.request;
  const body = tryParseJson(packed);
  const request = { method, path, query, headers, ...(body === undefined ? {} : { body }) };
  await writeWhole(join(folder, layout.REQUEST), prettyJson(request));
  await writeWhole(join(folder, layout.REQUEST_BODY), packed);
  await writeWhole(join(folder, layout.STREAM), writeStreamLines(exchange));
  await writeWhole(join(folder, layout.META), prettyJson(exchangeMeta(exchange)));
}

export const isEventStream = (headers: Readonly<Record<string, string>>): boolean =>
  headers['content-type']?.startsWith('text/event-stream') ?? false;

const expectedName = ({ headers }: Answer) =>
  isEventStream(headers) ? layout.EXPECTED.stream : layout.EXPECTED.whole;

function clientRequestFile(request: ClientRequest, pack: (text: string) => string): ClientRequestFile {
  const { body, ...rest } = request;
  const packed = pack(body);
  const parsed = tryParseJson(packed);
  // Parsed JSON is easier to read, but it must give the same text when it is printed again.
  const isExact = parsed !== undefined && JSON.stringify(parsed) === packed;
  return isExact ? { ...rest, body: parsed } : { ...rest, bodyText: packed };
}

const bodyFacts = (bytes: Uint8Array) => ({ sha256: sha256(bytes), length: bytes.length });

function requestMeta(recorded: RecordedRequest, pack: (text: string) => string): RequestMeta {
  const { answer, request: _request, upstream, fetched, uploads, edited, ...facts } = recorded;
  return {
    format: FORMAT_VERSION,
    ...facts,
    answer: {
      status: answer.status,
      headers: { ...answer.headers },
      body: bodyFacts(answer.bytes),
      end: answer.end,
    },
    models: [...new Set(upstream.map(({ model }) => model))],
    ...(edited ? { edited: [...edited] } : {}),
    signatures: facts.signatures.map((found) => [...found]),
    ...(fetched ? { fetched: pack(JSON.stringify(fetched)) } : {}),
    ...(uploads ? { uploads: [...uploads] } : {}),
    redactions: [...facts.redactions],
  };
}

function exchangeMeta(exchange: UpstreamExchange): ExchangeMeta {
  const { model, head, reads, end, error, anomalies, redactions, truncatedRecording } = exchange;
  const bytes = Buffer.concat(reads.map((read) => read.bytes));
  return {
    format: FORMAT_VERSION,
    model,
    head: head ? { ...head, headers: { ...head.headers } } : null,
    body: { ...bodyFacts(bytes), reads: reads.length },
    end: { kind: end.kind, side: end.side },
    ...(error ? { error } : {}),
    anomalies: [...anomalies],
    redactions: [...redactions],
    ...(truncatedRecording ? { truncatedRecording } : {}),
  };
}
