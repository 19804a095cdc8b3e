/**
 * Decodes server-sent events from text, whole events at a time, however the text is sliced. It follows the WHATWG rules
 * for line ends (LF, CRLF, CR), fields and comments, but loses nothing. A last event without its blank line is given
 * out as incomplete. A line that is no field is given out as `stray`, since error bodies come without framing. An event
 * or a line above the limit is given out as `oversized` at once, and its rest, up to the next blank line, is dropped.
 */

export type SseItem =
  /** The data lines of one event. `complete` is false where the stream ended before the blank line. */
  | { type: 'event'; data: string[]; complete: boolean }
  | { type: 'stray'; line: string }
  | { type: 'oversized' };

const FIELD = /^(?:data|event|id|retry)(?::|$)/;
const LINE_END = /\r\n|\n|\r/g;
const BYTE_ORDER_MARK = '\uFEFF';
const OMITTED = '…';

export class SseDecoder {
  readonly #limit: number;
  /**
   * Pieces of the unfinished line. They are joined only when the line ends, so a huge line is not scanned again and
   * again.
   */
  #partial: string[] = [];
  #partialSize = 0;
  /** True where the last text ended in CR: an LF at the start of the next text belongs to this CR. */
  #afterCarriageReturn = false;
  #started = false;
  #data: string[] = [];
  #dataSize = 0;
  #state: 'reading' | 'letting go' = 'reading';
  /** True once a byte order mark was dropped. */
  sawByteOrderMark = false;

  /** `limit` counts characters: of the data of one event with its line ends, or of any one line. */
  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** True where an event has begun and not ended. */
  get open(): boolean {
    const [begun = ':'] = this.#partial;
    return this.#data.length > 0 || this.#state === 'letting go' || !begun.startsWith(':');
  }

  feed(text: string): SseItem[] {
    let rest = this.#withoutMark(text);
    if (this.#afterCarriageReturn && rest !== '') {
      this.#afterCarriageReturn = false;
      if (rest.startsWith('\n')) rest = rest.slice(1);
    }
    const items: SseItem[] = [];
    let from = 0;
    LINE_END.lastIndex = 0;
    for (let match = LINE_END.exec(rest); match; match = LINE_END.exec(rest)) {
      this.#line(this.#takePartial(rest.slice(from, match.index)), items);
      from = match.index + match[0].length;
    }
    if (from < rest.length) this.#keepPartial(rest.slice(from), items);
    else if (rest.endsWith('\r')) this.#afterCarriageReturn = true;
    return items;
  }

  /** The items that are left when the body has ended. */
  end(): SseItem[] {
    const items: SseItem[] = [];
    if (this.#partial.length > 0) this.#line(this.#takePartial(''), items);
    this.#dispatch(items, false);
    return items;
  }

  #withoutMark(text: string): string {
    if (this.#started || text === '') return text;
    this.#started = true;
    if (!text.startsWith(BYTE_ORDER_MARK)) return text;
    this.sawByteOrderMark = true;
    return text.slice(1);
  }

  #takePartial(tail: string): string {
    if (this.#partial.length === 0) return tail;
    this.#partial.push(tail);
    const line = this.#partial.join('');
    this.#partial = [];
    this.#partialSize = 0;
    return line;
  }

  #keepPartial(piece: string, items: SseItem[]): void {
    // Of a dropped line only one thing matters: that it is not blank.
    if (this.#state === 'letting go' && this.#partial.length > 0) return;
    this.#partial.push(piece);
    this.#partialSize += piece.length;
    if (this.#isOver(this.#partialSize)) this.#letGo(items);
  }

  /** True where a line makes the event too long. The result is the same whether the line comes at once or in pieces. */
  #isOver(lineSize: number): boolean {
    return this.#state === 'reading' && this.#dataSize + lineSize > this.#limit;
  }

  #letGo(items: SseItem[]): void {
    this.#data = [];
    this.#dataSize = 0;
    if (this.#partial.length > 0) this.#partial = [OMITTED];
    this.#state = 'letting go';
    items.push({ type: 'oversized' });
  }

  #keepData(data: string): void {
    this.#data.push(data);
    this.#dataSize += data.length + 1;
  }

  #line(line: string, items: SseItem[]): void {
    if (this.#isOver(line.length)) this.#letGo(items);
    if (this.#state === 'letting go') {
      if (line === '') this.#state = 'reading';
    } else if (line === '') this.#dispatch(items, true);
    else if (line.startsWith('data:')) this.#keepData(line.slice(line[5] === ' ' ? 6 : 5));
    else if (line === 'data') this.#keepData('');
    else if (!line.startsWith(':') && !FIELD.test(line)) {
      this.#dispatch(items, true);
      items.push({ type: 'stray', line });
    }
  }

  #dispatch(items: SseItem[], complete: boolean): void {
    if (this.#data.length === 0) return;
    items.push({ type: 'event', data: this.#data, complete });
    this.#data = [];
    this.#dataSize = 0;
  }
}
