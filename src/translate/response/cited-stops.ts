/**
 * Finds stop sequences in a text with citations: a sequence may begin in one block and end in the next. Text that may be
 * the beginning of one waits, together with the beginnings of blocks in it.
 */
import { StopScanner } from './stop-scanner.ts';
import type { TurnEvent } from './turn.ts';

type TextEvent = Extract<TurnEvent, { type: 'text' }>;
type Waiting = TextEvent | Extract<TurnEvent, { type: 'citing' }>;

export class CitedStops {
  readonly #scanner: StopScanner;
  #waiting: Waiting[] = [];
  #isStopped = false;

  constructor(stopSequences: readonly string[]) {
    this.#scanner = new StopScanner(stopSequences);
  }

  /** True after a stop sequence: the answer has ended. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The events up to a stop sequence, and the end in place of it. `showsThinking`: thoughts have a block of their own. */
  through(events: readonly TurnEvent[], showsThinking: boolean): TurnEvent[] {
    const told: TurnEvent[] = [];
    for (const event of events) {
      if (this.#isStopped) break;
      const isAside = event.type === 'usage' || (event.type === 'thinking' && !showsThinking);
      if (event.type === 'text' && event.signature !== undefined) told.push(...this.#signed(event));
      else if (event.type === 'text') told.push(...this.#text(event));
      else if (event.type === 'citing') this.#waiting.push(event);
      else told.push(...(isAside ? [] : this.#all()), event);
    }
    return told;
  }

  #text(event: TextEvent): TurnEvent[] {
    const { text, stoppedAt } = this.#scanner.push(event.text);
    this.#waiting.push(event);
    return [...this.#first(text.length), ...this.#end(stoppedAt)];
  }

  /** A signed text stays whole: the code that shows it cuts it at a stop sequence, and knows which part was signed. */
  #signed(event: TextEvent): TurnEvent[] {
    const before = this.#all();
    const { stoppedAt } = this.#scanner.push(event.text);
    this.#scanner.flush();
    return [...before, event, ...this.#end(stoppedAt)];
  }

  #end(stoppedAt: string | undefined): TurnEvent[] {
    if (stoppedAt === undefined) return [];
    this.#isStopped = true;
    return [{ type: 'finish', finish: { kind: 'stop-sequence', sequence: stoppedAt } }];
  }

  /** What waits, where nothing after it can belong to a stop sequence any more. */
  #all(): Waiting[] {
    this.#scanner.flush();
    return this.#waiting.splice(0);
  }

  /** The first characters of what waits, with the blocks that begin before them. */
  #first(characters: number): Waiting[] {
    const ready: Waiting[] = [];
    for (let left = characters; left > 0; ) {
      const next = this.#waiting.shift();
      if (!next) break;
      const length = next.type === 'text' ? Math.min(left, next.text.length) : 0;
      left -= length;
      if (next.type === 'citing' || length === next.text.length) ready.push(next);
      else {
        ready.push({ ...next, text: next.text.slice(0, length) });
        this.#waiting.unshift({ ...next, text: next.text.slice(length) });
      }
    }
    return ready;
  }
}
