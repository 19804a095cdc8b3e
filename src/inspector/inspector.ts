/**
 * Keeps the requests that ask a model, and lets the oldest go: their texts first, within a bound of bytes, and their
 * figures much later. Nothing is parsed before somebody looks.
 */
import type { KeyEvent, StreamsEvent } from '../keys/key-events.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { Redactor } from '../sim/redact.ts';
import type { ThreadedRedactor } from '../sim/threaded-redactor.ts';
import { LONG_SILENCE_MS, Ordinary } from '../trace/odd.ts';
import { Bodies } from './bodies.ts';
import { Contexts } from './contexts.ts';
import { Crowd } from './crowd.ts';
import type { RowListener, Told } from './elsewhere.ts';
import { Fifo } from './fifo.ts';
import type { Keeper, KeptRequest } from './kept-request.ts';
import { type KeyMoment, KeyMoments } from './key-moments.ts';
import { OngoingRequest } from './ongoing-request.ts';
import { rowOf, summaryOf } from './rows/row.ts';
import type { Resends, Row } from './shapes.ts';
import { Shelf } from './shelf.ts';
import { type Shown, shownWith } from './shown.ts';
import { type Origin, Subagents } from './subagents.ts';
import { Opened } from './texts/opened.ts';

export const MOST_ROWS = 10_000;
/** Threads of which it is remembered which calls have begun subagents. */
const MOST_THREADS = 1_000;
const MOST_OPENED = 3;
/** Rows that are told to another process at once, and rows that have gone that are remembered for it. */
const MOST_TOLD = 200;
const MOST_GONE = 1_000;
/** The garbage collector lets memory grow to about as many times what lives. */
const GROWTH = 1.75;

export type InspectorOptions = {
  /** The most bytes that all that is kept may need. */
  memory: number;
  redactor: Redactor;
  /** Searches large texts for secrets. */
  thread: ThreadedRedactor;
  clock: Pick<Clock, 'monotonic'>;
  mostRows?: number;
};

type Shows = { row: Row; told: number; isSilent: boolean };

export class Inspector {
  readonly memory: number;
  readonly #requests = new Map<string, KeptRequest>();
  /** All of them, in the order of arrival. */
  readonly #all = new Fifo<KeptRequest>();
  readonly #ongoing = new Set<KeptRequest>();
  /** Those that have ended, and of which it is not known yet what was odd in them. */
  readonly #unread = new Fifo<KeptRequest>();
  /** Those that have ended, and whose texts are kept. */
  readonly #readable = new Fifo<KeptRequest>();
  readonly #ordinary = new Ordinary();
  readonly #threads = new RecentMap<string, Subagents>(MOST_THREADS);
  readonly #listeners = new Set<RowListener>();
  readonly #shows = new WeakMap<KeptRequest, Shows>();
  readonly #mostRows: number;
  readonly #clock: InspectorOptions['clock'];
  readonly #crowd: Crowd;
  readonly #gone: { id: string; sequence: number }[] = [];
  #sequence = 0;
  readonly #keeper: Keeper;
  readonly #awaited = new WeakMap<object, (id: string) => void>();
  readonly #resends = new WeakMap<object, Resends>();
  readonly #moments = new KeyMoments();
  readonly #opened = new RecentMap<string, Opened>(MOST_OPENED);
  #redactor: Redactor;
  readonly #thread: ThreadedRedactor;
  #cost = 0;
  #number = 0;

  constructor({ memory, redactor, thread, clock, mostRows = MOST_ROWS }: InspectorOptions) {
    this.memory = memory;
    this.#thread = thread;
    this.#clock = clock;
    this.#crowd = new Crowd(clock);
    this.#keeper = {
      shelf: new Shelf(memory, (bytes) => this.#makeRoom(bytes)),
      bodies: new Bodies(),
      contexts: new Contexts(),
      unpacked: undefined,
      isNewThread: (session) => this.#isNewThread(session),
      begun: (request) => this.#begin(request),
      changed: (request) => this.#tell(request),
      ended: (request) => this.#end(request),
    };
    this.#redactor = redactor;
    this.#mostRows = mostRows;
  }

  /** The number of requests under way. */
  get streaming(): number {
    return this.#ongoing.size;
  }

  get kept(): number {
    return this.#requests.size;
  }

  /** The number of requests that were not kept, because many came and nobody looked. */
  get passedOver(): number {
    return this.#crowd.passedOver;
  }

  /** Bytes by which the memory of the process is larger. */
  get bytes(): number {
    const { bodies, shelf } = this.#keeper;
    return Math.round(GROWTH * (this.#cost + bodies.arena.cost + shelf.cost));
  }

  /** Also hides these secrets: keys may change while the proxy serves. */
  hide(secrets: readonly string[]): void {
    this.#redactor = this.#redactor.with(secrets);
  }

  /** Resolves with the id that the request gets. To be called before the request is answered. */
  idOf(request: object): Promise<string> {
    return new Promise((resolve) => this.#awaited.set(request, resolve));
  }

  /** Says that a request repeats another one, so that it is not taken for a part of the user's work. To be called before it is answered. */
  resends(request: object, what: Resends): void {
    this.#resends.set(request, what);
  }

  /** Undefined for a request that is not kept, because many come and nobody looks. */
  open(request: Pick<Request, 'headers'>, path: string, clock: Clock): OngoingRequest | undefined {
    const onId = this.#awaited.get(request);
    if (this.#crowd.passesOver(this.#listeners.size > 0 || onId !== undefined)) return undefined;
    const resends = this.#resends.get(request);
    return new OngoingRequest({ headers: request.headers, path, clock, keeper: this.#keeper, onId, resends });
  }

  /** Finds the requests for which upstream has fallen silent, and those for which it speaks again. To be called now and then while somebody looks. */
  lookForSilence(): void {
    const now = this.#clock.monotonic();
    for (const request of this.#ongoing) {
      const { heardAt, startedAt, isSilent } = request;
      request.isSilent = heardAt !== undefined && now - startedAt - heardAt >= LONG_SILENCE_MS;
      if (request.isSilent !== isSilent) this.#tell(request);
    }
  }

  request(id: string): KeptRequest | undefined {
    return this.#requests.get(id);
  }

  /** The oldest first. */
  requests(): KeptRequest[] {
    this.#crowd.looked();
    return this.#all.list();
  }

  listen(listener: RowListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.#crowd.looked();
    };
  }

  shown({ headers }: KeptRequest): Shown {
    return shownWith(this.#redactor, headers, this.#thread);
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
    this.#crowd.looked();
    this.#readAll();
    request.origin ??= this.#originOf(request);
    const before = this.#shows.get(request);
    const { told, isSilent } = request;
    if (before?.told === told && before.isSilent === isSilent) return before.row;
    const row = rowOf(request, this.shown(request));
    this.#shows.set(request, { row, told, isSilent });
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
    this.#readAll();
    return this.#ordinary.usualFirstMs(model);
  }

  /** What has changed after `since`, oldest first, for the other processes that serve the port. */
  toldSince(since: number): Told {
    this.lookForSilence();
    const changed = this.requests()
      .filter(({ sequence }) => sequence > since)
      .sort((a, b) => a.sequence - b.sequence)
      .slice(0, MOST_TOLD);
    const last = changed.length === MOST_TOLD ? changed.at(-1)?.sequence : this.#sequence;
    return {
      sequence: last ?? this.#sequence,
      rows: changed.map((request) => this.row(request)),
      gone: this.#gone
        .filter(({ sequence }) => sequence > since && sequence <= (last ?? Infinity))
        .map(({ id }) => id),
      streaming: this.streaming,
      kept: this.kept,
      passedOver: this.passedOver,
      bytes: this.bytes,
    };
  }

  #isNewThread(session: string | undefined): boolean {
    if (session === undefined) return true;
    if (this.#threads.get(session)) return false;
    this.#threads.set(session, new Subagents());
    return true;
  }

  #begin(request: KeptRequest): void {
    request.number = ++this.#number;
    this.#ongoing.add(request);
    const same = this.#requests.get(request.id);
    // Requests of tests that are kept apart, or of a recording that is played again, may have one id. The latest is shown.
    if (same) this.#drop((one) => one === same && one.isEnded);
    this.#requests.set(request.id, request);
    this.#all.push(request);
    if (this.#requests.size > this.#mostRows) this.#dropOldest();
    this.#tell(request);
  }

  #end(request: KeptRequest): void {
    this.#ongoing.delete(request);
    request.isSilent = false;
    this.#unread.push(request);
    this.#readable.push(request);
    this.#count(request);
    this.#makeRoom(0);
    this.#tell(request);
  }

  /** Notes what a request costs now. */
  #count(request: KeptRequest): void {
    const cost = request.isDropped ? 0 : request.cost;
    this.#cost += cost - request.counted;
    request.counted = cost;
  }

  #readAll(): void {
    while (this.#unread.first) this.#readNext();
  }

  /** Finds out what was odd in the request that has ended first, and which subagents its answer has begun. */
  #readNext(): void {
    const request = this.#unread.shift();
    if (!request || request.isDropped) return;
    request.isRead = true;
    // What the mock does says nothing about what is usual.
    const ordinary = request.resends?.to === 'mock' ? new Ordinary() : this.#ordinary;
    request.oddness = ordinary.judge(summaryOf(request.events));
    request.origin ??= this.#originOf(request);
    const { session } = request;
    const thread = session === undefined ? undefined : this.#threads.get(session);
    if (thread) for (const call of request.agentCalls()) thread.called(call, request.id, request.startedAt);
  }

  /** The call that has begun the subagent that sends this request. */
  #originOf({ opening, session, agent, startedAt }: KeptRequest): Origin | undefined {
    const thread = session && agent ? this.#threads.get(session) : undefined;
    if (!thread || !agent) return undefined;
    const prompt = opening?.hash;
    return thread.originOf(agent, prompt === undefined ? undefined : { prompt, at: startedAt });
  }

  /** Lets go what is oldest, until there is room for that many bytes. */
  #makeRoom(bytes: number): void {
    while (this.bytes + GROWTH * bytes > this.memory) {
      const oldest = this.#readable.shift();
      if (oldest) this.#letTextsGo(oldest);
      else if (this.#keeper.shelf.dropOldest()) continue;
      else if (!this.#dropOldest()) return;
    }
  }

  #letTextsGo(request: KeptRequest): void {
    request.letTextsGo();
    this.#opened.delete(request.id);
    this.#count(request);
  }

  /** Drops the oldest request that has ended. Returns false where there is none. */
  #dropOldest(): boolean {
    return this.#drop(({ isEnded }) => isEnded);
  }

  #drop(which: (request: KeptRequest) => boolean): boolean {
    const request = this.#all.take(which);
    if (!request) return false;
    request.isDropped = true;
    this.#letTextsGo(request);
    if (this.#requests.get(request.id) === request) this.#requests.delete(request.id);
    for (const queue of [this.#unread, this.#readable]) while (queue.first?.isDropped) queue.shift();
    this.#gone.push({ id: request.id, sequence: ++this.#sequence });
    if (this.#gone.length > MOST_GONE) this.#gone.shift();
    for (const { gone } of this.#listeners) gone(request.id);
    return true;
  }

  #tell(request: KeptRequest): void {
    request.sequence = ++this.#sequence;
    for (const { changed } of this.#listeners) changed(request.id);
  }
}
