/**
 * Enforces the client's `max_tokens` in the proxy. Upstream is allowed more tokens, because it counts thoughts as
 * output, so an answer without thoughts would not be stopped in time. Only what the client sees as the answer counts.
 * Upstream's own counts decide. Between two counts the place of the limit is computed, and before the first count it is
 * estimated, so that no answer within the limit is cut.
 */
import type { Warn } from '../warnings.ts';
import { endOfTokens, leastTokens } from './least-tokens.ts';
import type { TurnEvent } from './turn.ts';

export class TokenLimit {
  readonly #limit: number;
  readonly #warn: Warn;
  /** The tokens of the answer by upstream's last new count. */
  #counted = 0;
  /** The least number of tokens that have come since that count. */
  #since = 0;
  #reached = false;

  constructor(limit: number, warn: Warn) {
    this.#limit = limit;
    this.#warn = warn;
  }

  /** True once something was left out: the answer has ended, and the caller should leave upstream. */
  get reached(): boolean {
    return this.#reached;
  }

  /** True where no token is left: whatever upstream says next, nothing of it would be shown. */
  get isFull(): boolean {
    return this.#reached || this.#counted + this.#since >= this.#limit;
  }

  /**
   * Receives the events and counts of one chunk. Returns the events within the limit, and the end in place of the
   * others.
   */
  within(events: TurnEvent[]): TurnEvent[] {
    if (this.#reached) return events.filter((event) => !isCounted(event));
    // In a chunk without content a count may still grow, because the model is writing a call. That call will be
    // delivered whole.
    if (!events.some(isCounted)) return events;
    const count = countIn(events) ?? 0;
    const isNew = count > this.#counted;
    if (isNew && count <= this.#limit) {
      this.#count(count);
      return events;
    }
    const size = sizeOf(events);
    const room = this.#room(events, size, isNew ? count : undefined);
    if (isNew) this.#count(count);
    else this.#since += size;
    return size <= room ? events : this.#cut(events, room);
  }

  #count(tokens: number): void {
    this.#counted = tokens;
    this.#since = 0;
  }

  /**
   * How many tokens of `events` are within the limit. A new count is spread evenly over everything that came since the
   * count before.
   */
  #room(events: readonly TurnEvent[], size: number, count: number | undefined): number {
    const left = Math.max(0, this.#limit - this.#counted);
    // Nobody knows how much of the count belongs to a call beside the text.
    if (count === undefined || events.some(({ type }) => type === 'call')) return left - this.#since;
    const share = left / (count - this.#counted);
    return (this.#since + size) * share - this.#since;
  }

  #cut(events: readonly TurnEvent[], room: number): TurnEvent[] {
    const kept: TurnEvent[] = [];
    let left = room;
    for (const event of events) {
      const part = this.#partOf(event, left);
      if (part) kept.push(part);
      if (part !== event) {
        this.#reached = true;
        return [...kept, { type: 'finish', finish: { kind: 'token-limit' } }];
      }
      left -= sizeOf([event]);
    }
    return kept;
  }

  /**
   * The part of an event within the limit. A call that begins within the limit is kept whole, because a part of a call
   * is useless.
   */
  #partOf(event: TurnEvent, room: number): TurnEvent | undefined {
    if (!isCounted(event)) return event;
    if (event.type === 'text') return room > 0 ? textWithin(event, room) : undefined;
    if (room > 0) return event;
    this.#warn('content-changed', 'answer', `call of ${event.name} left out: it came after max_tokens`);
    return undefined;
  }
}

type Counted = Extract<TurnEvent, { type: 'call' | 'text' }>;

const isCounted = (event: TurnEvent): event is Counted =>
  event.type === 'call' || (event.type === 'text' && event.text !== '' && event.by !== 'tool');

/** The least number of tokens of `events`. */
function sizeOf(events: readonly TurnEvent[]): number {
  let tokens = 0;
  for (const event of events.filter(isCounted))
    tokens += leastTokens(event.type === 'text' ? event.text : `${event.name} ${JSON.stringify(event.args)}`);
  return tokens;
}

/** The part of a text within the limit. A signature is kept only with the whole text. */
function textWithin(event: Extract<TurnEvent, { type: 'text' }>, room: number): TurnEvent {
  const end = endOfTokens(event.text, room);
  return end === event.text.length ? event : { type: 'text', text: event.text.slice(0, end) };
}

function countIn(events: readonly TurnEvent[]): number | undefined {
  const usage = events.find((event) => event.type === 'usage')?.usage;
  const count = usage?.candidatesTokenCount;
  return typeof count === 'number' ? count : undefined;
}
