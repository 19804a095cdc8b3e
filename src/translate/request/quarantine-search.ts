/**
 * Which declaration Google means where it does not say: halves of them are sent in the barest form until it takes the request.
 * Later ones first: a client declares its own tools before those of servers.
 */
import type { Fate } from './quarantine.ts';

/** Halves that are tried before all that is left. */
const MOST_HALVES = 3;
/** Requests of one search. */
const MOST_ATTEMPTS = 6;

/** What is sent of these instead: `form`. */
export type Attempt<T> = { readonly form: Fate; readonly of: readonly T[] };

export type SearchOptions = {
  /** Whether one is left out where its barest form is refused, too. */
  mayDrop: boolean;
};

/** The attempts to make one after the other, each after the one before was refused. */
export function* attemptsFor<T>(all: readonly T[], options: SearchOptions): Generator<Attempt<T>> {
  let made = 0;
  for (const attempt of all.length === 1 ? formsOf(all, options) : halvesOf(all, options)) {
    if (made++ === MOST_ATTEMPTS) return;
    yield attempt;
  }
}

function* formsOf<T>(of: readonly T[], { mayDrop }: SearchOptions): Generator<Attempt<T>> {
  yield { form: 'simplified', of };
  yield { form: 'bare', of };
  if (mayDrop) yield { form: 'dropped', of };
}

function* halvesOf<T>(all: readonly T[], { mayDrop }: SearchOptions): Generator<Attempt<T>> {
  for (let left = all, halves = 0; left.length > 0; halves++) {
    const keep = halves < MOST_HALVES ? Math.floor(left.length / 2) : 0;
    yield { form: 'bare', of: left.slice(keep) };
    left = left.slice(0, keep);
  }
  // Each part alone was refused: there is more than one.
  if (all.length > 1) {
    yield { form: 'simplified', of: all };
    yield { form: 'bare', of: all };
  }
  // Of very many there is no time left for this.
  if (mayDrop) for (const one of all.toReversed()) yield { form: 'dropped', of: [one] };
}
