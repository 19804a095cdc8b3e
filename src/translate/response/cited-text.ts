/**
 * Reads the marks with which the model tells the sources of its words. What a mark says becomes a turn event; the text
 * goes on without marks, and as soon as it has come. No text of the model is lost: a quotation that stands for nothing
 * else is shown itself, and a mark that makes no sense is left out alone.
 */
import type { SourceCitation } from '../../anthropic/answer-citations.ts';
import { type Mark, MarkGuard, MarkReader } from '../citing/marks.ts';
import { LONGEST_QUOTE, Quotations } from '../citing/quotations.ts';
import type { Source } from '../citing/source.ts';
import type { Warn } from '../warnings.ts';
import { stopReasonOf } from './stop-reason.ts';
import { isContent, type TurnEvent } from './turn.ts';

type TextEvent = Extract<TurnEvent, { type: 'text' }>;
type Quote = { source: number | undefined; text: string; guard: MarkGuard };

/** `quotes`: the words of the quotations, which are shown where no statement follows. `early`: text before any of them. */
type Claim = { citations: SourceCitation[]; quotes: string[]; early: string; isTold: boolean };

/** A text block: what it is based on. Text that is based on nothing has no block of its own kind. */
type Block = readonly SourceCitation[] | undefined;

/** The most characters that wait for a quotation which may still come. */
const MOST_EARLY = 8_000;

/** True where the answer ends in the middle of what the model was writing. */
const isCut = (event: TurnEvent): boolean =>
  event.type === 'finish' &&
  !(event.finish.kind === 'finished' && stopReasonOf(event.finish.reason, false) === 'end_turn');

const isSame = (a: SourceCitation, b: SourceCitation): boolean => JSON.stringify(a) === JSON.stringify(b);

export class CitedText {
  readonly #quotations: Quotations;
  readonly #warn: Warn;
  readonly #marks = new MarkReader();
  readonly #guard = new MarkGuard();
  #claim: Claim | undefined;
  #quote: Quote | undefined;
  /** The block of the text that was told last, once there was any. */
  #block: { is: Block } | undefined;
  /** White space that waits for text: no block may have nothing else. */
  #blank: { text: string; block: Block } | undefined;
  #found = 0;
  #lost = 0;
  #events: TurnEvent[] = [];

  constructor(sources: readonly Source[], warn: Warn) {
    this.#quotations = new Quotations(sources);
    this.#warn = warn;
  }

  /** The events with their marks read. */
  read(events: readonly TurnEvent[]): TurnEvent[] {
    for (const event of events) {
      if (event.type === 'text') this.#text(event);
      else {
        if (isContent(event)) this.#endText(isCut(event));
        if (event.type === 'finish') this.#report();
        this.#events.push(event);
      }
    }
    return this.#events.splice(0);
  }

  #text(event: TextEvent): void {
    const before = this.#events.length;
    for (const mark of this.#marks.push(event.text)) this.#mark(mark);
    const { signature } = event;
    if (signature === undefined) return;
    const [told, ...more] = this.#events.slice(before);
    if (event.text === '') this.#events.push(event);
    else if (told?.type === 'text' && told.text === event.text && more.length === 0)
      told.signature = signature;
    else this.#warn('signature', 'answer', 'signature of a text left out: it had marks of citations in it');
  }

  #mark(mark: Mark): void {
    if (mark.kind === 'text') this.#words(mark.text);
    else if (mark.kind === 'claim') {
      this.#endClaim();
      if (!mark.isEnd) this.#claim = { citations: [], quotes: [], early: '', isTold: false };
    } else {
      this.#endQuote();
      if (!mark.isEnd) this.#quote = { source: mark.source, text: '', guard: new MarkGuard() };
    }
  }

  #words(text: string): void {
    const [quote, claim] = [this.#quote, this.#claim];
    if (quote) {
      quote.text += quote.guard.pass(text);
      if (quote.text.length > LONGEST_QUOTE) this.#breakOff();
    } else if (claim) this.#statement(text, claim);
    else this.#show(text, undefined);
  }

  #statement(text: string, claim: Claim): void {
    claim.early += text;
    const waits = claim.quotes.length === 0 && claim.early.length < MOST_EARLY;
    if (claim.isTold || !(waits || claim.early.trim() === '')) this.#tellStatement(claim);
  }

  #tellStatement(claim: Claim): void {
    // The white space around the marks is not the model's.
    const isDouble = !claim.isTold && this.#guard.isAfterSpace;
    const text = isDouble ? claim.early.trimStart() : claim.early;
    claim.early = '';
    claim.isTold = true;
    this.#show(text, claim.citations.length > 0 ? claim.citations : undefined);
  }

  #endQuote(): void {
    const quote = this.#quote;
    if (!quote) return;
    this.#quote = undefined;
    if (quote.text.trim() === '') return;
    // The sources of a text come before the text.
    const citation = this.#claim?.isTold ? undefined : this.#quotations.find(quote.text, quote.source);
    if (citation) this.#found++;
    else this.#lost++;
    const claim = this.#claim ?? { citations: [], quotes: [], early: '', isTold: false };
    if (citation && !claim.citations.some((known) => isSame(known, citation))) claim.citations.push(citation);
    claim.quotes.push(quote.text);
    if (!this.#claim) this.#tellQuotes(claim);
  }

  #endClaim(): void {
    this.#endQuote();
    const claim = this.#claim;
    if (!claim) return;
    this.#claim = undefined;
    if (claim.isTold || claim.early.trim() !== '') this.#tellStatement(claim);
    else this.#tellQuotes(claim);
  }

  #tellQuotes(claim: Claim): void {
    claim.early = claim.quotes.join(' ');
    this.#tellStatement(claim);
  }

  /** Ends what is open. A quotation that breaks off is text like any other. */
  #breakOff(): void {
    const quote = this.#quote;
    this.#quote = undefined;
    this.#endClaim();
    if (quote) this.#show(quote.text, undefined);
  }

  #endText(isCut: boolean): void {
    for (const mark of this.#marks.flush(isCut)) this.#mark(mark);
    this.#breakOff();
    this.#tellBlank();
    // What comes next may be read by another reader, which knows nothing of these citations.
    if (this.#block?.is) this.#events.push({ type: 'citing', citations: [] });
    this.#block = undefined;
  }

  #show(said: string, block: Block): void {
    const shown = this.#guard.pass(said);
    if (shown === '') return;
    const isOpen = this.#block?.is === block && this.#block !== undefined;
    // White space between two blocks belongs to the first of them, and white space before all text to that text.
    if (!isOpen && this.#block && this.#blank && this.#blank.block !== block) this.#tellBlank();
    const text = (this.#blank?.text ?? '') + shown;
    this.#blank = undefined;
    if (!isOpen && text.trim() === '') {
      this.#blank = { text, block };
      return;
    }
    if (!isOpen) this.#open(block);
    this.#events.push({ type: 'text', text });
  }

  #open(block: Block): void {
    if (block || this.#block) this.#events.push({ type: 'citing', citations: block ?? [] });
    this.#block = { is: block };
  }

  #tellBlank(): void {
    const blank = this.#blank;
    this.#blank = undefined;
    if (blank) this.#events.push({ type: 'text', text: blank.text });
  }

  #report(): void {
    if (this.#lost === 0) return;
    const all = this.#found + this.#lost;
    const why = 'their words are not in the sources';
    this.#warn('content-changed', 'answer', `${this.#lost} of ${all} citations left out: ${why}`);
  }
}
