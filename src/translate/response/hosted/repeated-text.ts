/**
 * Cites the pages of a search in a text that comes after it, where the text repeats what the search has said. The text
 * comes piece by piece, and only what may be the beginning of a repetition is held back. The pieces that go out join to
 * exactly the text.
 */
import { StopScanner } from '../stop-scanner.ts';
import type { TurnEvent } from '../turn.ts';
import { eachSource } from './grounding.ts';
import { MARKUP, type Passage, Passages, type Token, tokensOf } from './passages.ts';

type Told = Extract<TurnEvent, { type: 'text' | 'cited' | 'finish' }>;
type Cited = Extract<TurnEvent, { type: 'cited' }>;

/** A word that is longer than this, in characters, is in no passage. */
const LONGEST_WORD = 256;

const isBlank = (text: string): boolean => text.trim() === '';

/** Puts pieces together so that no block is white space alone: Anthropic refuses such a block when it comes back. */
class Pieces {
  #cited: Cited | undefined;
  /** White space after the cited piece, or at the beginning of a block. */
  #blank = '';
  #isBegun = false;

  text(text: string): Told[] {
    if (text === '') return [];
    if (isBlank(text) && (this.#cited || !this.#isBegun)) {
      this.#blank += text;
      return [];
    }
    const told: Told[] = [...(this.#cited ? [this.#cited] : []), { type: 'text', text: this.#blank + text }];
    this.#clear(true);
    return told;
  }

  cited(piece: Cited): Told[] {
    const before = this.#cited;
    const blank = this.#blank;
    this.#clear(false);
    this.#cited = before ? piece : { ...piece, text: blank + piece.text };
    return before ? [{ ...before, text: before.text + blank }] : [];
  }

  end(): Told[] {
    const blank = this.#blank;
    const last: Told | undefined = this.#cited
      ? { ...this.#cited, text: this.#cited.text + blank }
      : { type: 'text', text: blank };
    this.#clear(false);
    return last.text === '' ? [] : [last];
  }

  #clear(isBegun: boolean): void {
    this.#cited = undefined;
    this.#blank = '';
    this.#isBegun = isBegun;
  }
}

export class RepeatedText {
  readonly #passages = new Passages();
  readonly #stops: StopScanner;
  readonly #pieces = new Pieces();
  #held = '';
  /** The character before what is held. */
  #last = '';
  #isStopped = false;

  constructor(stopSequences: readonly string[]) {
    this.#stops = new StopScanner(stopSequences);
  }

  /** True after a stop sequence: the answer has ended. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  add(passages: readonly Passage[]): void {
    for (const passage of passages) this.#passages.add(passage);
  }

  /** A stop sequence may begin in one piece and end in the next, so it is looked for before the text is cut. */
  push(text: string): Told[] {
    const { text: ready, stoppedAt } = this.#stops.push(text);
    this.#held += ready;
    if (stoppedAt === undefined) return this.#read(false);
    this.#isStopped = true;
    return [...this.end(), { type: 'finish', finish: { kind: 'stop-sequence', sequence: stoppedAt } }];
  }

  /** To be called where the text ends: at its end, and before anything else that has a block. */
  end(): Told[] {
    this.#held += this.#stops.flush();
    return [...this.#read(true), ...this.#pieces.end()];
  }

  #read(isOver: boolean): Told[] {
    const text = this.#held;
    const tokens = tokensOf(text);
    // A word at the very end may go on.
    const open = !isOver && tokens.at(-1)?.end === text.length ? tokens.pop() : undefined;
    const openFrom = open && open.end - open.start < LONGEST_WORD ? open.start : text.length;
    const told: Told[] = [];
    let done = 0;
    let ready = isOver ? text.length : markupBefore(text, openFrom);
    for (let at = 0; at < tokens.length; ) {
      const found = this.#passages.repetition(tokens, at, isOver);
      if (found === 'none') {
        at++;
        continue;
      }
      const [start, end] = rangeOf(text, tokens, at, found === 'more' ? 1 : found.tokens);
      if (found === 'more' || (end + AFTER_NUMBER > text.length && !isOver)) {
        ready = start;
        break;
      }
      const before = start > 0 ? text.charAt(start - 1) : this.#last;
      if (tearsNumber(before, text.slice(start, end), text.slice(end, end + AFTER_NUMBER))) {
        at++;
        continue;
      }
      const from = Math.max(done, start);
      const sources = eachSource(found.sources);
      told.push(...this.#pieces.text(text.slice(done, from)));
      told.push(...this.#pieces.cited({ type: 'cited', text: text.slice(from, end), sources }));
      done = end;
      at += found.tokens;
    }
    ready = Math.max(done, ready);
    told.push(...this.#pieces.text(text.slice(done, ready)));
    this.#last = isOver ? '' : text.charAt(ready - 1) || this.#last;
    this.#held = text.slice(ready);
    return told;
  }
}

/** How many characters after a number say whether the number goes on. */
const AFTER_NUMBER = 2;
const NUMBER_BEFORE = /[-−+.,:/$€£¥]$/;
const NUMBER_GOES_ON = /^(?:[.,:/]?\d|[%‰°€$£¥])/;

/** True where these words cut a number off from what it means: a sign, a fraction, a unit. */
const tearsNumber = (before: string, words: string, after: string): boolean =>
  (/^[^\p{L}\p{N}]*\p{N}/u.test(words) && NUMBER_BEFORE.test(before)) ||
  (/\p{N}[^\p{L}\p{N}]*$/u.test(words) && NUMBER_GOES_ON.test(after));

/** The most signs of Markdown before or after words that belong to them. */
const MOST_MARKUP = 8;

/** The place at which the signs of Markdown begin that stand directly before `at`. */
function markupBefore(text: string, at: number): number {
  let start = at;
  while (start > Math.max(0, at - MOST_MARKUP) && MARKUP.test(text.charAt(start - 1))) start--;
  return start;
}

/** The place of `count` tokens in the text, with the signs of Markdown around them. */
function rangeOf(text: string, tokens: readonly Token[], at: number, count: number): [number, number] {
  const last = tokens[at + count - 1]?.end ?? text.length;
  let end = last;
  while (end < Math.min(text.length, last + MOST_MARKUP) && MARKUP.test(text.charAt(end))) end++;
  return [markupBefore(text, tokens[at]?.start ?? text.length), end];
}
