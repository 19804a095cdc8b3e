/**
 * One client request, as it is kept: its story, and the bytes that came and went. The bytes are
 * copied, and the rest are references; what people see is made of them when somebody looks.
 */
import type { AnswerKeeper } from '../answer/job.ts';
import type { MessagesRequest } from '../anthropic/request.ts';
import type { Clock, KeptResponse } from '../lib/ports.ts';
import type { TraceEvent } from '../trace/events.ts';
import type { Oddness } from '../trace/odd.ts';
import type { Subscriber } from '../trace/trace.ts';
import type { RequestContext } from '../translate/context.ts';
import { agentPrompts } from './agent-prompts.ts';
import type { Arena, Kept } from './arena.ts';
import type { Bodies } from './bodies.ts';
import { ByteLog } from './byte-log.ts';
import { isBeginning, newsIn, type Opening, openingOf, promptHash, type RawNews } from './news.ts';
import type { Resends } from './shapes.ts';
import { Room, type Shelf } from './shelf.ts';
import { Story } from './story.ts';

type Asked = Extract<TraceEvent, { type: 'asked' }>;

const decoder = new TextDecoder();

/** Everything that a translation needs but the stored signatures, which are looked up again. */
export type KeptContext = Omit<RequestContext, 'signatures'>;

/** A translation: for whom, and of what, where that was not the client's request. `before`: the number of the attempt that it was made for. */
export type Translation = { ctx: KeptContext; request: MessagesRequest | undefined; before: number };

/** One upstream request and its answer. `attempt`: the number of the attempt, from 1. */
export type Exchange = {
  attempt: number;
  url: string;
  headers?: readonly [string, string][];
  error?: string;
  sentAt: number;
  headAt?: number;
  status?: number;
  readonly body: Kept;
  readonly answer: ByteLog;
};

/** Bytes that a row costs beside its story and its texts, and an exchange. Measured roughly; only the order of size matters. */
const ROW_COST = 1_500;
const EXCHANGE_COST = 500;
/** What a parsed request needs for each byte of the client's. */
const PARSED_COST = 3;
/** A body could cause a million warnings. The number of all is in the summary. */
const MOST_WARNINGS = 200;

const REFUSED = 400;

/** Events after which nothing more is expected from upstream, until another attempt. */
const SAYS_NO_MORE: ReadonlySet<TraceEvent['type']> = new Set(['failure', 'wait', 'stopped', 'error', 'end']);

/** By what bodies of one conversation are known before they are read. */
const conversationOf = (headers: Headers): string =>
  [
    headers.get('x-claude-code-session-id') ?? headers.get('user-agent'),
    headers.get('x-claude-code-agent-id'),
  ].join(' ');

const lengthOf = (value: object): number =>
  Object.values(value).reduce((sum, part) => {
    if (typeof part === 'string') return sum + part.length;
    return Array.isArray(part) ? sum + lengthOf(part) : sum;
  }, 0);

/** Characters of the media that were read for a translation. */
function mediaCost({ media: { fetched, files, converted, pages } }: KeptContext): number {
  let cost = 0;
  for (const map of [fetched, files, converted, pages]) for (const one of map.values()) cost += lengthOf(one);
  return cost;
}

/** Who keeps the requests. */
export type Keeper = {
  readonly shelf: Shelf;
  readonly bodies: Bodies;
  /** For what stays when the texts have gone. */
  readonly figures: Arena;
  /** True where no request of the same conversation was seen before, or none is known to belong to it. */
  isNewThread(session: string | undefined): boolean;
  begun(request: KeptRequest): void;
  /** Hears each change that a row shows. */
  changed(request: KeptRequest): void;
  ended(request: KeptRequest): void;
};

export type KeptOptions = {
  headers: Headers;
  path: string;
  clock: Clock;
  keeper: Keeper;
  /** Hears the id that the request gets. */
  onId: ((id: string) => void) | undefined;
  /** The request that this one repeats. */
  resends: Resends | undefined;
};

export class KeptRequest implements AnswerKeeper {
  id = '';
  /** In the order of arrival. */
  number = 0;
  /** In the order of changes. */
  sequence = 0;
  readonly path: string;
  readonly resends: Resends | undefined;
  readonly #story: Story;
  readonly exchanges: Exchange[] = [];
  readonly translations: Translation[] = [];
  readonly #room: Room;
  readonly #conversation: string;
  readonly answer: ByteLog;
  /** The client's body. */
  #body: Kept | undefined;
  news: RawNews | undefined;
  /** How the conversation began; only of the request that begins it, and of the first that was seen of it. */
  opening: Opening | undefined;
  /** The request whose call has begun the subagent that sends this one. */
  branchOf: string | undefined;
  /** What the client asks for, once that is known. */
  asking: Asked | undefined;
  /** Known once somebody looks at the request after its end. */
  oddness: Oddness = { sign: 'ordinary' };
  /** Milliseconds since the epoch. */
  at = 0;
  session: string | undefined;
  client: string | undefined;
  /** The key that was asked last. */
  key: string | undefined;
  /** The model that should have answered, and the one that was asked in its place last. */
  replacement: { from: string; to: string } | undefined;
  /** When upstream was heard last, while it is to say more; by the milliseconds of the story. */
  heardAt: number | undefined;
  /** True once it was told that upstream is silent. */
  isSilent = false;
  isEnded = false;
  /** True once it is known what was odd in the request. */
  isRead = false;
  /** True once the request is not kept any more. */
  isDropped = false;
  /** The bytes of memory that were counted for the request. */
  counted = 0;
  /** How many warnings were not kept. */
  furtherWarnings = 0;
  readonly #clock: Clock;
  readonly #keeper: Keeper;
  readonly #onId: KeptOptions['onId'];
  #startedAt = 0;
  #texts: 'on the shelf' | 'moved' | 'gone' = 'on the shelf';
  /** The client's request, until nothing is translated any more that the proxy does not ask for by itself. */
  #request: Parameters<AnswerKeeper['asked']>[0] | undefined;
  #attempts = 0;
  #warnings = 0;

  constructor(options: KeptOptions) {
    this.#story = new Story(options.headers);
    this.#conversation = conversationOf(options.headers);
    this.path = options.path;
    this.resends = options.resends;
    this.#clock = options.clock;
    this.#keeper = options.keeper;
    this.#onId = options.onId;
    this.#room = new Room(this.#keeper.shelf);
    this.answer = new ByteLog(this.#room);
  }

  get hasTexts(): boolean {
    return this.#texts === 'moved' || (this.#texts === 'on the shelf' && !this.#room.isGone);
  }

  get headers(): Headers {
    return this.#story.headers;
  }

  /** The story so far. */
  get events(): readonly TraceEvent[] {
    return this.#story.events;
  }

  /** How many events have been told. */
  get told(): number {
    return this.#story.length;
  }

  /** When the request was received, by the monotonic clock. */
  get startedAt(): number {
    return this.#startedAt;
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** Begins to hear the story of the request with this id. */
  readonly subscriber: Subscriber = (id) => {
    this.id = id;
    return this.#hear;
  };

  readonly #hear = (event: TraceEvent): void => {
    if (event.type === 'received') {
      this.#startedAt = this.#clock.monotonic() - event.ms;
      this.#keeper.begun(this);
      this.#onId?.(this.id);
    }
    if (event.type === 'note') return;
    if (event.type === 'warning' && ++this.#warnings > MOST_WARNINGS) {
      this.furtherWarnings++;
      return;
    }
    this.#note(event);
    this.#story.push(event);
    if (event.type === 'asked') this.#hearAsked(event);
    if (event.type === 'first-content') this.#request = undefined;
    if (event.type === 'end') this.#end();
    else this.#keeper.changed(this);
  };

  /** Keeps what is asked of all requests together. */
  #note(event: TraceEvent): void {
    if (event.type === 'received') this.at = event.at.getTime();
    else if (event.type === 'asked') {
      this.session = event.session;
      this.client = event.client;
    } else if (event.type === 'attempt') {
      this.#attempts++;
      this.key = event.key;
    } else if (SAYS_NO_MORE.has(event.type)) this.heardAt = undefined;
    else if (event.type === 'model-replaced')
      this.replacement = { from: this.replacement?.from ?? event.from, to: event.to };
  }

  asked(request: Parameters<AnswerKeeper['asked']>[0]): void {
    this.#request = request;
    this.news = newsIn(request.messages);
  }

  translated(request: MessagesRequest, { signatures: _stored, ...ctx }: RequestContext): void {
    const isOwn = this.#request !== request;
    this.translations.push({ ctx, request: isOwn ? request : undefined, before: this.#attempts + 1 });
  }

  keepBody(bytes: Uint8Array): void {
    this.#body = this.#keeper.bodies.keep(this.#conversation, 'came', bytes);
  }

  keepAnswer(bytes: Uint8Array): void {
    this.answer.add(this.#now(), bytes);
  }

  sent(url: string, body: string): KeptResponse {
    const sentAt = this.#now();
    this.heardAt = sentAt;
    const exchange: Exchange = {
      attempt: this.#attempts,
      url,
      sentAt,
      body: this.#keeper.bodies.keep(this.#conversation, 'sent', body),
      answer: new ByteLog(this.#room),
    };
    this.exchanges.push(exchange);
    return {
      head: (status, headers) => {
        exchange.headAt = this.#heard();
        exchange.status = status;
        // Only a refusal says more in its headers than what its body is.
        exchange.headers =
          status < REFUSED ? [['content-type', headers.get('content-type') ?? '']] : [...headers];
      },
      failed: (error) => {
        exchange.error = error instanceof Error ? error.message : String(error);
      },
      read: (bytes) => exchange.answer.add(this.#heard(), bytes),
    };
  }

  /** The bytes of the client's body; undefined where there was none, or it was let go. */
  clientBytes(): Uint8Array | undefined {
    return this.#body && this.#keeper.bodies.arena.bytes(this.#body);
  }

  sentText({ body }: Exchange): string | undefined {
    const bytes = this.#keeper.bodies.arena.bytes(body);
    return bytes && decoder.decode(bytes);
  }

  /** Bytes of all answers. */
  get answerBytes(): number {
    return this.exchanges.reduce((sum, { answer }) => sum + answer.length, this.answer.length);
  }

  /** Bytes of memory beside what lies on the shelf and in the arenas. */
  get cost(): number {
    let cost = ROW_COST + this.#story.cost + this.answer.cost;
    if (this.news?.kind === 'words') cost += this.news.text.length;
    cost += this.opening?.text.length ?? 0;
    for (const { answer } of this.exchanges) cost += EXCHANGE_COST + answer.cost;
    for (const { ctx, request } of this.translations)
      cost += mediaCost(ctx) + (request ? PARSED_COST * (this.#body?.length ?? 0) : 0);
    return cost;
  }

  /** The prompts of the subagents that the answer has begun, as hashes. */
  prompts(): string[] {
    return agentPrompts(this.answer.bytes).map(promptHash);
  }

  /** Moves the answers from the shelf to the arena, and the story too. */
  settle(): void {
    const { bodies, figures } = this.#keeper;
    this.#story.close(figures);
    this.answer.move(bodies.arena);
    for (const { answer } of this.exchanges) answer.move(bodies.arena);
    this.#texts = 'moved';
    this.#room.close();
  }

  letTextsGo(): void {
    const { bodies, figures } = this.#keeper;
    this.#texts = 'gone';
    this.#story.close(figures);
    if (this.#body) bodies.arena.letGo(this.#body);
    this.translations.length = 0;
    for (const { body, answer } of this.exchanges) {
      bodies.arena.letGo(body);
      answer.letGo();
    }
    this.answer.letGo();
    this.#room.close();
  }

  /** To be called before `letTextsGo`, when nothing of the request is to stay. */
  letGo(): void {
    this.#story.letGo();
  }

  #hearAsked(asked: Asked): void {
    this.asking = asked;
    const isNew = this.#keeper.isNewThread(asked.session);
    const messages = this.#request?.messages;
    if (messages && (isNew || isBeginning(messages)))
      this.opening = openingOf(messages, asked.agent !== undefined);
  }

  #heard(): number {
    const now = this.#now();
    this.heardAt = now;
    return now;
  }

  #now(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  #end(): void {
    this.isEnded = true;
    this.#request = undefined;
    this.#keeper.ended(this);
  }
}
