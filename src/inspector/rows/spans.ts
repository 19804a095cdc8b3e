/** Where the time of a request went, as spans that follow each other. */
import type { TraceEvent } from '../../trace/events.ts';
import type { Span, SpanKind, Total } from '../shapes.ts';

class Spans {
  readonly list: Span[] = [];
  #kind: SpanKind = 'proxy';
  #from = 0;

  /** True once the answer has begun to come. */
  get isAnswering(): boolean {
    return this.#kind === 'thinking' || this.#kind === 'writing';
  }

  /** Ends the present span, and begins another. */
  turnTo(kind: SpanKind, ms: number): void {
    this.#close(ms, this.#kind);
    this.#kind = kind;
    this.#from = ms;
  }

  /** The present attempt has failed, whatever it had brought. */
  fail(began: number, ms: number): void {
    while ((this.list.at(-1)?.from ?? -1) >= began) this.list.pop();
    this.#from = began;
    this.#close(ms, 'failed');
    this.#kind = 'proxy';
    this.#from = ms;
  }

  /** Nothing came within the present span, from one time to another. */
  silence(from: number, to: number): void {
    const kind = this.#kind;
    this.turnTo('silent', Math.max(from, this.#from));
    this.turnTo(kind, to);
  }

  end(ms: number | undefined): readonly Span[] {
    if (ms === undefined) this.list.push({ kind: this.#kind, from: this.#from });
    else this.#close(ms, this.#kind);
    return this.list;
  }

  #close(ms: number, kind: SpanKind): void {
    if (ms > this.#from) this.list.push({ kind, from: this.#from, to: ms });
  }
}

/**
 * The spans of a story; the last one has no end while the request is under way. `silentSince`: when upstream fell silent
 * in the middle of its answer, where it still is.
 */
export function spansOf(events: readonly TraceEvent[], silentSince?: number): readonly Span[] {
  const spans = new Spans();
  let attemptAt: number | undefined;
  for (const event of events) {
    switch (event.type) {
      case 'attempt':
        attemptAt = event.ms;
        spans.turnTo('first', event.ms);
        break;
      case 'failure':
        if (attemptAt !== undefined) spans.fail(attemptAt, event.ms);
        attemptAt = undefined;
        break;
      case 'wait':
        spans.turnTo('waiting', event.ms);
        break;
      case 'waited':
        spans.turnTo('proxy', event.ms);
        break;
      case 'first-thought':
        spans.turnTo('thinking', event.ms);
        break;
      case 'first-content':
        spans.turnTo('writing', event.ms);
        break;
      case 'silence':
        if (event.before === 'more') spans.silence(event.ms - event.forMs, event.ms);
        break;
      case 'end':
        return spans.end(event.ms);
    }
  }
  if (silentSince !== undefined && spans.isAnswering) spans.turnTo('silent', silentSince);
  return spans.end(undefined);
}

/**
 * Milliseconds by kind, in the order in which the kinds first came. `since`: where a span of the kind goes on, its
 * beginning, whose time is not in `ms`.
 */
export function totalsOf(spans: readonly Span[]): Total[] {
  const totals = new Map<SpanKind, Total>();
  for (const { kind, from, to } of spans) {
    const before = totals.get(kind) ?? { kind, ms: 0 };
    totals.set(
      kind,
      to === undefined ? { ...before, since: from } : { ...before, ms: before.ms + to - from },
    );
  }
  return [...totals.values()];
}
