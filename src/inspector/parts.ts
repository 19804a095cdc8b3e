/** What is looked at of one request at a time: its story, and where the bytes are that came and went. */
import type { MessagesRequest } from '../anthropic/request.ts';
import type { Kept } from './arena.ts';
import { ByteLog } from './byte-log.ts';
import type { KeptContext } from './contexts.ts';
import type { Opening, RawNews } from './news.ts';
import { Room, type Shelf } from './shelf.ts';
import { Story } from './story.ts';

/** A translation: for whom, and of what, where that was not the client's request. `before`: the number of the attempt that it was made for. */
export type Translation = {
  ctx: KeptContext;
  date: string;
  request: MessagesRequest | undefined;
  before: number;
};

/** One upstream request and its answer. `attempt`: the number of the attempt, from 1. */
export type Exchange = {
  readonly attempt: number;
  readonly url: string;
  readonly sentAt: number;
  readonly body: Kept;
  readonly answer: ByteLog;
  headAt: number | undefined;
  status: number | undefined;
  headers: readonly [string, string][] | undefined;
  error: string | undefined;
};

export type Parts = {
  readonly path: string;
  /** Those of the client's request. */
  readonly headers: Headers;
  readonly story: Story;
  readonly room: Room;
  /** What the client got. */
  readonly answer: ByteLog;
  readonly exchanges: Exchange[];
  readonly translations: Translation[];
  /** The client's body. */
  body: Kept | undefined;
  news: RawNews | undefined;
  /** How the conversation began; only of the request that begins it, and of the first that was seen of it. */
  opening: Opening | undefined;
  areTextsGone: boolean;
};

export function newParts(path: string, headers: Headers, shelf: Shelf): Parts {
  const room = new Room(shelf);
  return {
    path,
    headers,
    story: new Story(),
    room,
    answer: new ByteLog(room),
    exchanges: [],
    translations: [],
    body: undefined,
    news: undefined,
    opening: undefined,
    areTextsGone: false,
  };
}

export const newExchange = (
  attempt: number,
  url: string,
  sentAt: number,
  body: Kept,
  answer: ByteLog,
): Exchange => ({
  attempt,
  url,
  sentAt,
  body,
  answer,
  headAt: undefined,
  status: undefined,
  headers: undefined,
  error: undefined,
});

/** Characters of all texts in a value. */
const charactersOf = (value: object): number =>
  Object.values(value).reduce((sum, part) => {
    if (typeof part === 'string') return sum + part.length;
    return Array.isArray(part) ? sum + charactersOf(part) : sum;
  }, 0);

/** Characters of the media that were read for a translation. */
function mediaCost({ media: { fetched, files, converted, pages } }: KeptContext): number {
  let cost = 0;
  for (const map of [fetched, files, converted, pages])
    for (const one of map.values()) cost += charactersOf(one);
  return cost;
}

/** Bytes that a request costs beside its story and its texts, and an exchange. Measured roughly; only the order of size matters. */
const REQUEST_COST = 1_000;
const EXCHANGE_COST = 300;
const EVENT_COST = 120;
/** What a parsed request needs for each byte of the client's. */
const PARSED_COST = 3;

/** Bytes of memory beside what lies on the shelf and in the arena. `events`: how many the story has. */
export function costOf(parts: Parts, events: number): number {
  const { answer, news, opening, exchanges, translations, body } = parts;
  let cost = REQUEST_COST + events * EVENT_COST + answer.cost;
  if (news && 'text' in news) cost += news.text.length;
  if (news?.kind === 'refused') cost += news.model.length;
  cost += opening?.text.length ?? 0;
  for (const exchange of exchanges) cost += EXCHANGE_COST + exchange.answer.cost;
  for (const { ctx, request } of translations)
    cost += mediaCost(ctx) + (request ? PARSED_COST * (body?.length ?? 0) : 0);
  return cost;
}
