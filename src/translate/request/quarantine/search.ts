/**
 * Finds the bad declaration where Google does not name it. Half of the declarations are sent in the barest form, then
 * another half, until Google accepts the request. Later declarations are tried first, since a client declares its own
 * tools before the tools of servers.
 */
import type { Fate } from './quarantine.ts';

/** How many halves are tried before all declarations that are left are changed at once. */
const MOST_HALVES = 3;
/** The most requests of one search. */
const MOST_TRIALS = 6;

/** A trial: the declarations in `of` are sent in the form `form`. */
export type Trial<T> = { readonly form: Fate; readonly of: readonly T[] };

/** `droppable`: the declarations of which one is dropped where no other form helps. */
type Suspects<T> = { all: readonly T[]; droppable: readonly T[] };

/** Yields the trials in order. Ask for the next trial after Google has refused the one before. */
export function* trialsFor<T>(suspects: Suspects<T>): Generator<Trial<T>> {
  let made = 0;
  for (const trial of everyTrial(suspects)) {
    if (made++ === MOST_TRIALS) return;
    yield trial;
  }
}

function* everyTrial<T>({ all, droppable }: Suspects<T>): Generator<Trial<T>> {
  if (all.length > 1) yield* halvesOf(all);
  // Google refused the request with each of the two parts changed alone, so more than one declaration is bad.
  if (all.length > 0) {
    yield { form: 'simplified', of: all };
    yield { form: 'bare', of: all };
  }
  // With very many declarations this would take too many requests.
  for (const one of droppable.toReversed()) yield { form: 'dropped', of: [one] };
}

function* halvesOf<T>(all: readonly T[]): Generator<Trial<T>> {
  for (let left = all, halves = 0; left.length > 0; halves++) {
    const keep = halves < MOST_HALVES ? Math.floor(left.length / 2) : 0;
    yield { form: 'bare', of: left.slice(keep) };
    left = left.slice(0, keep);
  }
}
