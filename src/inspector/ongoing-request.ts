/**
 * Hears the story of a request, and keeps the bytes that come and go. The bytes are copied, and the rest are references;
 * what people see is made of them when somebody looks.
 */
import type { AnswerKeeper } from '../answer/job.ts';
import type { MessagesRequest } from '../anthropic/request.ts';
import type { Clock, KeptResponse } from '../lib/ports.ts';
import type { TraceEvent } from '../trace/events.ts';
import type { Listener, Subscriber } from '../trace/trace.ts';
import type { RequestContext } from '../translate/context.ts';
import { GONE } from './arena.ts';
import { ByteLog } from './byte-log.ts';
import { type Keeper, KeptRequest, MOST_WARNINGS } from './kept-request.ts';
import { isBeginning, newsIn, newsInRefused, openingOf, type RawNews } from './news.ts';
import { type Exchange, newExchange, newParts, type Parts } from './parts.ts';
import type { Resends } from './shapes.ts';

const REFUSED = 400;

/** Events after which nothing more is expected from upstream, until another attempt. */
const SAYS_NO_MORE: ReadonlySet<TraceEvent['type']> = new Set(['failure', 'wait', 'stopped', 'error', 'end']);

const STREAMED: NonNullable<Exchange['headers']> = [['content-type', 'text/event-stream']];

/** Only a refusal says more in its headers than what its body is. */
const keptHeaders = (status: number, headers: Headers): Exchange['headers'] => {
  if (status >= REFUSED) return [...headers];
  const type = headers.get('content-type') ?? '';
  return type === 'text/event-stream' ? STREAMED : [['content-type', type]];
};

/** By what bodies of one conversation are known before they are read. */
const conversationOf = (headers: Headers): string =>
  `${headers.get('x-claude-code-session-id') ?? headers.get('user-agent')} ${headers.get('x-claude-code-agent-id')}`;

export type OngoingOptions = {
  headers: Headers;
  path: string;
  clock: Clock;
  keeper: Keeper;
  /** Hears the id that the request gets. */
  onId: ((id: string) => void) | undefined;
  /** The request that this one repeats. */
  resends: Resends | undefined;
};

export class OngoingRequest implements AnswerKeeper {
  readonly kept: KeptRequest;
  readonly #conversation: string;
  readonly #clock: Clock;
  readonly #keeper: Keeper;
  readonly #onId: OngoingOptions['onId'];
  /** The client's request, until nothing is translated any more that the proxy does not ask for by itself. */
  #request: Parameters<AnswerKeeper['asked']>[0] | undefined;

  constructor({ headers, path, clock, keeper, onId, resends }: OngoingOptions) {
    this.kept = new KeptRequest(newParts(path, headers, keeper.shelf), keeper, resends);
    this.#conversation = conversationOf(headers);
    this.#clock = clock;
    this.#keeper = keeper;
    this.#onId = onId;
  }

  /** Begins to hear the story of the request with this id. */
  get subscriber(): Subscriber {
    return (id): Listener => {
      this.kept.id = id;
      return (event) => this.#hear(event);
    };
  }

  get resends(): Resends | undefined {
    return this.kept.resends;
  }

  asked(request: Parameters<AnswerKeeper['asked']>[0]): void {
    const { parts } = this.kept;
    this.#request = request;
    parts.news = newsIn(request.messages);
    this.#settle(parts);
  }

  translated(request: MessagesRequest, given: RequestContext): void {
    const { parts } = this.kept;
    if (parts.areTextsGone) return;
    parts.translations.push({
      ctx: this.#keeper.contexts.keep(given),
      date: given.date,
      request: this.#request === request ? undefined : request,
      before: this.kept.attempts + 1,
    });
    this.#settle(parts);
  }

  keepBody(bytes: Uint8Array): void {
    const { parts } = this.kept;
    if (!parts.areTextsGone) parts.body = this.#keeper.bodies.keep(this.#conversation, 'came', bytes);
    this.#settle(parts);
  }

  keepAnswer(bytes: Uint8Array): void {
    const { parts } = this.kept;
    parts.answer.add(this.#now(), bytes);
    this.#settle(parts);
  }

  sent(url: string, body: string): KeptResponse {
    const { parts } = this.kept;
    const sentAt = this.#heard();
    const kept = parts.areTextsGone ? GONE : this.#keeper.bodies.keep(this.#conversation, 'sent', body);
    const answer = new ByteLog(parts.room);
    const at = parts.exchanges.push(newExchange(this.kept.attempts, url, sentAt, kept, answer)) - 1;
    this.#settle(parts);
    return {
      head: (status, headers) => {
        const headAt = this.#heard();
        this.#answered(at, { headAt, status, headers: keptHeaders(status, headers) });
      },
      failed: (error) => {
        this.#answered(at, { error: error instanceof Error ? error.message : String(error) });
      },
      read: (bytes) => this.#read(at, bytes),
    };
  }

  #answered(at: number, facts: Partial<Exchange>): void {
    const { parts } = this.kept;
    const exchange = parts.exchanges[at];
    if (exchange) Object.assign(exchange, facts);
    this.#settle(parts);
  }

  #read(at: number, bytes: Uint8Array): void {
    const { parts } = this.kept;
    parts.exchanges[at]?.answer.add(this.#heard(), bytes);
    this.#settle(parts);
  }

  #hear(event: TraceEvent): void {
    const { kept } = this;
    const { parts } = kept;
    if (event.type === 'received') {
      kept.startedAt = this.#clock.monotonic() - event.ms;
      kept.at = event.at.getTime();
      this.#keeper.begun(kept);
      this.#onId?.(kept.id);
    }
    if (event.type === 'note') return;
    if (event.type === 'warning' && ++kept.warnings > MOST_WARNINGS) return;
    this.#note(event, parts);
    parts.story.push(event);
    kept.told++;
    if (event.type === 'end') {
      this.#request = undefined;
      parts.news ??= this.#newsOfRefused();
      kept.isEnded = true;
    }
    this.#settle(parts);
    if (event.type === 'end') this.#keeper.ended(kept);
    else this.#keeper.changed(kept);
  }

  /** A request that was never asked was refused; its row is found by what stands in its body. */
  #newsOfRefused(): RawNews | undefined {
    const bytes = this.kept.clientBytes();
    return bytes && newsInRefused(bytes);
  }

  /** Keeps what is asked of all requests together. */
  #note(event: TraceEvent, parts: Parts): void {
    if (event.type === 'asked') this.#noteAsked(event, parts);
    else if (event.type === 'attempt') {
      this.kept.attempts++;
      this.kept.key = event.key;
    } else if (event.type === 'first-content') this.#request = undefined;
    else if (event.type === 'model-replaced')
      this.kept.replacement = { from: this.kept.replacement?.from ?? event.from, to: event.to };
    if (SAYS_NO_MORE.has(event.type)) this.kept.heardAt = undefined;
  }

  #noteAsked({ session, agent, client }: Extract<TraceEvent, { type: 'asked' }>, parts: Parts): void {
    this.kept.session = session;
    this.kept.agent = agent;
    this.kept.client = client;
    const isNew = this.#keeper.isNewThread(session);
    const messages = this.#request?.messages;
    if (messages && (isNew || isBeginning(messages)))
      parts.opening = openingOf(messages, agent !== undefined);
  }

  /** Some changes come after the end: what upstream has still counted, or the last bytes for a client that has left. */
  #settle(parts: Parts): void {
    if (this.kept.isEnded) this.kept.pack(parts);
  }

  #heard(): number {
    const now = this.#now();
    this.kept.heardAt = now;
    return now;
  }

  #now(): number {
    return this.#clock.monotonic() - this.kept.startedAt;
  }
}
