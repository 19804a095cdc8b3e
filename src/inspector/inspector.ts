/**
 * Keeps the requests that ask a model, and lets the oldest go: their texts first, within a bound of bytes, and their
 * figures much later. Nothing is parsed before somebody looks.
 */
import { sessionOf } from '../answer/session.ts';
import type { KeyEvent, StreamsEvent } from '../keys/key-events.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { Redactor } from '../sim/redact.ts';
import type { TraceEvent } from '../trace/events.ts';
import { Ordinary } from '../trace/odd.ts';
import { Arena } from './arena.ts';
import { Bodies } from './bodies.ts';
import type { RowListener, Told } from './elsewhere.ts';
import { type KeptOptions, KeptRequest } from './kept-request.ts';
import { type KeyMoment, KeyMoments } from './key-moments.ts';
import { rowOf, summaryOf } from './rows/row.ts';
import type { Row } from './shapes.ts';
import { type Shown, shownWith } from './shown.ts';
import { Opened } from './texts/opened.ts';

export const MOST_ROWS = 10_000;
/** Threads of which it is remembered which calls have begun subagents. */
const MOST_THREADS = 1_000;
const MOST_PROMPTS = 200;
const MOST_OPENED = 3;
/** Rows that are told to another process at once, and rows that have gone that are remembered for it. */
const MOST_TOLD = 200;
const MOST_GONE = 1_000;

export type InspectorOptions = {
  /** The most bytes that all that is kept may need. */
  memory: number;
  redactor: Redactor;
  clock: Pick<Clock, 'monotonic'>;
  mostRows?: number;
};

type Thread = { prompts: RecentMap<string, string>; branches: RecentMap<string, string> };

const newThread = (): Thread => ({
  prompts: new RecentMap(MOST_PROMPTS),
  branches: new RecentMap(MOST_PROMPTS),
});

type Asked = Extract<TraceEvent, { type: 'asked' }>;

type Shows = { row: Row; told: number };

export class Inspector {
  readonly memory: number;
  /** In the order of arrival. */
  readonly #requests = new Map<string, KeptRequest>();
  /** Those that have ended and have texts, the oldest first. */
  readonly #withTexts = new Set<KeptRequest>();
  readonly #bodies = new Bodies();
  readonly #ordinary = new Ordinary();
  readonly #threads = new RecentMap<string, Thread>(MOST_THREADS);
  readonly #listeners = new Set<RowListener>();
  readonly #shows = new WeakMap<KeptRequest, Shows>();
  readonly #mostRows: number;
  readonly #clock: InspectorOptions['clock'];
  /** The number of the last change of each request, in the order of the changes. */
  readonly #changes = new Map<string, number>();
  readonly #gone: { id: string; sequence: number }[] = [];
  #sequence = 0;
  readonly #awaited = new WeakMap<object, (id: string) => void>();
  readonly #toldTo = new WeakMap<KeptRequest, (id: string) => void>();
  readonly #figures = new Arena();
  readonly #keeping: KeptOptions = {
    bodies: this.#bodies,
    figures: this.#figures,
    isNewThread: ({ headers }, asked) => {
      const session = sessionOf(headers, 'metadata' in asked ? asked.metadata?.['user_id'] : undefined);
      return session === undefined || !this.#threads.get(session);
    },
    onBegin: (kept) => {
      this.#begin(kept);
      this.#toldTo.get(kept)?.(kept.id);
    },
    onAsked: (kept, asked) => {
      kept.branchOf = this.#branchOf(kept, asked);
    },
    onChange: (kept) => this.#tell(kept.id),
    onEnd: (kept) => this.#end(kept),
  };
  readonly #moments = new KeyMoments();
  readonly #opened = new RecentMap<string, Opened>(MOST_OPENED);
  #redactor: Redactor;
  #cost = 0;
  #number = 0;
  #streaming = 0;

  constructor({ memory, redactor, clock, mostRows = MOST_ROWS }: InspectorOptions) {
    this.memory = memory;
    this.#clock = clock;
    this.#redactor = redactor;
    this.#mostRows = mostRows;
  }

  /** The number of requests under way. */
  get streaming(): number {
    return this.#streaming;
  }

  get kept(): number {
    return this.#requests.size;
  }

  /** Bytes. */
  get bytes(): number {
    return this.#cost + this.#bodies.arena.cost + this.#figures.cost;
  }

  /** Also hides these secrets: keys may change while the proxy serves. */
  hide(secrets: readonly string[]): void {
    this.#redactor = this.#redactor.with(secrets);
  }

  /** Resolves with the id that the request gets. To be called before the request is answered. */
  idOf(request: object): Promise<string> {
    return new Promise((resolve) => this.#awaited.set(request, resolve));
  }

  open(request: Pick<Request, 'headers'>, path: string, clock: Clock): KeptRequest {
    const kept = new KeptRequest(request.headers, path, clock, this.#keeping);
    const awaited = this.#awaited.get(request);
    if (awaited) this.#toldTo.set(kept, awaited);
    return kept;
  }

  request(id: string): KeptRequest | undefined {
    return this.#requests.get(id);
  }

  /** The oldest first. */
  requests(): KeptRequest[] {
    return [...this.#requests.values()];
  }

  listen(listener: RowListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  shown({ headers }: KeptRequest): Shown {
    return shownWith(this.#redactor, headers);
  }

  /** The texts of a request. Those of the requests that were looked at last stay parsed. */
  opened(request: KeptRequest): Opened {
    const before = this.#opened.get(request.id);
    if (before && request.isEnded && request.hasTexts) return before;
    const opened = new Opened(request, this.shown(request));
    if (request.isEnded && request.hasTexts) this.#opened.set(request.id, opened);
    return opened;
  }

  row(request: KeptRequest): Row {
    const before = this.#shows.get(request);
    if (before?.told === request.told) return before.row;
    const row = rowOf(request, this.shown(request));
    this.#shows.set(request, { row, told: request.told });
    return row;
  }

  hearKey(event: KeyEvent | StreamsEvent): void {
    this.#moments.hear(event, this.#clock.monotonic());
  }

  /** What happened to the keys and models that a request has asked, while it was under way. */
  keyMoments(request: KeptRequest, asked: readonly { model: string; key: string }[]): KeyMoment[] {
    const { startedAt } = request;
    const end = request.events.findLast((event) => event.type === 'end');
    return this.#moments.between(startedAt, end ? startedAt + end.ms : Infinity, asked);
  }

  /** The milliseconds after which a model usually begins to answer. */
  usualFirstMs(model: string): number | undefined {
    return this.#ordinary.usualFirstMs(model);
  }

  /** What has changed after `since`, oldest first, for the other processes that serve the port. */
  toldSince(since: number): Told {
    const changed = [...this.#changes].reverse();
    const end = changed.findIndex(([, sequence]) => sequence <= since);
    const ids = (end < 0 ? changed : changed.slice(0, end)).reverse().slice(0, MOST_TOLD);
    const last = ids.length === MOST_TOLD ? ids.at(-1)?.[1] : this.#sequence;
    return {
      sequence: last ?? this.#sequence,
      rows: ids.flatMap(([id]) => {
        const request = this.#requests.get(id);
        return request ? [this.row(request)] : [];
      }),
      gone: this.#gone
        .filter(({ sequence }) => sequence > since && sequence <= (last ?? Infinity))
        .map(({ id }) => id),
      streaming: this.streaming,
      kept: this.kept,
      bytes: this.bytes,
    };
  }

  #begin(request: KeptRequest): void {
    request.number = ++this.#number;
    this.#streaming++;
    this.#requests.set(request.id, request);
    if (this.#requests.size > this.#mostRows) this.#dropOldest();
    this.#tell(request.id);
  }

  #end(request: KeptRequest): void {
    this.#streaming--;
    const summary = summaryOf(request.events);
    request.oddness = this.#ordinary.judge(summary);
    const { asked } = summary;
    request.settle();
    if (asked?.session !== undefined) this.#noteThread(request, asked.session);
    this.#cost += request.cost;
    this.#withTexts.add(request);
    this.#makeRoom();
    this.#tell(request.id);
  }

  #noteThread({ id, prompts }: KeptRequest, session: string): void {
    const thread = this.#threads.get(session) ?? newThread();
    this.#threads.set(session, thread);
    for (const prompt of prompts) thread.prompts.set(prompt, id);
  }

  /** The request whose call has begun the subagent that sends this one. */
  #branchOf({ opening }: KeptRequest, { session, agent }: Asked): string | undefined {
    const thread = session && agent ? this.#threads.get(session) : undefined;
    if (!thread || !agent) return undefined;
    const begun = opening && thread.prompts.get(opening.hash);
    if (begun !== undefined) thread.branches.set(agent, begun);
    return begun ?? thread.branches.get(agent);
  }

  #makeRoom(): void {
    while (this.bytes > this.memory) {
      const [oldest] = this.#withTexts;
      if (oldest) this.#letTextsGo(oldest);
      else if (!this.#dropOldest()) return;
    }
  }

  #letTextsGo(request: KeptRequest): void {
    this.#withTexts.delete(request);
    this.#cost -= request.cost;
    request.letTextsGo();
    this.#opened.delete(request.id);
    this.#cost += request.cost;
  }

  /** Drops the oldest request that has ended. Returns false where there is none. */
  #dropOldest(): boolean {
    for (const request of this.#requests.values()) {
      if (!request.isEnded) continue;
      if (this.#withTexts.has(request)) this.#letTextsGo(request);
      this.#cost -= request.cost;
      request.letGo();
      this.#requests.delete(request.id);
      this.#changes.delete(request.id);
      this.#gone.push({ id: request.id, sequence: ++this.#sequence });
      if (this.#gone.length > MOST_GONE) this.#gone.shift();
      for (const { gone } of this.#listeners) gone(request.id);
      return true;
    }
    return false;
  }

  #tell(id: string): void {
    // Last in the order of changes.
    this.#changes.delete(id);
    this.#changes.set(id, ++this.#sequence);
    for (const { changed } of this.#listeners) changed(id);
  }
}
