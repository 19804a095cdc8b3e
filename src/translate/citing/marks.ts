/**
 * The marks with which the model tells the sources of its words, since Gemini has no citations of documents. The tags are
 * no words of HTML or of any other language, so no text is taken for a mark. Why they are as they are:
 * docs/decisions/0121-citations.md
 */

const EXAMPLE =
  '<cite-claim><cite-quote doc="1">Words copied from source 1.</cite-quote>Your sentence.</cite-claim>';

/** What the model is told where a request asks for citations. It is always the same bytes. */
export const CITING_INSTRUCTION = `# Citing the sources

Each document and search result of the user has a number, in <number>. Wherever a sentence of your answer is based on one of them, mark that sentence in this form, so that the user is shown its source:

${EXAMPLE}

- <cite-quote> holds what supports the sentence: one or a few whole sentences, copied to the letter from the source with that number, in the language of the source. Leave nothing out of it, and put nothing into it. The user does not read it as a part of your answer.
- For a sentence with several sources, put several <cite-quote> elements before it.
- Your sentence follows the quotes, once, in your own words and in the language of the user, up to </cite-claim>. Where it would be the quoted words themselves, leave it out: the quote is shown in its place.
- What is not based on the sources stands outside of the marks, as usual. Marks do not contain other marks. Do not speak of the marks or the numbers, and use no marks in arguments of tools.`;

export type Mark =
  | { kind: 'text'; text: string }
  | { kind: 'claim'; isEnd: boolean }
  /** `source`: the number that the model names; undefined where it names none. */
  | { kind: 'quote'; isEnd: boolean; source?: number };

/** The most characters of a tag after its name. */
const MOST_ATTRIBUTES = 200;
const NAMES = ['cite-claim', 'cite-quote'];
const MARK = /<(\/?)cite-(claim|quote)((?:[\s/][^<>]{0,200})?)>/gi;
const BEGUN = /^<\/?([a-z-]*)([^<>]*)$/i;

/** True where more characters may make a mark of `tail`, which begins with `<` and has no other one. */
function mayBecomeMark(tail: string): boolean {
  const begun = BEGUN.exec(tail);
  if (!begun) return false;
  const [, name = '', attributes = ''] = begun;
  const lower = name.toLowerCase();
  if (attributes === '') return NAMES.some((mark) => mark.startsWith(lower));
  return NAMES.includes(lower) && /^[\s/]/.test(attributes) && attributes.length <= MOST_ATTRIBUTES;
}

const numberIn = (attributes: string): number | undefined => {
  const digits = /\d{1,6}/.exec(attributes)?.[0];
  return digits === undefined ? undefined : Number(digits);
};

function markOf([, slash, name, attributes = '']: RegExpExecArray): Mark[] {
  const isEnd = slash === '/';
  if (name?.toLowerCase() === 'claim') return [{ kind: 'claim', isEnd }];
  const source = numberIn(attributes);
  // An element that is closed at once holds no words.
  if (!isEnd && attributes.endsWith('/')) return [];
  return [{ kind: 'quote', isEnd, ...(source === undefined ? {} : { source }) }];
}

/** Finds marks in text that comes in pieces. Text that may be the beginning of a mark is held back. */
export class MarkReader {
  #held = '';

  push(text: string): Mark[] {
    const all = this.#held + text;
    const marks: Mark[] = [];
    let from = 0;
    const addText = (end: number) => {
      if (end > from) marks.push({ kind: 'text', text: all.slice(from, end) });
    };
    for (const match of all.matchAll(MARK)) {
      addText(match.index);
      marks.push(...markOf(match));
      from = match.index + match[0].length;
    }
    const last = all.lastIndexOf('<');
    const isHeld = last >= from && mayBecomeMark(all.slice(last));
    this.#held = isHeld ? all.slice(last) : '';
    addText(isHeld ? last : all.length);
    return marks;
  }

  /**
   * What was held back. The text has ended, so it is text; but a broken piece of a mark is not shown. `isCut`: the model
   * would have gone on, so less is enough for a piece of a mark.
   */
  flush(isCut: boolean): Mark[] {
    const text = this.#held;
    this.#held = '';
    const broken = isCut ? /^<\/?c/i : /^<\/?cite-/i;
    return text === '' || broken.test(text) ? [] : [{ kind: 'text', text }];
  }
}

/** The most characters of a mark. */
const LONGEST = MOST_ATTRIBUTES + 16;

/** Keeps texts from making a mark together, where what stood between them is not shown. No text has a mark in it. */
export class MarkGuard {
  #tail = '';

  /** The text that may be shown after everything that was passed before. */
  pass(text: string): string {
    let shown = text;
    for (let end = this.#endOfMark(shown); end > 0; end = this.#endOfMark(shown)) shown = shown.slice(end);
    this.#tail = (this.#tail + shown.slice(-LONGEST)).slice(-LONGEST);
    return shown;
  }

  /** True at the beginning, and after white space. */
  get isAfterSpace(): boolean {
    return this.#tail === '' || /\s$/.test(this.#tail);
  }

  /** How many characters of `text` end a mark that was begun before; 0 where none was. */
  #endOfMark(text: string): number {
    const begun = this.#tail.length;
    for (const { 0: mark, index } of (this.#tail + text.slice(0, LONGEST)).matchAll(MARK))
      if (index < begun && index + mark.length > begun) return index + mark.length - begun;
    return 0;
  }
}
