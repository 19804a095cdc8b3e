/**
 * Reads an answer for which Google did nothing but search the web. Anthropic sends the search before the text that is based on it;
 * Google sends the search after the text. So the text is held back until the end. Until then another attempt is
 * possible, and pings keep the client waiting.
 */
import { firstCandidate } from '../../../gemini/first-candidate.ts';
import type { Frame } from '../../../gemini/frames.ts';
import type { GroundingMetadata } from '../../../gemini/wire.ts';
import { isObject } from '../../../lib/json.ts';
import type { AnswerPlan, SearchPlan } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import type { AnswerCallsOptions } from '../answer-calls.ts';
import type { Reader } from '../attempt-reader.ts';
import { PartsReader } from '../parts.ts';
import { StopScanner } from '../stop-scanner.ts';
import { TokenLimit } from '../token-limit.ts';
import type { TurnEvent } from '../turn.ts';
import { citedPieces, closing, cutPieces, toldPiece } from './citations.ts';
import { eachSource, mergeGrounding, readGrounding } from './grounding.ts';
import { toldSearch } from './told-search.ts';

type TextEvent = Extract<TurnEvent, { type: 'text' }>;

export class SearchReader implements Reader {
  /** Always false: the findings of the search come at the very end, however much of the text is shown. */
  readonly finished = false;
  readonly #plan: AnswerPlan;
  readonly #search: SearchPlan;
  readonly #warn: Warn;
  readonly #parts: PartsReader;
  readonly #limit: TokenLimit;
  #metadata: GroundingMetadata = {};
  #texts: TextEvent[] = [];
  /** The first end that was found. It is ours, if the text went beyond `max_tokens`. */
  #finish: TurnEvent | undefined;

  constructor(options: AnswerCallsOptions, search: SearchPlan) {
    this.#plan = options.plan;
    this.#search = search;
    this.#warn = options.warn;
    const limit = new TokenLimit(options.plan.maxTokens, options.warn);
    this.#limit = limit;
    this.#parts = new PartsReader({ ...options, mayGoOn: () => !limit.isFull && options.mayGoOn() });
  }

  get rest(): string | undefined {
    return this.#parts.rest;
  }

  read(frame: Frame): TurnEvent[] {
    if (frame.kind === 'content' || frame.kind === 'usage') {
      const candidate = firstCandidate(frame.chunk);
      const metadata = candidate?.groundingMetadata;
      if (isObject(metadata)) this.#metadata = mergeGrounding(this.#metadata, metadata);
    }
    return this.#withoutText(this.#limit.within(this.#parts.read(frame)));
  }

  end(): TurnEvent[] {
    const last = this.#withoutText(this.#limit.within(this.#parts.end()));
    if (this.rest !== undefined) return last;
    if (this.#finish) last.push(this.#finish);
    const grounding = readGrounding(this.#metadata, this.#search, this.#warn);
    // A model may answer without searching; then there is no search to show.
    if (grounding.queries.length === 0 && grounding.sources.length === 0) return [...this.#texts, ...last];
    const { queries, sources } = grounding;
    const query = queries.join('; ') || this.#search.question;
    const search = toldSearch('search', query, eachSource(sources));
    const text = this.#texts.map((event) => event.text).join('');
    const pieces = this.#search.cites ? citedPieces(text, grounding, this.#warn) : [];
    if (!pieces.some((piece) => piece.sources.length > 0)) return [...search, ...this.#texts, ...last];
    // A stop sequence may begin in one piece and end in the next, so the whole text is searched.
    const { text: shown, stoppedAt } = new StopScanner(this.#plan.stopSequences).push(text);
    const told = (stoppedAt === undefined ? pieces : cutPieces(pieces, 0, shown.length)).map(toldPiece);
    if (stoppedAt === undefined) return [...search, ...told, ...closing(this.#texts, this.#warn), ...last];
    return [...search, ...told, { type: 'finish', finish: { kind: 'stop-sequence', sequence: stoppedAt } }];
  }

  #withoutText(events: TurnEvent[]): TurnEvent[] {
    return events.filter((event) => {
      if (event.type === 'text') this.#texts.push(event);
      else if (event.type === 'finish') this.#finish ??= event;
      else return true;
      return false;
    });
  }
}
