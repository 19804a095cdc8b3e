/**
 * Runs the requests of batches in the background, each like a request of a client that wants a whole answer. Other
 * clients come first: while any of them is served, one request of a batch runs at a time.
 */

import { MessagesError } from '../../anthropic/errors.ts';
import type { Outcome, Task } from '../../batches/batch.ts';
import type { BatchStore } from '../../batches/store.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import type { Logger } from '../../lib/log.ts';
import type { Clock } from '../../lib/ports.ts';
import type { Admission } from '../deps.ts';
import { errorResponse } from '../responses.ts';

export type RunnerOptions = {
  store: BatchStore;
  /** Answers a request in the way in which every request is answered. */
  ask(request: Request): Promise<Response>;
  admission: Admission;
  /** The most requests of batches that run at once. */
  most: number;
  clock: Clock;
  /** A name that no other process has. */
  instance: string;
  logger: Pick<Logger, 'error'>;
};

/** Statuses after which it is certain that a later attempt may succeed: quota, too much load, no way to Google. */
const LATER: ReadonlySet<number> = new Set([429, 503, 529]);
/** How often a request is run that fails for another reason of ours or Google's. */
const MOST_TRIES = 3;
/** Milliseconds until the next attempt: the first of these, doubled with each attempt, up to the second. */
const BACKOFF_MS = { first: 15_000, most: 600_000 };
/** Milliseconds after which work is tried again that failed in this process. */
const FAILED_MS = 10_000;
const SECOND_MS = 1000;
const SERVER_ERROR = 500;

type Answer = { status: number; body: string; retryAfterMs: number; mayRetry: boolean };

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  return {
    status,
    body: await response.text(),
    retryAfterMs: Number(headers.get('retry-after') ?? 0) * SECOND_MS,
    mayRetry: headers.get('x-should-retry') !== 'false',
  };
}

/** What becomes of a request: it is done, or runs again. */
function outcomeOf({ status, body, mayRetry }: Answer, { tries }: Task): Outcome | 'again' {
  const parsed = tryParseJson(body);
  if (status === 200 && isObject(parsed) && parsed['type'] === 'message') return 'succeeded';
  if (!mayRetry) return 'errored';
  return LATER.has(status) || (status >= SERVER_ERROR && tries + 1 < MOST_TRIES) ? 'again' : 'errored';
}

export class BatchRunner {
  readonly #options: RunnerOptions;
  /** Those under way, each with what ends it. */
  readonly #running = new Map<Promise<void>, AbortController>();
  #cancelTimer: () => void = () => {};
  /** What could not be written, because the disk was full or the file was held: it is tried again. */
  #unsaved: (() => void)[] = [];
  #isClosed = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Looks for work. To be called when there may be some. */
  wake(): void {
    const { store, admission } = this.#options;
    if (this.#isClosed || admission.draining || !store.exists()) return;
    this.#cancelTimer();
    try {
      this.#work();
    } catch (error) {
      // The disk may be full, or another process may hold the file for too long.
      this.#options.logger.error({ error }, 'the work on batches failed; it is tried again');
      this.#sleep(store.now() + FAILED_MS, store.now());
    }
  }

  #work(): void {
    this.#saveAgain();
    const { store } = this.#options;
    const at = () => ({ me: this.#options.instance, now: store.now() });
    store.work.tend(at());
    while (this.#running.size < this.#places()) {
      const task = store.work.take(at());
      if (!task) break;
      this.#begin(task);
    }
    this.#sleep(store.work.nextAt(at()), store.now());
  }

  /** Ends what is under way, and lets other processes, or the next start, go on with it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    for (const controller of this.#running.values()) controller.abort();
    await Promise.all(this.#running.keys());
    const { store, instance } = this.#options;
    if (store.exists()) store.work.release(instance);
    store.close();
  }

  #places(): number {
    const { admission, most } = this.#options;
    return admission.answersOpen > admission.ofBatches ? 1 : most;
  }

  #sleep(next: number | undefined, now: number): void {
    if (next === undefined) return;
    const ms = Math.max(SECOND_MS / 10, next - now);
    this.#cancelTimer = this.#options.clock.after(ms, () => this.wake());
  }

  #begin(task: Task): void {
    const controller = new AbortController();
    const work = this.#run(task, controller.signal);
    this.#running.set(work, controller);
    void work.then(() => {
      this.#running.delete(work);
      this.wake();
    });
  }

  async #run(task: Task, signal: AbortSignal): Promise<void> {
    const { store, instance } = this.#options;
    const answer = await this.#answer(task, signal);
    const outcome = outcomeOf(answer, task);
    const isCutOff = this.#isClosed || this.#options.admission.draining;
    if (outcome === 'succeeded' || (outcome === 'errored' && !isCutOff)) {
      this.#save(() => void store.work.finish(task, outcome, answer.body, instance));
    } else if (isCutOff) {
      // The end of this process says nothing about the request.
      this.#save(() => store.work.putBack(task, 0, false, instance));
    } else {
      const backoff = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(task.tries, 10));
      const wait = Math.max(backoff, answer.retryAfterMs);
      // Quota and load may last for hours, and say nothing about the request either.
      this.#save(() => store.work.putBack(task, store.now() + wait, true, instance));
    }
  }

  async #answer(task: Task, signal: AbortSignal): Promise<Answer> {
    const { ask, logger } = this.#options;
    try {
      return await answerOf(await ask(this.#requestOf(task, signal)));
    } catch (error) {
      logger.error({ error, batch: task.batchId }, 'a request of a batch could not be run');
      const told = new MessagesError('api_error', 'The proxy could not run this request; its log tells more');
      return answerOf(errorResponse(told, 'req_of_a_batch'));
    }
  }

  #save(act: () => void): void {
    this.#unsaved.push(act);
    try {
      this.#saveAgain();
    } catch (error) {
      this.#options.logger.error({ error }, 'the result of a request of a batch could not be written yet');
    }
  }

  #saveAgain(): void {
    for (let [act] = this.#unsaved; act; [act] = this.#unsaved) {
      act();
      this.#unsaved.shift();
    }
  }

  #requestOf({ params, headers, batchId }: Task, signal: AbortSignal): Request {
    const request = new Request('http://localhost/v1/messages', {
      method: 'POST',
      body: params,
      headers: {
        'content-type': 'application/json',
        'user-agent': `batch ${batchId}`,
        ...headers,
      },
      signal,
    });
    this.#options.admission.batched.add(request);
    return request;
  }
}
