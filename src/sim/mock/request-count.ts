/** The one thing that no history tells: how many requests of a turn there were, those that failed included. */
import { shortHash } from '../../lib/hash.ts';
import type { Clock } from '../../lib/ports.ts';
import type { Conversation } from './conversation.ts';

/** Milliseconds after which the same words are a new turn: whoever asked has gone. */
const FORGET_AFTER = 600_000;
const TURNS_REMEMBERED = 1_024;

export class RequestCount {
  readonly #turns = new Map<string, { count: number; at: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts this request. From 1. */
  next(conversation: Conversation, caller: string): number {
    const key = turnKey(conversation, caller);
    const now = this.#clock.monotonic();
    const known = this.#turns.get(key);
    const count = known && now - known.at < FORGET_AFTER ? known.count + 1 : 1;
    this.#turns.delete(key);
    this.#turns.set(key, { count, at: now });
    const oldest = this.#turns.keys().next().value;
    if (this.#turns.size > TURNS_REMEMBERED && oldest !== undefined) this.#turns.delete(oldest);
    return count;
  }

  /** The turn is over: the same words would begin a new one. */
  end(conversation: Conversation, caller: string): void {
    this.#turns.delete(turnKey(conversation, caller));
  }
}

/** By what was said in it, not by the whole history: clients add to that as they go. */
function turnKey({ story }: Conversation, caller: string): string {
  const said = story.flatMap((event) => (event.kind === 'words' ? [event.words] : []));
  return shortHash(JSON.stringify([caller, said]));
}
