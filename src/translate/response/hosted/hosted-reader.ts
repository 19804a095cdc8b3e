/**
 * Reads an answer in which Google may run its own tools beside those of the client. Code that was run, and pages that
 * were read before the text, are told as they come. Google tells the pages that a search found only at the end, and
 * Anthropic before the text that is based on them: so from the first call of a search on, the answer is held back until
 * its end. Where Google does not tell such calls in their places, the whole answer waits.
 */
import { firstCandidate } from '../../../gemini/first-candidate.ts';
import type { Frame } from '../../../gemini/frames.ts';
import type { GroundingMetadata, RequestPart } from '../../../gemini/wire.ts';
import { isObject } from '../../../lib/json.ts';
import type { AnswerPlan } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import type { AnswerCallsOptions } from '../answer-calls.ts';
import type { Reader } from '../attempt-reader.ts';
import type { TurnEvent } from '../turn.ts';
import { calledTools, foundBy } from './called-tools.ts';
import { citedPieces, closing, cutPieces, type Piece, toldPiece } from './citations.ts';
import { CodeCalls } from './code-calls.ts';
import { Fetches } from './fetches.ts';
import { eachSource, type Grounding, listOf, mergeGrounding, readGrounding } from './grounding.ts';
import { isCode } from './hosted-parts.ts';
import { toldSearch } from './told-search.ts';

type TextEvent = Extract<TurnEvent, { type: 'text' }>;

const NO_SEARCH: Grounding = { queries: [], sources: [], supports: [] };

export class HostedReader implements Reader {
  readonly #inner: Reader;
  readonly #plan: AnswerPlan;
  readonly #warn: Warn;
  readonly #code: CodeCalls | undefined;
  readonly #fetches: Fetches | undefined;
  #metadata: GroundingMetadata = {};
  /** For each page in the metadata: the part of the search that had been answered last when it came. */
  readonly #after: (RequestPart | undefined)[] = [];
  /** The text that went on before anything was held back. */
  #passed = '';
  #held: TurnEvent[] = [];

  constructor(inner: Reader, { plan, warn }: Pick<AnswerCallsOptions, 'plan' | 'warn'>) {
    this.#inner = inner;
    this.#plan = plan;
    this.#warn = warn;
    this.#code = plan.code && new CodeCalls(plan.code, warn);
    this.#fetches = plan.fetch && new Fetches(plan.fetch, plan.date, warn);
  }

  get finished(): boolean {
    return this.#inner.finished;
  }

  get rest(): string | undefined {
    return this.#inner.rest;
  }

  read(frame: Frame): TurnEvent[] {
    if (frame.kind === 'content' || frame.kind === 'usage') {
      const candidate = firstCandidate(frame.chunk);
      const metadata = candidate?.groundingMetadata;
      this.#fetches?.note(candidate?.urlContextMetadata);
      if (isObject(metadata)) this.#metadata = mergeGrounding(this.#metadata, metadata);
    }
    const events = this.#through(this.#inner.read(frame));
    this.#placePages();
    return events;
  }

  end(): TurnEvent[] {
    return this.#through(this.#inner.end());
  }

  #through(events: readonly TurnEvent[]): TurnEvent[] {
    return events.flatMap((event) => {
      if (event.type === 'usage') return [event];
      if (event.type === 'thinking') return [...(this.#code?.rest() ?? []), event];
      if (event.type === 'finish') return [...this.#released(event.finish.kind === 'stop-sequence'), event];
      if (this.#held.length > 0 || this.#mustWait() || (event.type === 'hosted' && !isCode(event.part))) {
        this.#held.push(event);
        return [];
      }
      if (event.type === 'text') this.#passed += event.text;
      return [...(this.#fetches?.rest() ?? []), ...this.#toldCode(event)];
    });
  }

  #placePages(): void {
    const count = listOf(this.#metadata.groundingChunks).length;
    if (this.#after.length >= count) return;
    const answer = this.#held.findLast(
      (event) => event.type === 'hosted' && event.part.toolResponse !== undefined,
    );
    const part = answer?.type === 'hosted' ? answer.part : undefined;
    while (this.#after.length < count) this.#after.push(part);
  }

  /** True where a search or a read page may be told later, with nothing in the answer to announce it. */
  #mustWait(): boolean {
    const { search, fetch, callsAreTold } = this.#plan;
    if (callsAreTold || this.#passed !== '') return false;
    return search !== undefined || (fetch !== undefined && this.#fetches?.isEmpty === true);
  }

  /** The events for a part about code; any other event as it is. */
  #toldCode(event: TurnEvent): TurnEvent[] {
    if (event.type === 'hosted') return this.#code?.told(event.part) ?? [];
    return [...(this.#code?.rest() ?? []), event];
  }

  /**
   * What was held back, in Anthropic's order. At a stop sequence the text stays whole: who shows it finds the sequence in
   * it, and upstream has given no pages yet.
   */
  #released(isStopped: boolean): TurnEvent[] {
    this.#placePages();
    const { search: plan } = this.#plan;
    const grounding = plan ? readGrounding(this.#metadata, plan, this.#warn) : NO_SEARCH;
    const pages = eachSource(grounding.sources);
    const called = calledTools(this.#held, this.#warn);
    const arrivals = grounding.sources.map((page, index) => ({ page, after: this.#after[index] }));
    const found = foundBy(called.values(), arrivals, plan?.mostUses, this.#warn);
    const pieces = plan?.cites && !isStopped ? citedPieces(this.#text(), grounding, this.#warn) : [];
    const events: TurnEvent[] = [];
    let texts: TextEvent[] = [];
    let at = this.#passed.length;
    const endTexts = () => {
      const start = at;
      for (const { text } of texts) at += text.length;
      events.push(...this.#cited(texts, cutPieces(pieces, start, at)));
      texts = [];
    };
    for (const event of this.#held) {
      if (event.type === 'text') {
        if (texts.length === 0) events.push(...(this.#code?.rest() ?? []));
        texts.push(event);
        continue;
      }
      endTexts();
      const call = event.type === 'hosted' ? called.get(event.part) : undefined;
      if (call) events.push(...(this.#code?.rest() ?? []));
      if (call?.kind === 'fetch') events.push(...(this.#fetches?.ofCall(call.parts) ?? []));
      else if (call)
        events.push(...toldSearch(call.ref, this.#queryOf(call.queries), found(call), call.parts));
      else if (event.type !== 'hosted' || isCode(event.part)) events.push(...this.#toldCode(event));
    }
    endTexts();
    this.#held = [];
    const isUntold = called.size === 0 && (grounding.queries.length > 0 || pages.length > 0);
    const untold = [
      ...(this.#fetches?.rest() ?? []),
      ...(isUntold ? toldSearch('untold', this.#queryOf(grounding.queries), pages) : []),
    ];
    const all = [...events, ...(this.#code?.end() ?? [])];
    return this.#passed === '' ? [...untold, ...all] : [...all, ...untold];
  }

  /** All queries of a search, or the user's question where Google names none. */
  #queryOf(queries: readonly string[]): string {
    return queries.join('; ') || (this.#plan.search?.question ?? '');
  }

  /** All text of the answer: Google counts its offsets over it. */
  #text(): string {
    const held = this.#held.map((event) => (event.type === 'text' ? event.text : ''));
    return this.#passed + held.join('');
  }

  #cited(texts: readonly TextEvent[], pieces: readonly Piece[]): TurnEvent[] {
    if (!pieces.some(({ sources }) => sources.length > 0)) return [...texts];
    return [...pieces.map(toldPiece), ...closing(texts, this.#warn)];
  }
}
