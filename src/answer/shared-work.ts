/**
 * Work that several callers want at the same time is done once, under one name. Each caller may leave by itself; the work
 * is given up once nobody waits for it.
 */
import { Abortable, ignoreFailure, LEFT } from '../lib/async.ts';

type Work<T> = {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
};

export class SharedWork<T> {
  readonly #underWay = new Map<string, Work<T>>();

  /**
   * Resolves with the result of the work under `name`. `begin` starts it, unless it is under way. Rejects as the work
   * does, or with the reason of `signal`.
   */
  async run(name: string, begin: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const work = this.#underWay.get(name) ?? this.#begin(name, begin);
    work.waiting++;
    try {
      return await new Abortable(signal).wait(work.result);
    } finally {
      work.waiting--;
      if (work.waiting === 0) this.#end(name, work);
    }
  }

  #begin(name: string, begin: (signal: AbortSignal) => Promise<T>): Work<T> {
    const stop = new AbortController();
    const work = { result: begin(stop.signal), stop, waiting: 0 };
    // Whoever waits is told of the failure. If all have left, nobody is.
    ignoreFailure(work.result);
    this.#underWay.set(name, work);
    return work;
  }

  #end(name: string, work: Work<T>): void {
    if (this.#underWay.get(name) === work) this.#underWay.delete(name);
    work.stop.abort(LEFT);
  }
}
