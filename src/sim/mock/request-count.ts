/**
 * Counts the requests of a turn, including those that failed: these are the only thing that the history does not show.
 */
import type { SharedState } from '../../cluster/shared.ts';
import { shortHash } from '../../lib/hash.ts';
import type { Clock } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import type { Conversation } from './conversation.ts';

/** Milliseconds after which the same words count as a new turn: the client that sent them before has left. */
const FORGET_AFTER = 600_000;
const TURNS_REMEMBERED = 1_024;

type Sharing = Pick<SharedState, 'publish' | 'listen'>;

export class RequestCount {
  readonly #turns = new RecentMap<string, { count: number; at: number }>(TURNS_REMEMBERED);
  readonly #clock: Clock;
  readonly #shared: Sharing | undefined;

  /** `shared`: a client's next attempt may come to another process, which counts on. */
  constructor(clock: Clock, shared?: Sharing) {
    this.#clock = clock;
    this.#shared = shared;
    shared?.listen((fact) => {
      if (fact.kind === 'mock-turn') this.#set(fact.turn, fact.count);
    });
  }

  /** Counts this request. Returns its number, from 1. */
  next(conversation: Conversation, caller: string): number {
    const key = turnKey(conversation, caller);
    const now = this.#clock.monotonic();
    const known = this.#turns.get(key);
    const count = known && now - known.at < FORGET_AFTER ? known.count + 1 : 1;
    this.#publish(key, count);
    return count;
  }

  /** To be called when the turn has ended: the same words would then begin a new turn. */
  end(conversation: Conversation, caller: string): void {
    this.#publish(turnKey(conversation, caller), 0);
  }

  /**
   * The number of attempts at this step of the turn that have failed since the last one that did not. A step that is
   * asked for again after it was answered counts as new: it is the same request.
   */
  failures(conversation: Conversation, caller: string): number {
    return this.#turns.get(stepKey(conversation, caller))?.count ?? 0;
  }

  /** Notes how the step came out, where `failures` attempts had failed before. */
  stepEnded(conversation: Conversation, caller: string, failures: number, failed: boolean): void {
    const key = stepKey(conversation, caller);
    const count = failed ? failures + 1 : 0;
    if (count === 0 && failures === 0) return;
    this.#publish(key, count);
  }

  /** Keeps the count here and in the other processes. */
  #publish(turn: string, count: number): void {
    this.#set(turn, count);
    this.#shared?.publish({ kind: 'mock-turn', turn, count });
  }

  #set(key: string, count: number): void {
    if (count === 0) this.#turns.delete(key);
    else this.#turns.set(key, { count, at: this.#clock.monotonic() });
  }
}

/**
 * The key of a turn. It is made from what was said in the turn, and not from the whole history, to which clients add
 * texts as they go.
 */
function turnKey({ story }: Conversation, caller: string): string {
  const said = story.flatMap((event) => (event.kind === 'words' ? [event.words] : []));
  return shortHash(JSON.stringify([caller, said]));
}

/** The key of a step of a turn: the same for each attempt at it. */
export const stepKey = (conversation: Conversation, caller: string): string =>
  `${turnKey(conversation, caller)}/${conversation.turn}`;
