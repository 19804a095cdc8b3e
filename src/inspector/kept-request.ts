/**
 * One client request, as it is kept: its story, and the bytes that came and went. While the request is under way only
 * references are kept; what people see is made of them when somebody looks.
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
import { Story } from './story.ts';

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

/** Bytes that a row costs beside its story. Measured roughly; only its order of size matters. */
const ROW_COST = 1_500;
/** A body could cause a million warnings. The number of all is in the summary. */
const MOST_WARNINGS = 200;

const REFUSED = 400;

/** By what bodies of one conversation are known before they are read. */
const conversationOf = (headers: Headers): string =>
  [
    headers.get('x-claude-code-session-id') ?? headers.get('user-agent'),
    headers.get('x-claude-code-agent-id'),
  ].join(' ');

const lengthOf = (value: object): number =>
  Object.values(value).reduce((sum, part) => sum + (typeof part === 'string' ? part.length : 0), 0);

/** Characters of the media that were read for a translation. */
function mediaCost({ media: { fetched, files, converted } }: KeptContext): number {
  const all = [...fetched.values(), ...files.values(), ...converted.values()];
  return all.reduce((sum, one) => sum + lengthOf(one), 0);
}

/** What a request is kept with, and who hears of it. It is the same for all requests. */
export type KeptOptions = {
  bodies: Bodies;
  /** For what stays when the texts have gone. */
  figures: Arena;
  /** True where no request of the same thread was seen before. */
  isNewThread(request: KeptRequest, asked: Parameters<AnswerKeeper['asked']>[0]): boolean;
  onBegin(request: KeptRequest): void;
  /** Runs when it is known what is asked for. */
  onAsked(request: KeptRequest, asked: Extract<TraceEvent, { type: 'asked' }>): void;
  /** Runs after each change that a row shows. */
  onChange(request: KeptRequest): void;
  onEnd(request: KeptRequest): void;
};

export class KeptRequest implements AnswerKeeper {
  id = '';
  /** In the order of arrival. */
  number = 0;
  readonly path: string;
  readonly #story: Story;
  readonly exchanges: Exchange[] = [];
  readonly translations: Translation[] = [];
  readonly answer = new ByteLog();
  /** The client's body. */
  #body: Kept | undefined;
  news: RawNews | undefined;
  /** How the conversation began; only of the request that begins it, and of the first that was seen of it. */
  opening: Opening | undefined;
  /** The request whose call has begun the subagent that sends this one. */
  branchOf: string | undefined;
  /** The prompts of the subagents that the answer has begun, as hashes. */
  prompts: readonly string[] = [];
  /** Known once the request has ended. */
  oddness: Oddness = { sign: 'ordinary' };
  /** Milliseconds since the epoch. */
  at = 0;
  session: string | undefined;
  client: string | undefined;
  /** The key that was asked last. */
  key: string | undefined;
  /** The model that should have answered, and the one that was asked in its place last. */
  replacement: { from: string; to: string } | undefined;
  hasTexts = true;
  isEnded = false;
  /** How many warnings were not kept. */
  furtherWarnings = 0;
  readonly #clock: Clock;
  readonly #options: KeptOptions;
  #startedAt = 0;
  readonly #conversation: string;
  /** The client's request, until content has come. */
  #asked: object | undefined;
  #attempts = 0;
  #warnings = 0;

  constructor(headers: Headers, path: string, clock: Clock, options: KeptOptions) {
    this.path = path;
    this.#clock = clock;
    this.#options = options;
    this.#story = new Story(headers);
    this.#conversation = conversationOf(headers);
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
      this.#options.onBegin(this);
    }
    if (event.type === 'note') return;
    if (event.type === 'warning' && ++this.#warnings > MOST_WARNINGS) {
      this.furtherWarnings++;
      return;
    }
    this.#note(event);
    this.#story.push(event);
    if (event.type === 'asked') this.#options.onAsked(this, event);
    if (event.type === 'end') this.#end();
    else this.#options.onChange(this);
  };

  /** Keeps what is asked of all requests together. */
  #note(event: TraceEvent): void {
    if (event.type === 'received') this.at = event.at.getTime();
    else if (event.type === 'first-content') this.#asked = undefined;
    else if (event.type === 'asked') {
      this.session = event.session;
      this.client = event.client;
    } else if (event.type === 'attempt') {
      this.#attempts++;
      this.key = event.key;
    } else if (event.type === 'model-replaced')
      this.replacement = { from: this.replacement?.from ?? event.from, to: event.to };
  }

  asked(request: Parameters<AnswerKeeper['asked']>[0]): void {
    this.#asked = request;
    this.news = newsIn(request.messages);
    if (isBeginning(request.messages) || this.#options.isNewThread(this, request))
      this.opening = openingOf(request.messages);
  }

  translated(request: MessagesRequest, { signatures: _stored, ...ctx }: RequestContext): void {
    const isOwn = this.#asked !== request;
    this.translations.push({ ctx, request: isOwn ? request : undefined, before: this.#attempts + 1 });
  }

  keepBody(bytes: Uint8Array): void {
    this.#body = this.#options.bodies.keep(this.#conversation, 'came', bytes);
  }

  keepAnswer(bytes: Uint8Array): void {
    this.answer.add(this.#now(), bytes);
  }

  sent(url: string, body: string): KeptResponse {
    const exchange: Exchange = {
      attempt: this.#attempts,
      url,
      sentAt: this.#now(),
      body: this.#options.bodies.keep(this.#conversation, 'sent', body),
      answer: new ByteLog(),
    };
    this.exchanges.push(exchange);
    return {
      head: (status, headers) => {
        exchange.headAt = this.#now();
        exchange.status = status;
        // Only a refusal says more in its headers than what its body is.
        exchange.headers =
          status < REFUSED ? [['content-type', headers.get('content-type') ?? '']] : [...headers];
      },
      failed: (error) => {
        exchange.error = error instanceof Error ? error.message : String(error);
      },
      read: (bytes) => exchange.answer.add(this.#now(), bytes),
    };
  }

  /** The bytes of the client's body; undefined where there was none, or it was let go. */
  clientBytes(): Uint8Array | undefined {
    return this.#body && this.#options.bodies.arena.bytes(this.#body);
  }

  sentText({ body }: Exchange): string | undefined {
    const bytes = this.#options.bodies.arena.bytes(body);
    return bytes && new TextDecoder().decode(bytes);
  }

  /** Bytes of memory beside what lies in the arenas. */
  get cost(): number {
    return ROW_COST + this.translations.reduce((sum, { ctx }) => sum + mediaCost(ctx), 0);
  }

  /** To be called when the request has ended: what was kept as objects becomes bytes. */
  settle(): void {
    const { arena } = this.#options.bodies;
    this.#asked = undefined;
    this.prompts = agentPrompts(this.answer.bytes).map(promptHash);
    this.#story.close(this.#options.figures);
    this.answer.close(arena);
    for (const { answer } of this.exchanges) answer.close(arena);
  }

  letTextsGo(): void {
    const { arena } = this.#options.bodies;
    this.hasTexts = false;
    if (this.#body) arena.letGo(this.#body);
    this.translations.length = 0;
    for (const { body, answer } of this.exchanges) {
      arena.letGo(body);
      answer.letGo();
    }
    this.answer.letGo();
  }

  /** To be called after `letTextsGo`, when nothing of the request is to stay. */
  letGo(): void {
    this.#story.letGo();
  }

  #now(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  #end(): void {
    this.isEnded = true;
    this.#options.onEnd(this);
  }
}
