/** The lines of a request's time line: what happened, in order, each with its span or its moment. */

import type { TraceEvent } from '../../trace/events.ts';
import { duration, limitText } from '../../trace/headline.ts';
import type { KeyMoment } from '../key-moments.ts';
import { changeWords, errorWords, failureWords } from '../plain-words.ts';
import type { Line, Span } from '../shapes.ts';

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;

const WAIT_LABELS = {
  backoff: 'Pause',
  key: 'Waited for a key',
  breaker: 'Waited for the model',
} as const satisfies Record<Of<'wait'>['for'], string>;

const STEP_TEXTS: Readonly<Partial<Record<Of<'step'>['step'], string>>> = {
  'ask-whole': 'asked for the whole answer at once from here on',
  'go-on': 'the rest of the answer is asked for again',
  tell: 'the client gets an answer in its place',
};

const kilobytes = (bytes: number): string =>
  bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;

/** `sizes`: the bytes of the body that was sent at each attempt. */
export type LineFacts = {
  sizes: ReadonlyMap<number, number>;
  moments: readonly KeyMoment[];
  /** Since when nothing has come, where that is long. */
  silentSince?: number | undefined;
  limits: TimeLimits;
};

/** How long the proxy waits for the beginning of an answer, in milliseconds. */
export type TimeLimits = {
  /** Until the first content, counted from the request. */
  requestTimeoutMs: number;
  headTimeoutMs: number;
  idleTimeoutMs: number;
};

/** `head`: what is said of the attempt once its answer has begun. */
type Attempt = { line: Ordered; from: number; head?: string };

type Ordered = Line & { order: number };

class Lines {
  readonly #lines: Ordered[] = [];
  readonly #facts: LineFacts;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #retries = 0;
  #wait: { line: Ordered; event: Of<'wait'> } | undefined;
  #read: number | undefined;
  #firstAt: number | undefined;
  #lastSaid: string | undefined;
  #hasFailed = false;

  constructor(facts: LineFacts) {
    this.#facts = facts;
  }

  hear(event: TraceEvent): void {
    switch (event.type) {
      case 'read':
        this.#read = event.bytes;
        return;
      case 'attempt':
        this.#begin(event);
        return;
      case 'head':
        this.#headCame(event.ms);
        return;
      case 'first-thought':
        this.#sign(event.ms, 'thinking');
        this.#mark('First thought', event.ms, `${duration(event.ms)} after the request came`);
        return;
      case 'first-content':
        this.#sign(event.ms, 'writing');
        this.#mark(
          'First text or call',
          event.ms,
          `${duration(event.ms)} after the request came; from here on nothing is retried`,
        );
        return;
      case 'continued':
        this.#mark('Continued', event.ms, 'Gemini gives the rest of a long answer for another request');
        return;
      case 'silence':
        this.#silence(event);
        return;
      case 'failure':
        this.#fail(event);
        return;
      case 'step':
        this.#step(event);
        return;
      case 'wait':
        this.#waitBegins(event);
        return;
      case 'waited':
        this.#waitEnds(event.ms);
        return;
      default:
        this.#hearRare(event);
        return;
    }
  }

  #hearRare(event: TraceEvent): void {
    switch (event.type) {
      case 'model-replaced': {
        const why =
          event.because === undefined
            ? 'earlier requests have found that it fails'
            : (failureWords(event.because) ?? event.because);
        this.#mark(
          'Model replaced',
          event.ms,
          `${event.from} → ${event.to}: ${why} (MODEL_FALLBACKS)`,
          'slow',
        );
        return;
      }
      case 'mended':
        this.#mark('Sent again', event.ms, `it was refused; this time with other ${event.what}`, 'slow');
        return;
      case 'uploaded':
        this.#mark('Uploaded', event.ms, `${event.media} media, ${kilobytes(event.bytes)}`);
        return;
      case 'answered-here':
        this.#mark('Answered here', event.ms, `${event.what}: no model is asked`);
        return;
      case 'checked':
        this.#mark('Actions checked', event.ms, `${event.calls} by ${event.model}, ${event.flagged} flagged`);
        return;
      case 'warning':
        if (event.code === 'frame-repaired')
          this.#mark('Stream repaired', event.ms, changeWords(event.code, event.path, event.detail), 'slow');
        return;
      case 'error':
        this.#hasFailed = true;
        this.#mark(
          'Error sent to the client',
          event.ms,
          errorWords(event.class ?? event.error, event.message),
          'failed',
        );
        return;
      case 'end':
        this.#end(event);
        return;
    }
  }

  #begin({ ms, model, key, streamed }: Of<'attempt'>): void {
    if (this.#attempts === 0) this.#translated(ms);
    this.#attempts++;
    const line = this.#add(ms, {
      label: `Attempt ${this.#attempts}`,
      detail: `${model} #${key}`,
      spans: [{ kind: 'first', from: ms }],
      text: `${streamed ? '' : 'asked for the whole answer, '}nothing has come yet${this.#givesUp('HEAD_TIMEOUT', ms + this.#facts.limits.headTimeoutMs)}`,
    });
    this.#attempt = { line, from: ms };
  }

  /** The time at which the proxy waits no longer for the first content. */
  #givesUp(setting: string, at: number): string {
    const { requestTimeoutMs } = this.#facts.limits;
    if (this.#firstAt !== undefined || at <= requestTimeoutMs)
      return `; the proxy gives up at ${duration(at)} (${setting})`;
    return `; the proxy gives up at ${duration(requestTimeoutMs)} (REQUEST_TIMEOUT)`;
  }

  #headCame(ms: number): void {
    const attempt = this.#attempt;
    if (!attempt) return;
    const took = duration(ms - attempt.from);
    attempt.head = `200 after ${took}`;
    const until = this.#givesUp('STREAM_IDLE_TIMEOUT', ms + this.#facts.limits.idleTimeoutMs);
    attempt.line.text =
      this.#firstAt === undefined ? `headers came after ${took}, no content yet${until}` : attempt.head;
  }

  #translated(ms: number): void {
    const sent = this.#facts.sizes.get(1);
    const sizes = [
      ...(this.#read === undefined ? [] : [kilobytes(this.#read)]),
      ...(sent === undefined ? [] : [`became ${kilobytes(sent)}`]),
    ];
    const text = [`${duration(ms)}`, sizes.join(' ')].filter((part) => part !== '').join(', ');
    this.#add(0, { label: 'Read and translated', spans: [{ kind: 'proxy', from: 0, to: ms }], text });
  }

  /** Another part of the present attempt's bar begins. */
  #sign(ms: number, kind: 'thinking' | 'writing'): void {
    this.#firstAt ??= ms;
    const attempt = this.#attempt;
    if (!attempt) return;
    attempt.line.text = attempt.head ?? 'under way';
    const spans = attempt.line.spans ?? [];
    attempt.line.spans = [...spans.slice(0, -1), ...closed(spans.at(-1), ms), { kind, from: ms }];
  }

  /** Upstream was silent until now: its own line, and a gap in the attempt's bar. */
  #silence({ ms, forMs, before }: Of<'silence'>): void {
    const from = ms - forMs;
    if (before === 'more') this.#split(from, ms);
    const text =
      before === 'more'
        ? `${duration(forMs)} in which nothing came, in the middle of the answer`
        : `${duration(forMs)} in which no answer began`;
    this.#add(from, {
      label: 'Gemini was silent',
      spans: [{ kind: 'silent', from, to: ms }],
      text,
      sign: 'slow',
    });
  }

  /** The part of the present attempt's bar in which nothing came. */
  #split(from: number, to: number): void {
    const { spans = [] } = this.#attempt?.line ?? {};
    const last = spans.at(-1);
    if (!this.#attempt || !last) return;
    const start = Math.max(from, last.from);
    this.#attempt.line.spans = [
      ...spans.slice(0, -1),
      ...closed(last, start),
      { kind: 'silent', from: start, to },
      { kind: last.kind, from: to },
    ];
  }

  /** Upstream is silent now. */
  isSilentSince(from: number): void {
    const text =
      this.#firstAt === undefined
        ? 'Gemini has not begun to answer yet'
        : 'nothing more has come yet; after STREAM_IDLE_TIMEOUT the answer is broken off';
    this.#add(from, { label: 'Gemini is silent', spans: [{ kind: 'silent', from }], text, sign: 'slow' });
  }

  #fail({ ms, status, class: of, message, quotesAnswer }: Of<'failure'>): void {
    const code = [status, of].filter((part) => part !== undefined).join(' ');
    const words = failureWords(of);
    const text = words === undefined ? code : `${code}: ${words}`;
    const said = quotesAnswer ? '' : this.#said(message);
    const attempt = this.#attempt;
    this.#attempt = undefined;
    if (!attempt) {
      this.#mark('Not sent', ms, `${text}${said}`, 'failed');
      return;
    }
    attempt.line.spans = [{ kind: 'failed', from: attempt.from, to: ms }];
    attempt.line.text = `${text}${said}`;
    attempt.line.sign = 'failed';
  }

  /** What upstream said, once: where a model is down, many attempts fail with the same long text. */
  #said(message: string): string {
    const isKnown = message === this.#lastSaid;
    this.#lastSaid = message;
    return isKnown ? ', with the same message' : `. “${message}”`;
  }

  #step({ ms, step, cost, retriesLeft }: Of<'step'>): void {
    if (cost !== 'nothing') {
      this.#retries++;
      this.#left = retriesLeft;
    }
    const text = STEP_TEXTS[step];
    if (text !== undefined) this.#mark('Next', ms, text);
  }

  #left: number | undefined;

  #waitBegins(event: Of<'wait'>): void {
    const { ms } = event;
    const most = this.#left === undefined ? '' : ` of ${this.#retries + this.#left}`;
    const line = this.#add(ms, {
      label: WAIT_LABELS[event.for],
      ...(event.for === 'backoff' ? { detail: `before retry ${this.#retries}${most}` } : {}),
      ...(event.key === undefined ? {} : { detail: `#${event.key}` }),
      spans: [{ kind: 'waiting', from: ms }],
      text: `until ${duration(event.until)}`,
      sign: 'slow',
    });
    this.#wait = { line, event };
  }

  #waitEnds(ms: number): void {
    const wait = this.#wait;
    if (!wait) return;
    this.#wait = undefined;
    const { line, event } = wait;
    const limit = event.limit === undefined ? '' : `, ${limitText(event.limit)}`;
    line.spans = [{ kind: 'waiting', from: event.ms, to: ms }];
    line.text = `${duration(ms - event.ms)}${limit}`;
  }

  #end({ ms, status, clientLeft }: Of<'end'>): void {
    this.#waitEnds(ms);
    const attempt = this.#attempt;
    if (attempt) {
      attempt.line.text = attempt.head ?? 'no answer had begun';
      const spans = attempt.line.spans ?? [];
      attempt.line.spans = [...spans.slice(0, -1), ...closed(spans.at(-1), ms)];
    }
    this.#mark('End', ms, clientLeft ? 'the client left' : this.#endText(status));
  }

  /** An error that is told in a stream comes after its status. */
  #endText(status: number): string {
    if (!this.#hasFailed || status >= 400) return String(status);
    return `the stream ended with the error; its status, ${status}, had been sent before`;
  }

  #mark(label: string, ms: number, text: string, sign?: Line['sign']): void {
    this.#add(ms, { label, mark: ms, text, sign });
  }

  #add(order: number, line: Line): Ordered {
    const added = { ...line, order };
    this.#lines.push(added);
    return added;
  }

  /** In the order of time, with what happened to the keys meanwhile. */
  all(): Line[] {
    for (const { ms, label, text, sign } of this.#facts.moments) this.#mark(label, ms, text, sign);
    return this.#lines.toSorted((a, b) => a.order - b.order).map(({ order: _order, ...line }) => line);
  }
}

const closed = (span: Span | undefined, to: number): Span[] =>
  span && to > span.from ? [{ ...span, to }] : [];

/** Ends that the proxy finds by itself, before Gemini says why it ended. */
const ENDED_BY_PROXY: ReadonlySet<string> = new Set(['stop_sequence', 'max_tokens']);

export function linesOf(events: readonly TraceEvent[], facts: LineFacts): Line[] {
  const lines = new Lines(facts);
  for (const event of events) lines.hear(event);
  if (facts.silentSince !== undefined) lines.isSilentSince(facts.silentSince);
  const stopped = events.find((event) => event.type === 'stopped');
  const finished = events.findLast((event) => event.type === 'finished');
  const isByProxy = finished === undefined && ENDED_BY_PROXY.has(stopped?.reason ?? '');
  const reason = isByProxy ? `${stopped?.reason}, found by the proxy` : stopped?.reason;
  const why = [finished?.reason, reason].filter((part) => part !== undefined).join(' → ');
  return lines.all().map((line) => (line.label === 'End' && why !== '' ? { ...line, text: why } : line));
}
