/**
 * The client's `max_tokens`, held by us: upstream is granted more, because there thoughts count as output, and an answer that
 * needs none of that would run on. Only what the client sees as the answer counts. Upstream's own counts decide; between
 * two of them the place is reckoned, and where none has come yet it is estimated, so that no answer within the limit is cut.
 */
import type { Warn } from '../warnings.ts';
import { endOfTokens, leastTokens } from './least-tokens.ts';
import type { TurnEvent } from './turn.ts';

export class TokenLimit {
  readonly #limit: number;
  readonly #warn: Warn;
  /** Tokens of the answer by upstream's last count that was a new one. */
  #counted = 0;
  /** What came since, at the least. */
  #since = 0;
  #reached = false;

  constructor(limit: number, warn: Warn) {
    this.#limit = limit;
    this.#warn = warn;
  }

  /** True once something was left out: the answer has ended, and upstream is to be left. */
  get reached(): boolean {
    return this.#reached;
  }

  /** Of what one chunk says, with its counts, what is within the limit; then, in place of the rest, the end. */
  within(events: TurnEvent[]): TurnEvent[] {
    if (this.#reached) return events.filter((event) => !isCounted(event));
    // Without content the count may still grow: by a call that is being written, which is delivered whole.
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

  /** Tokens of `events` that are within the limit. A new count is spread evenly over all that came since the one before. */
  #room(events: readonly TurnEvent[], size: number, count: number | undefined): number {
    const left = Math.max(0, this.#limit - this.#counted);
    // How much of the count a call beside the text took, nobody knows.
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

  /** A call that begins within the limit is kept whole: a part of one is of no use. */
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

/** Tokens at the least, as all sizes and rooms here. */
function sizeOf(events: readonly TurnEvent[]): number {
  let tokens = 0;
  for (const event of events.filter(isCounted))
    tokens += leastTokens(event.type === 'text' ? event.text : `${event.name} ${JSON.stringify(event.args)}`);
  return tokens;
}

/** The signature of a text is of all of it. */
function textWithin(event: Extract<TurnEvent, { type: 'text' }>, room: number): TurnEvent {
  const end = endOfTokens(event.text, room);
  return end === event.text.length ? event : { type: 'text', text: event.text.slice(0, end) };
}

function countIn(events: readonly TurnEvent[]): number | undefined {
  const usage = events.find((event) => event.type === 'usage')?.usage;
  const count = usage?.candidatesTokenCount;
  return typeof count === 'number' ? count : undefined;
}
