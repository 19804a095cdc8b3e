/**
 * Finds whole JSON objects in text that comes in pieces: one after another, joined by commas, in an array, with `data:`
 * between them, or broken in two. The scanner only finds the end of each object, and parses nothing.
 */

const WHITE_SPACE_OR_JOINT = /[\s,[\]]*(?:data:)?[\s,[\]]*/y;

export class ObjectScanner {
  #pieces: string[] = [];
  #size = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** True in the middle of an object. */
  get open(): boolean {
    return this.#depth > 0;
  }

  /** Characters of the object that is still open. */
  get size(): number {
    return this.#size;
  }

  /** Feeds `text`. Calls `object` for each whole object and `junk` for text outside of objects, in order. */
  push(text: string, object: (text: string) => void, junk: (text: string) => void): void {
    let at = 0;
    while (at < text.length) {
      if (this.#depth === 0) {
        WHITE_SPACE_OR_JOINT.lastIndex = at;
        at += WHITE_SPACE_OR_JOINT.exec(text)?.[0].length ?? 0;
        const start = text.indexOf('{', at);
        const outside = text.slice(at, start < 0 ? text.length : start);
        if (outside.trim() !== '') junk(outside);
        if (start < 0) return;
        at = start;
      }
      const end = this.#findEnd(text, at);
      this.#pieces.push(text.slice(at, end));
      this.#size += end - at;
      at = end;
      if (this.#depth === 0) object(this.take());
    }
  }

  /** Returns the text of the unfinished object, and forgets it. */
  take(): string {
    const text = this.#pieces.join('');
    this.#pieces = [];
    this.#size = 0;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    return text;
  }

  /** The index after the character that closes the object, or the end of `text`. */
  #findEnd(text: string, from: number): number {
    for (let i = from; i < text.length; i++) {
      const char = text[i];
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (char === '\\') this.#escaped = true;
        else if (char === '"') this.#inString = false;
      } else if (char === '"') this.#inString = true;
      else if (char === '{' || char === '[') this.#depth++;
      else if ((char === '}' || char === ']') && --this.#depth === 0) return i + 1;
    }
    return text.length;
  }
}
