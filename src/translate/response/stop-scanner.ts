/**
 * Stop sequences, found in the proxy: Gemini would cut the match out and say STOP, which hides that it happened. Text that
 * might be the start of a sequence is held back, at most one character less than the longest.
 */

export type Scanned = { text: string; stoppedAt?: string };

export class StopScanner {
  readonly #sequences: readonly string[];
  readonly #holdBack: number;
  /** Nearly all text ends in none of these, and is then let through without a copy. */
  readonly #firstCharacters: ReadonlySet<number>;
  #held = '';

  constructor(sequences: readonly string[]) {
    // Text comes in whole characters, and is cut between them: half of one is never found.
    this.#sequences = sequences.filter((sequence) => sequence !== '' && sequence.isWellFormed());
    this.#holdBack = Math.max(0, ...this.#sequences.map((sequence) => sequence.length - 1));
    this.#firstCharacters = new Set(this.#sequences.map((sequence) => sequence.charCodeAt(0)));
  }

  /** The text that may go out now. With `stoppedAt`, it is the last: everything before that sequence. */
  push(text: string): Scanned {
    if (this.#holdBack === 0 && this.#sequences.length === 0) return { text };
    const all = this.#held + text;
    const stop = this.#first(all);
    if (stop) {
      this.#held = '';
      return { text: all.slice(0, stop.at), stoppedAt: stop.sequence };
    }
    const keep = this.#possibleStart(all);
    this.#held = all.slice(all.length - keep);
    return { text: all.slice(0, all.length - keep) };
  }

  /** What was held back; nothing can follow that would complete a sequence. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  /** The match that ends first is the one that generation would have stopped at. */
  #first(text: string): { at: number; sequence: string } | undefined {
    let best: { at: number; sequence: string } | undefined;
    for (const sequence of this.#sequences) {
      const at = text.indexOf(sequence);
      if (at < 0) continue;
      if (!best || at + sequence.length < best.at + best.sequence.length) best = { at, sequence };
    }
    return best;
  }

  /** Length of the longest end of `text` that starts a sequence. */
  #possibleStart(text: string): number {
    for (let length = Math.min(this.#holdBack, text.length); length > 0; length--) {
      const at = text.length - length;
      if (!this.#firstCharacters.has(text.charCodeAt(at))) continue;
      const end = text.slice(at);
      if (this.#sequences.some((sequence) => sequence.startsWith(end))) return length;
    }
    return 0;
  }
}
