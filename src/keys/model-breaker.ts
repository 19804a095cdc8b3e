/** The figures of the breaker that stands before one model with one key (harness section 7). */
import type { BreakerOptions } from './breaker.ts';

/** Times are milliseconds. */
export const MODEL_BREAKER = {
  consecutive: 5,
  share: 0.5,
  atLeast: 10,
  windowMs: 30_000,
  firstOpenMs: 5_000,
  maxOpenMs: 60_000,
  probeMs: 30_000,
} as const satisfies Partial<BreakerOptions>;

/** Where the model fails with another key already, it is likely to be the model: fewer have to find out. */
export const FAILURES_WITH_COMPANY = 3;
