/** A position in a text that is read forwards. Whatever does not fit throws `NotRead`: half a reading is useless. */

import { MAX_VALUES } from '../../../gemini/limits.ts';

/** The text is not in this syntax. The error never leaves this folder. */
export class NotRead extends Error {
  override readonly name = 'NotRead';
}

const SPACE = /\s*/y;
/** Arguments are never nested deeper, and deeper recursion would overflow the stack. */
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

  /** What the sticky `pattern` matches here; empty where it does not match. */
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

  /** The next character. */
  next(): string {
    return this.text[this.position++] ?? this.fail();
  }

  /** The text up to the next `token`; the cursor then stands behind the token. */
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

  /** Items separated by commas (one may follow the last) up to `close`. */
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
