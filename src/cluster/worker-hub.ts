/**
 * The parent's part in what its workers share: it passes on what one tells to all others, and keeps for a new worker
 * what still holds. It is to workers what Redis is to instances.
 */
import type { Clock } from '../lib/ports.ts';
import { type Counted, summed } from '../metrics/joined.ts';
import { type Figures, together } from '../trace/figures.ts';
import { type Fact, factId, holdsForNewcomers, readNotice, writeNotice } from './facts.ts';
import { ToldFacts } from './told-facts.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** Milliseconds for which a sent request counts for `KEY_RPM` and `KEY_TPM`. */
const MINUTE_MS = 60_000;
/** Stands for the workers that have ended. */
const ENDED = 0;

type Post = (message: ToWorker) => void;

export class WorkerHub {
  readonly #clock: Clock;
  readonly #told = new ToldFacts();
  /** The notices of requests that were sent within the last minute, oldest first. */
  readonly #sent: { at: number; text: string }[] = [];
  readonly #posts = new Map<number, Post>();
  readonly #figures = new Map<number, Figures>();
  readonly #metrics = new Map<number, string>();
  /** The workers that want their turn. The first one has it. */
  #turns: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of answers under way. */
  get open(): number {
    return [...this.#figures.values()].reduce((sum, { open }) => sum + open, 0);
  }

  /** Tells a new worker what it would know had it been there all the time. */
  join(worker: number, post: Post): void {
    this.#posts.set(worker, post);
    for (const [of, figures] of this.#figures) if (of !== worker) post({ kind: 'figures', of, figures });
    for (const [of, json] of this.#metrics) if (of !== worker) post({ kind: 'metrics', of, json });
    for (const id of this.#told.ids()) {
      const told = this.#told.get(id, this.#clock.monotonic());
      if (told && holdsForNewcomers(told.notice.fact))
        post({ kind: 'notice', text: writeNotice(told.notice) });
    }
    this.#forgetSent();
    for (const { text } of this.#sent) post({ kind: 'notice', text });
  }

  hear(worker: number, message: FromWorker): void {
    switch (message.kind) {
      case 'notice':
        this.#keep(message.text);
        this.#tellOthers(worker, message);
        return;
      case 'figures':
        this.#tellFigures(worker, message.figures);
        return;
      case 'metrics':
        this.#tellMetrics(worker, message.json);
        return;
      case 'question':
        this.#tellOthers(worker, { ...message, of: worker });
        return;
      case 'answer':
        this.#posts.get(message.to)?.({ kind: 'answer', of: worker, id: message.id, text: message.text });
        return;
      case 'want-turn':
        this.#turns.push(worker);
        if (this.#turns.length === 1) this.#posts.get(worker)?.({ kind: 'turn' });
        return;
      case 'end-turn':
        this.#endTurn(worker);
        return;
      default:
        return;
    }
  }

  /** What the worker has counted still counts; nothing of it is under way. */
  leave(worker: number): void {
    this.#posts.delete(worker);
    this.#endTurn(worker);
    const figures = this.#figures.get(worker);
    this.#figures.delete(worker);
    this.#tellOthers(worker, { kind: 'gone', of: worker });
    this.#keepMetrics(worker);
    if (!figures) return;
    const ended: Figures = { ...figures, open: 0, lately: { ended: 0, failed: 0 } };
    const before = this.#figures.get(ENDED);
    this.#tellFigures(ENDED, before ? together([before, ended]) : ended);
  }

  #endTurn(worker: number): void {
    const had = this.#turns[0] === worker;
    this.#turns = this.#turns.filter((other) => other !== worker);
    const [next] = this.#turns;
    if (had && next !== undefined) this.#posts.get(next)?.({ kind: 'turn' });
  }

  #tellFigures(of: number, figures: Figures): void {
    this.#figures.set(of, figures);
    this.#tellOthers(of, { kind: 'figures', of, figures });
  }

  #tellMetrics(of: number, json: string): void {
    this.#metrics.set(of, json);
    this.#tellOthers(of, { kind: 'metrics', of, json });
  }

  /** What an ended worker has counted still counts. */
  #keepMetrics(worker: number): void {
    const json = this.#metrics.get(worker);
    this.#metrics.delete(worker);
    if (json === undefined) return;
    const all = [json, this.#metrics.get(ENDED)].flatMap((one) =>
      one === undefined ? [] : [JSON.parse(one) as Counted[]],
    );
    this.#tellMetrics(ENDED, JSON.stringify(summed(all)));
  }

  #tellOthers(worker: number, message: ToWorker): void {
    for (const [other, post] of this.#posts) if (other !== worker) post(message);
  }

  #keep(text: string): void {
    const notice = readNotice(text);
    if (!notice) return;
    const now = this.#clock.monotonic();
    const id = factId(notice.fact);
    if (id !== undefined) this.#told.add(id, notice, now);
    else if (isSent(notice.fact)) {
      this.#forgetSent();
      this.#sent.push({ at: now, text });
    }
  }

  #forgetSent(): void {
    const now = this.#clock.monotonic();
    const first = this.#sent.findIndex(({ at }) => now - at < MINUTE_MS);
    this.#sent.splice(0, first < 0 ? this.#sent.length : first);
  }
}

const isSent = ({ kind }: Fact): boolean => kind === 'sent' || kind === 'client-sent';
