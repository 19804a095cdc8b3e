/**
 * Reads an answer in which Google may run its own tools beside those of the client. Google tells the pages that a search
 * found only at the end, and Anthropic before the text that is based on them. So the answer goes on as it comes until
 * the first call of such a tool; what follows is held back until the end.
 */
import type { Frame } from '../../../gemini/frames.ts';
import type { GroundingMetadata, RequestPart } from '../../../gemini/wire.ts';
import { isObject } from '../../../lib/json.ts';
import type { AnswerPlan } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import type { AnswerCallsOptions } from '../answer-calls.ts';
import type { Reader } from '../attempt-reader.ts';
import type { Source, TurnEvent } from '../turn.ts';
import { citedPieces, closing, cutPieces, type Piece, toldPiece } from './citations.ts';
import { eachSource, type Grounding, mergeGrounding, readGrounding } from './grounding.ts';
import { type Found, toldSearch } from './told-search.ts';

type TextEvent = Extract<TurnEvent, { type: 'text' }>;

/** A search that Google made, with its own parts of it. */
type Search = { ref: string; query: string; parts: RequestPart[] };

const NO_SEARCH: Grounding = { queries: [], sources: [], supports: [] };

const idOf = (value: unknown): string | undefined =>
  isObject(value) && typeof value['id'] === 'string' && value['id'] !== '' ? value['id'] : undefined;

function queriesOf({ toolCall }: RequestPart): string[] {
  const args = toolCall?.['args'];
  const queries = isObject(args) ? args['queries'] : undefined;
  return Array.isArray(queries)
    ? queries.filter((query): query is string => typeof query === 'string' && query !== '')
    : [];
}

export class HostedReader implements Reader {
  readonly #inner: Reader;
  readonly #plan: AnswerPlan;
  readonly #warn: Warn;
  #metadata: GroundingMetadata = {};
  /** The text that went on before anything was held back. */
  #passed = '';
  #held: TurnEvent[] = [];

  constructor(inner: Reader, { plan, warn }: Pick<AnswerCallsOptions, 'plan' | 'warn'>) {
    this.#inner = inner;
    this.#plan = plan;
    this.#warn = warn;
  }

  get finished(): boolean {
    return this.#inner.finished;
  }

  get rest(): string | undefined {
    return this.#inner.rest;
  }

  read(frame: Frame): TurnEvent[] {
    if (frame.kind === 'content' || frame.kind === 'usage') {
      const [candidate] = Array.isArray(frame.chunk.candidates) ? frame.chunk.candidates : [];
      const metadata = candidate?.groundingMetadata;
      if (isObject(metadata)) this.#metadata = mergeGrounding(this.#metadata, metadata);
    }
    return this.#through(this.#inner.read(frame));
  }

  end(): TurnEvent[] {
    return this.#through(this.#inner.end());
  }

  #through(events: readonly TurnEvent[]): TurnEvent[] {
    return events.flatMap((event) => {
      if (event.type === 'usage' || event.type === 'thinking') return [event];
      if (event.type === 'finish') return [...this.#released(event.finish.kind === 'stop-sequence'), event];
      if (event.type === 'hosted' || this.#held.length > 0) {
        this.#held.push(event);
        return [];
      }
      if (event.type === 'text') this.#passed += event.text;
      return [event];
    });
  }

  /**
   * What was held back, in Anthropic's order. At a stop sequence the text stays whole: who shows it finds the sequence in
   * it, and upstream has given no pages yet.
   */
  #released(isStopped: boolean): TurnEvent[] {
    const { search: plan } = this.#plan;
    const grounding = plan ? readGrounding(this.#metadata, plan, this.#warn) : NO_SEARCH;
    const pages = eachSource(grounding.sources);
    const searches = this.#searches();
    const pieces = plan?.cites && !isStopped ? citedPieces(this.#text(), grounding, this.#warn) : [];
    const events: TurnEvent[] = [];
    if (searches.size === 0 && (grounding.queries.length > 0 || pages.length > 0)) {
      events.push(...toldSearch('untold', grounding.queries.join('; ') || (plan?.question ?? ''), pages));
    }
    const found = this.#found([...searches.values()], pages);
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
        texts.push(event);
        continue;
      }
      if (event.type !== 'hosted') {
        endTexts();
        events.push(event);
        continue;
      }
      const search = searches.get(event.part);
      if (!search) continue;
      endTexts();
      events.push(...toldSearch(search.ref, search.query, found(search), search.parts));
    }
    endTexts();
    this.#held = [];
    return events;
  }

  /** All text of the answer: Google counts its offsets over it. */
  #text(): string {
    const held = this.#held.map((event) => (event.type === 'text' ? event.text : ''));
    return this.#passed + held.join('');
  }

  /** The searches, each under the part that began it. */
  #searches(): Map<RequestPart, Search> {
    const searches = new Map<RequestPart, Search>();
    for (const event of this.#held) {
      if (event.type !== 'hosted') continue;
      const { part } = event;
      if (part.toolCall) {
        const query = queriesOf(part).join('; ') || (this.#plan.search?.question ?? '');
        const ref = idOf(part.toolCall) ?? `search-${searches.size}`;
        searches.set(part, { ref: `${ref}-${searches.size}`, query, parts: [part] });
        continue;
      }
      const id = idOf(part.toolResponse);
      const call = [...searches.values()].findLast(
        ({ parts: [first, answer] }) => !answer && idOf(first?.toolCall) === id,
      );
      if (call) call.parts.push(part);
      else this.#warn('upstream-unknown', 'answer', 'part left out: toolResponse without its toolCall');
    }
    return searches;
  }

  /**
   * What each search has found. Google does not say which search found which page, so all pages are told with the last
   * search that the client has allowed.
   */
  #found(searches: readonly Search[], pages: readonly Source[]): (search: Search) => Found {
    const allowed = searches.slice(0, this.#plan.search?.mostUses);
    const last = allowed.findLast(({ parts }) => parts.length > 1);
    const surplus = searches.length - allowed.length;
    if (surplus > 0) {
      this.#warn('content-changed', 'answer', `${surplus} searches beyond max_uses are told as refused`);
    }
    return (search) => {
      if (!allowed.includes(search)) return 'max_uses_exceeded';
      if (search.parts.length === 1) return 'unavailable';
      return search === last ? pages : [];
    };
  }

  #cited(texts: readonly TextEvent[], pieces: readonly Piece[]): TurnEvent[] {
    if (!pieces.some(({ sources }) => sources.length > 0)) return [...texts];
    return [...pieces.map(toldPiece), ...closing(texts, this.#warn)];
  }
}
