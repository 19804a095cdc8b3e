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

/** `droppable`: one of these is left out where no other form helps. */
type Suspects<T> = { all: readonly T[]; droppable: readonly T[] };

/** The attempts to make one after the other, each after the one before was refused. */
export function* attemptsFor<T>(suspects: Suspects<T>): Generator<Attempt<T>> {
  let made = 0;
  for (const attempt of everyAttempt(suspects)) {
    if (made++ === MOST_ATTEMPTS) return;
    yield attempt;
  }
}

function* everyAttempt<T>({ all, droppable }: Suspects<T>): Generator<Attempt<T>> {
  if (all.length > 1) yield* halvesOf(all);
  // Each part alone was refused: there is more than one.
  if (all.length > 0) {
    yield { form: 'simplified', of: all };
    yield { form: 'bare', of: all };
  }
  // Of very many there is no time left for this.
  for (const one of droppable.toReversed()) yield { form: 'dropped', of: [one] };
}

function* halvesOf<T>(all: readonly T[]): Generator<Attempt<T>> {
  for (let left = all, halves = 0; left.length > 0; halves++) {
    const keep = halves < MOST_HALVES ? Math.floor(left.length / 2) : 0;
    yield { form: 'bare', of: left.slice(keep) };
    left = left.slice(0, keep);
  }
}
