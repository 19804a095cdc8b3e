/**
 * The two forms in which the files of a client request are written; `read.ts` reads both. A recording is written once
 * and kept as evidence: with its exact bytes, and with hashes of them. A turn of `fixtures/turns` is read by people
 * whenever it changes, so nothing stands in it twice, and what can be worked out or is empty is left out.
 */
import { isObject, tryParseJson } from '../../lib/json.ts';
import { encodeSseEvent } from '../../lib/sse.ts';
import { withPiecesNamed } from './client-pieces.ts';
import { textOf } from './escape.ts';
import * as layout from './layout.ts';
import {
  type ExchangeMeta,
  indentedJson,
  prettyJson,
  type RequestFile,
  type RequestMeta,
  sorted,
} from './meta.ts';
import { printJson } from './print-json.ts';
import type { Answer } from './types.ts';

export type File = readonly [name: string, content: string | Uint8Array];

/** A request without its body, which is packed and stands apart. */
type Head = Omit<RequestFile, 'body' | 'bodyText'>;

export type Form = {
  clientRequest(head: Head, body: string): File;
  answer(answer: Answer): File;
  /** `client`: the packed body of the client's request. */
  upstreamRequest(head: Head, body: string, client: string): File[];
  requestMeta(meta: RequestMeta): File;
  exchangeMeta(meta: ExchangeMeta): File;
};

export const isEventStream = (headers: Readonly<Record<string, string>>): boolean =>
  headers['content-type']?.startsWith('text/event-stream') ?? false;

const expectedName = ({ headers }: Answer) =>
  isEventStream(headers) ? layout.EXPECTED.stream : layout.EXPECTED.whole;

/** Parsed JSON is easier to read, but it must give the same text when it is printed again. */
function withBody(head: Head, body: string): RequestFile {
  const parsed = tryParseJson(body);
  const isExact = parsed !== undefined && JSON.stringify(parsed) === body;
  return isExact ? { ...head, body: parsed } : { ...head, bodyText: body };
}

export const RECORDING: Form = {
  clientRequest: (head, body) => [layout.CLIENT_REQUEST, indentedJson(withBody(head, body))],
  answer: (answer) => [expectedName(answer), answer.bytes],
  upstreamRequest(head, body) {
    const parsed = tryParseJson(body);
    const request = { ...head, ...(parsed === undefined ? {} : { body: parsed }) };
    return [
      [layout.REQUEST, prettyJson(request)],
      [layout.REQUEST_BODY, body],
    ];
  },
  requestMeta: (meta) => [layout.META, prettyJson(meta)],
  exchangeMeta: (meta) => [layout.META, prettyJson(meta)],
};

/** The longest line of a turn's JSON. */
const WIDTH = 160;

export const TURN: Form = {
  clientRequest: (head, body) => [layout.CLIENT_REQUEST, printJson(withBody(head, body), WIDTH)],
  answer(answer) {
    const lines = eventLines(answer.bytes);
    return lines === undefined ? RECORDING.answer(answer) : [layout.EXPECTED.events, lines];
  },
  upstreamRequest(head, packed, client) {
    const { body, ...rest } = withBody(head, packed);
    const file = body === undefined ? rest : { ...rest, body: withPiecesNamed(body, tryParseJson(client)) };
    return [[layout.REQUEST, printJson(file, WIDTH)]];
  },
  requestMeta({ answer, redactions, ...meta }) {
    const { body, end, ...told } = answer;
    const short = {
      ...meta,
      ...unlessEmpty({ redactions }),
      answer: { ...told, ...(end === 'whole' ? {} : { end }) },
      ...(body && !meta.fails ? { expectedSha256: body.sha256 } : {}),
    };
    return [layout.META, printJson(sorted(short), WIDTH)];
  },
  exchangeMeta({ anomalies, redactions, headSha256: _, body, ...meta }) {
    const { timesSha256: __, ...shortBody } = body;
    const short = { ...meta, body: shortBody, ...unlessEmpty({ anomalies, redactions }) };
    return [layout.META, printJson(sorted(short), WIDTH)];
  },
};

const unlessEmpty = (lists: Record<string, readonly unknown[] | undefined>) =>
  Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined && list.length > 0));

/** The data of the events, one a line; undefined where they are not printed as this proxy prints events. */
function eventLines(bytes: Uint8Array): string | undefined {
  const events = textOf(bytes).split('\n\n').slice(0, -1);
  const lines = events.map((event) => /^data: (.*)$/m.exec(event)?.[1] ?? '');
  const again = lines.map(eventOfLine).join('');
  const isExact = lines.length > 0 && Buffer.compare(Buffer.from(again), bytes) === 0;
  return isExact ? lines.map((line) => `${line}\n`).join('') : undefined;
}

/** An event as this proxy prints it, however somebody has spaced the line; empty for what is no event. */
export function eventOfLine(line: string): string {
  const data = tryParseJson(line);
  return isObject(data) ? encodeSseEvent(String(data['type']), JSON.stringify(data)) : '';
}
