/** Time on a manual clock that passes only while a proxy works on a request. */
import { turns, until } from './google/held-upstream.ts';
import type { ManualClock } from './manual-clock.ts';
import type { TestProxy } from './proxy.ts';

type Watched = Pick<TestProxy, 'requests'>;

export type Passing = {
  clock: Pick<ManualClock, 'skip'>;
  /** The proxies that the work asks. */
  proxies: readonly Watched[];
  /** Runs before each step. */
  meanwhile?: () => Promise<void>;
};

function watchEnd(work: Promise<unknown>): () => boolean {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  return () => done;
}

/** Waits until `work` is done or `holds`. No time passes. */
export async function orElse(work: Promise<unknown>, holds: () => boolean): Promise<void> {
  const isDone = watchEnd(work);
  await until(() => isDone() || holds());
}

/**
 * Lets time pass, from one sleeper to the next, until `work` is done. Once the proxies have ended all requests of the
 * work, the clock stands still: the answers are on their way over the socket, and how long that takes is the machine's
 * affair.
 */
export async function passing<T>(
  work: Promise<T>,
  { clock, proxies, meanwhile = async () => {} }: Passing,
): Promise<T> {
  const isDone = watchEnd(work);
  const count = (what: 'received' | 'ended') => proxies.reduce((sum, proxy) => sum + proxy.requests[what], 0);
  const before = count('ended');
  const answered = () => count('ended') > before && count('received') === count('ended');
  while (!isDone()) {
    await turns();
    await meanwhile();
    if (!isDone() && !answered()) await clock.skip();
  }
  return work;
}
