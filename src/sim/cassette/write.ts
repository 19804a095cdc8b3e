/** Writes one recorded client request as a folder, in one of two forms. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packText } from './blobs.ts';
import { type IfThere, writeFolder, writeWhole } from './files.ts';
import { type File, type Form, RECORDING, TURN } from './forms.ts';
import * as layout from './layout.ts';
import { type ExchangeMeta, headHash, type RequestMeta, requestHash, sha256, timesHash } from './meta.ts';
import { writeStreamLines } from './stream-lines.ts';
import { FORMAT_VERSION, type RecordedRequest, type UpstreamExchange } from './types.ts';

/**
 * Writes the folder of a client request; the folder appears complete. Its blobs go to `blobs/` beside it. A turn is
 * written by `writeTurn`.
 */
export const writeRecordedRequest = (
  folder: string,
  recorded: RecordedRequest,
  ifThere: IfThere = 'replace',
): Promise<void> => write(folder, recorded, RECORDING, ifThere);

/** Writes a turn of `fixtures/turns`. */
export const writeTurn = (folder: string, recorded: RecordedRequest): Promise<void> =>
  write(folder, recorded, TURN, 'replace');

async function write(folder: string, recorded: RecordedRequest, form: Form, ifThere: IfThere): Promise<void> {
  const blobs = new Map<string, string>();
  const files = filesOf(recorded, form, (text) =>
    packText(text, (hash, content) => blobs.set(hash, content)),
  );
  for (const [hash, content] of blobs) {
    const path = layout.blobPath(folder, hash);
    if (!existsSync(path)) await writeWhole(path, content);
  }
  const fill = async (draft: string) => {
    for (const [name, content] of files) await writeWhole(join(draft, name), content);
  };
  await writeFolder(folder, fill, ifThere);
}

function filesOf(recorded: RecordedRequest, form: Form, pack: (text: string) => string): File[] {
  const { body, ...head } = recorded.request;
  const client = pack(body);
  const exchanges = recorded.upstream.flatMap((exchange, index) => {
    const folder = join(layout.UPSTREAM, layout.exchangeName(index + 1));
    return exchangeFiles(exchange, form, pack, client).map(
      ([name, content]): File => [join(folder, name), content],
    );
  });
  return [
    form.clientRequest(head, client),
    form.answer(recorded.answer),
    form.requestMeta(requestMeta(recorded, pack)),
    ...exchanges,
  ];
}

function exchangeFiles(
  exchange: UpstreamExchange,
  form: Form,
  pack: (text: string) => string,
  client: string,
): File[] {
  const { body, ...head } = exchange.request;
  return [
    ...form.upstreamRequest(head, pack(body), client),
    [layout.STREAM, writeStreamLines(exchange)],
    form.exchangeMeta(exchangeMeta(exchange)),
  ];
}

const bodyFacts = (bytes: Uint8Array) => ({ sha256: sha256(bytes), length: bytes.length });

function requestMeta(recorded: RecordedRequest, pack: (text: string) => string): RequestMeta {
  const { answer, request, upstream, fetched, uploads, edited, carriedOver, ...facts } = recorded;
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
    askedSha256: requestHash(request),
    ...(edited ? { edited: [...edited] } : {}),
    ...(carriedOver ? { carriedOver: { ...carriedOver, differs: [...carriedOver.differs] } } : {}),
    signatures: facts.signatures.map((found) => [...found]),
    ...(fetched ? { fetched: pack(JSON.stringify(fetched)) } : {}),
    ...(uploads ? { uploads: [...uploads] } : {}),
    redactions: [...facts.redactions],
  };
}

function exchangeMeta(exchange: UpstreamExchange): ExchangeMeta {
  const { model, head, reads, end, error, anomalies, redactions, truncatedRecording } = exchange;
  const bytes = Buffer.concat(reads.map((read) => read.bytes));
  const told = {
    head: head ? { ...head, headers: { ...head.headers } } : null,
    ...(error ? { error } : {}),
  };
  return {
    format: FORMAT_VERSION,
    model,
    ...told,
    headSha256: headHash(told),
    body: { ...bodyFacts(bytes), reads: reads.length, timesSha256: timesHash({ reads, end }) },
    end: { kind: end.kind, side: end.side },
    anomalies: [...anomalies],
    redactions: [...redactions],
    ...(truncatedRecording ? { truncatedRecording } : {}),
  };
}
