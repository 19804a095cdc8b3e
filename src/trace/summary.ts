/**
 * Sums up one request's story. The request's line in the log, its row on a page and the counts are made from this
 * summary.
 */
import type { TraceEvent, WaitFor } from './events.ts';

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;

/** An attempt that failed, and how long it took. */
export type FailedAttempt = { failure: Of<'failure'>; tookMs: number };

export type Wait = {
  for: WaitFor | 'upload';
  key: string | undefined;
  limit: string | undefined;
  tookMs: number;
};

/** Tokens are counted as in `usage`. Dollars are undefined where the price of any part is not known. */
export type Spent = {
  requests: number;
  in: number;
  cached: number;
  out: number;
  thinking: number;
  dollars: number | undefined;
  listDollars: number | undefined;
};

/** For a part without a list price: undefined is nothing, since no maker would ask money for it. */
export function addedTo(before: Spent | undefined, part: Of<'spent'>): Spent {
  if (!before)
    return { ...tokensOf(part), requests: 1, dollars: part.dollars, listDollars: part.listDollars };
  const { dollars, listDollars } = before;
  return {
    requests: before.requests + 1,
    in: before.in + part.in,
    cached: before.cached + part.cached,
    out: before.out + part.out,
    thinking: before.thinking + part.thinking,
    dollars: dollars === undefined || part.dollars === undefined ? undefined : dollars + part.dollars,
    listDollars: listDollars === undefined ? part.listDollars : listDollars + (part.listDollars ?? 0),
  };
}

const tokensOf = ({ in: fresh, cached, out, thinking }: Of<'spent'>) => ({
  in: fresh,
  cached,
  out,
  thinking,
});

export class Summary {
  received: Of<'received'> | undefined;
  asked: Of<'asked'> | undefined;
  /** The model that is to answer, or has answered. */
  model: string | undefined;
  /** The model that was asked last; undefined where nothing was sent. */
  sentTo: string | undefined;
  /** The key that was asked last. */
  key: string | undefined;
  /** The model that should have answered. */
  replaced: { model: string; because: string | undefined } | undefined;
  /** What the user should know of the model. */
  notice: string | undefined;
  /** The kind of request that was answered here, without upstream. */
  answeredHere: string | undefined;
  /** What is not as it was recorded, where a replay answers. */
  replayed: string | undefined;
  retries = 0;
  /** The number of further requests over which the answer went on. */
  continued = 0;
  failovers = 0;
  /** What was changed in the request after refusals. */
  readonly mended: string[] = [];
  /** The number of warnings, without the routine ones. */
  warnings = 0;
  readonly failed: FailedAttempt[] = [];
  readonly waits: Wait[] = [];
  /** The silences of upstream that a person would notice. */
  readonly silences: Of<'silence'>[] = [];
  firstThoughtMs: number | undefined;
  firstContentMs: number | undefined;
  /** Milliseconds from the beginning of the attempt that brought content to its first content. Waits and failed attempts do not count. */
  modelTookMs: number | undefined;
  usage: Of<'usage'> | undefined;
  checked: Of<'checked'> | undefined;
  /** All that the request has cost; undefined where upstream has counted nothing. */
  spent: Spent | undefined;
  /** What of it was for attempts that failed; undefined where upstream has counted nothing for them. */
  lost: Spent | undefined;
  stopped: Of<'stopped'> | undefined;
  error: Of<'error'> | undefined;
  end: Of<'end'> | undefined;
  /** The time at which the present attempt began. */
  #attemptAt: number | undefined;
  #wait: Of<'wait'> | undefined;

  hear(event: TraceEvent): void {
    switch (event.type) {
      case 'received':
      case 'asked':
      case 'usage':
      case 'stopped':
      case 'error':
      case 'answered-here':
      case 'checked':
      case 'replayed':
        this.#keep(event);
        return;
      case 'chosen':
        this.model = event.model;
        return;
      case 'model-replaced':
        this.#replace(event);
        return;
      case 'model-notice':
        this.notice ??= event.notice;
        return;
      case 'warning':
        if (!event.routine) this.warnings++;
        return;
      case 'attempt':
      case 'continued':
      case 'uploaded':
        this.#begin(event);
        return;
      case 'failure':
        this.#fail(event);
        return;
      case 'step':
        this.#countStep(event);
        return;
      case 'mended':
        this.mended.push(event.what);
        return;
      case 'wait':
        this.#wait = event;
        return;
      case 'waited':
        this.#endWait(event.ms);
        return;
      case 'silence':
        this.silences.push(event);
        return;
      case 'first-thought':
        this.firstThoughtMs = event.ms;
        return;
      case 'first-content':
        this.firstContentMs = event.ms;
        this.modelTookMs = event.ms - (this.#attemptAt ?? 0);
        return;
      case 'spent':
        this.#spend(event);
        return;
      case 'end':
        this.end = event;
        this.#endWait(event.ms);
        return;
    }
  }

  /** The milliseconds to the first text or thought; undefined before it has come. */
  get firstSignMs(): number | undefined {
    return this.firstThoughtMs ?? this.firstContentMs;
  }

  #replace({ from, to, because }: Of<'model-replaced'>): void {
    this.replaced ??= { model: from, because };
    this.model = to;
  }

  #spend(event: Of<'spent'>): void {
    this.spent = addedTo(this.spent, event);
    if (event.isLost) this.lost = addedTo(this.lost, event);
  }

  #countStep({ step, cost }: Of<'step'>): void {
    if (cost !== 'nothing') this.retries++;
    if (step === 'other-key') this.failovers++;
  }

  /** Notes a failure. An attempt that could not be made took no time, and does not count as an attempt. */
  #fail(failure: Of<'failure'>): void {
    const began = this.#attemptAt;
    this.#attemptAt = undefined;
    if (began !== undefined) this.failed.push({ failure, tookMs: failure.ms - began });
  }

  #keep(
    event: Of<
      'received' | 'asked' | 'usage' | 'stopped' | 'error' | 'answered-here' | 'checked' | 'replayed'
    >,
  ): void {
    if (event.type === 'received') this.received = event;
    else if (event.type === 'asked') this.asked = event;
    else if (event.type === 'usage') this.usage = event;
    else if (event.type === 'stopped') this.stopped = event;
    else if (event.type === 'error') this.error = event;
    else if (event.type === 'checked') this.checked = event;
    else if (event.type === 'replayed') this.replayed = event.how;
    else {
      this.answeredHere = event.what;
      // The model that was chosen is not asked.
      this.model = undefined;
    }
  }

  /** Notes that the model is asked now. */
  #begin(event: Of<'attempt' | 'continued' | 'uploaded'>): void {
    const before = this.#attemptAt ?? event.ms;
    this.#attemptAt = event.ms;
    if (event.type === 'continued') this.continued++;
    else if (event.type === 'attempt') {
      this.model = event.model;
      this.sentTo = event.model;
      this.key = event.key;
    } else this.waits.push({ for: 'upload', key: undefined, limit: undefined, tookMs: event.ms - before });
  }

  /** Ends the present wait. A wait that is still open when the request ends, ends together with the request. */
  #endWait(now: number): void {
    const wait = this.#wait;
    if (!wait) return;
    this.#wait = undefined;
    this.waits.push({ for: wait.for, key: wait.key, limit: wait.limit, tookMs: now - wait.ms });
  }
}
