/** A kept request in the form in which a recorder has seen one, so that it can be kept as a recording. */
import { findSignatures } from '../../answer/prepare.ts';
import { parseMessagesRequest } from '../../anthropic/validate.ts';
import type { SignatureStore } from '../../signatures/store.ts';
import type { FetchedFile, Read, StreamEnd } from '../../sim/cassette/types.ts';
import type { RawExchange, RawRequest, RequestFacts } from '../../sim/record/raw.ts';
import type { Summary } from '../../trace/summary.ts';
import type { Piece } from '../byte-log.ts';
import type { KeptContext } from '../contexts.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { Exchange } from '../parts.ts';
import { summaryOf } from '../rows/row.ts';

/** Reads with the times between them, as a recording has them. */
function readsOf(pieces: readonly Piece[], from: number): Read[] {
  let last = from;
  return pieces.map(({ ms, bytes }) => {
    const read = { ms: Math.max(0, ms - last), bytes };
    last = ms;
    return read;
  });
}

function endOf({ error }: Exchange, isLast: boolean, clientLeft: boolean): StreamEnd {
  if (error !== undefined) return { ms: 0, kind: 'reset', side: 'upstream' };
  if (isLast && clientLeft) return { ms: 0, kind: 'abort', side: 'client' };
  return { ms: 0, kind: 'eof', side: 'upstream' };
}

function exchangeOf(
  kept: KeptRequest,
  exchange: Exchange,
  isLast: boolean,
  clientLeft: boolean,
): RawExchange {
  const { url, sentAt, headAt, status, headers, answer, error } = exchange;
  return {
    request: {
      url,
      method: 'POST',
      headers: [['content-type', 'application/json']],
      body: kept.sentText(exchange) ?? '',
    },
    head:
      headAt === undefined || status === undefined
        ? undefined
        : { status, statusText: '', headers: [...(headers ?? [])], ms: headAt - sentAt },
    reads: readsOf(answer.pieces(), headAt ?? sentAt),
    isTruncated: false,
    end: endOf(exchange, isLast, clientLeft),
    error: error === undefined ? undefined : { message: error },
  };
}

/** The attempts from the first one with the model and the key that answered: a replay has one model and one key. */
export function replayedAttempts({ events }: KeptRequest): { from: number; model: string | undefined } {
  const attempts = events.filter((event) => event.type === 'attempt');
  const last = attempts.at(-1);
  const from = attempts.findIndex(({ model, key }) => model === last?.model && key === last.key);
  return { from: from + 1, model: last?.model };
}

const fetchedIn = ({ media }: KeptContext): FetchedFile[][] =>
  [[...media.files.values()], [...media.fetched.values()]].filter(
    (files) => files.length > 0,
  ) as FetchedFile[][];

/** What the store of signatures would answer a replay, look-up by look-up. */
async function lookUpsOf(body: Uint8Array, store: Pick<SignatureStore, 'get'>): Promise<(string | null)[][]> {
  const lookUps: (string | null)[][] = [];
  const { messages } = parseMessagesRequest(JSON.parse(new TextDecoder().decode(body)));
  await findSignatures(messages, {
    async get(keys) {
      const found = await store.get(keys);
      lookUps.push(keys.map((key) => found.get(key) ?? null));
      return found;
    },
  });
  return lookUps;
}

const contentType = (answer: Uint8Array): string =>
  new TextDecoder().decode(answer.subarray(0, 6)) === 'event:'
    ? 'text/event-stream; charset=utf-8'
    : 'application/json';

/** Undefined where the texts were let go, or the request could not be understood. */
export async function rawRequestOf(
  kept: KeptRequest,
  facts: RequestFacts,
  store: Pick<SignatureStore, 'get'>,
): Promise<RawRequest | undefined> {
  const body = kept.clientBytes();
  const summary: Summary = summaryOf(kept.events);
  const { asked, end, key } = summary;
  if (!body || !asked || !end) return undefined;
  const { from } = replayedAttempts(kept);
  const exchanges = kept.exchanges.filter(({ attempt }) => attempt >= from);
  const translation = kept.translations.at(-1);
  const takesSignatures = translation !== undefined && translation.ctx.model.signatures !== 'none';
  return {
    facts,
    caller: asked.caller,
    keyFingerprint: key ?? 'none',
    request: {
      method: 'POST',
      url: `http://localhost${kept.path}`,
      path: kept.path,
      headers: [...kept.headers],
      body,
    },
    answer: {
      status: end.status,
      headers: [
        ['content-type', contentType(kept.answer.bytes)],
        ['request-id', kept.id],
      ],
      reads: readsOf(kept.answer.pieces(), 0),
      isTruncated: false,
      end: end.clientLeft ? 'client-gone' : 'whole',
    },
    exchanges: exchanges.map((one, index) =>
      exchangeOf(kept, one, index === exchanges.length - 1, end.clientLeft),
    ),
    signatures: takesSignatures ? await lookUpsOf(body, store) : [],
    fetched: translation ? fetchedIn(translation.ctx) : [],
    uploads: [],
    promptTold: undefined,
  };
}
