/**
 * A position in a text that is read forwards. Text that does not fit the syntax throws `NotRead`: a call that is only
 * half read is useless.
 */

import { MAX_VALUES } from '../../../gemini/limits.ts';

/** Says that the text is not in this syntax. This error never leaves the folder. */
export class NotRead extends Error {
  override readonly name = 'NotRead';
}

const SPACE = /\s*/y;
/** The most levels inside each other. Arguments are never deeper, and deeper recursion would overflow the stack. */
const MAX_DEPTH = 64;

export class Cursor {
  readonly text: string;
  position = 0;
  #depth = 0;
  #items = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.position === this.text.length;
  }

  /** The text here that the sticky `pattern` matches; empty where the pattern does not match. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.position += found.length;
    return found;
  }

  need(pattern: RegExp): string {
    return this.match(pattern) || this.fail();
  }

  take(token: string): boolean {
    if (!this.text.startsWith(token, this.position)) return false;
    this.position += token.length;
    return true;
  }

  /** Reads the next character. */
  next(): string {
    return this.text[this.position++] ?? this.fail();
  }

  /** Reads the text up to the next `token`; after that the cursor is after the token. */
  upTo(token: string): string {
    const start = this.position;
    const end = this.text.indexOf(token, start);
    if (end < 0) this.fail();
    this.position = end + token.length;
    return this.text.slice(start, end);
  }

  skipSpace(): void {
    this.match(SPACE);
  }

  /** Reads items up to `close`, with commas between them (and perhaps one after the last). */
  list(close: string, readItem: () => void): void {
    if (++this.#depth > MAX_DEPTH) this.fail();
    for (;;) {
      this.skipSpace();
      if (this.take(close)) break;
      if (++this.#items > MAX_VALUES) this.fail();
      readItem();
      this.skipSpace();
      if (this.take(',')) continue;
      if (!this.take(close)) this.fail();
      break;
    }
    this.#depth--;
  }

  fail(): never {
    throw new NotRead();
  }
}
