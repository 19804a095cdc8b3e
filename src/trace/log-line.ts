/**
 * Writes the log of requests. Each request leaves one line when it has ended. Earlier lines are written only about what
 * a waiting user should know: its first failure, a long wait, another model. No line ever contains headers or content.
 */
import type { LogFields, Logger } from '../lib/log.ts';
import type { StepName, TraceEvent } from './events.ts';
import { count, dollarText, duration, headline, limitText, silentMs } from './headline.ts';
import { isHeldUp, type Oddness, Ordinary } from './odd.ts';
import { SessionCache, type SessionShare } from './session-cache.ts';
import { Summary } from './summary.ts';
import type { Listener, Subscriber } from './trace.ts';

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;
type Level = 'debug' | 'info' | 'warn' | 'error';

/**
 * The most warnings of a request that are logged one by one. The request's own line has the number of all warnings. A
 * body could cause a million.
 */
const MOST_WARNINGS_TOLD = 100;
/** Milliseconds. A user who waits longer begins to wonder. */
const LONG_WAIT = 5_000;

/** The statuses that tell the client to come back later. The reason has a log line of its own elsewhere. */
const LATER = new Set([503, 529]);

const NEXT: Readonly<Record<StepName, string>> = {
  retry: 'tried again',
  'other-key': 'another key is asked',
  'wait-for-key': 'waits for a key',
  'other-model': 'another model is asked',
  resend: 'sent again, without what was refused',
  'ask-whole': 'asked again, for the whole answer at once',
  'go-on': 'the rest of the answer is asked for again',
  tell: 'told as an answer',
  'give-up': 'given up',
};

/** Makes the line of each request, and remembers what is usual, to say what is unusual. */
export function requestLog(logger: Logger): Subscriber {
  const memory: Memory = { ordinary: new Ordinary(), sessions: new SessionCache() };
  return (id) => {
    const log = new RequestLog(id, logger, memory);
    return (event) => log.hear(event);
  };
}

/** What is remembered from one request to the next. */
type Memory = { ordinary: Ordinary; sessions: SessionCache };

/** A failure, and the step that follows it. */
type Failed = { failure: Of<'failure'>; step: Of<'step'> };

class RequestLog {
  readonly #id: string;
  readonly #logger: Logger;
  readonly #memory: Memory;
  readonly #summary = new Summary();
  #warnings = 0;
  /** The failure of the latest attempt, until the step that follows it is known. */
  #failure: Of<'failure'> | undefined;
  #pending: Failed | undefined;
  #hasFailed = false;

  constructor(id: string, logger: Logger, memory: Memory) {
    this.#id = id;
    this.#logger = logger;
    this.#memory = memory;
  }

  readonly hear: Listener = (event) => {
    const pending = this.#pending;
    this.#pending = undefined;
    const isTold = pending !== undefined && this.#failed(pending, event);
    this.#summary.hear(event);
    switch (event.type) {
      case 'warning':
        return this.#warning(event);
      case 'failure':
        this.#failure = event;
        return;
      case 'step':
        return this.#step(event);
      case 'wait':
        return this.#wait(event, isTold);
      case 'model-replaced':
        return this.#replaced(event, isTold);
      case 'checked':
        return this.#checked(event);
      case 'note':
        return this.#write('debug', event.detail, event.what);
      case 'error':
        if (event.bug !== undefined) this.#write('error', { error: event.bug }, 'unexpected error');
        return;
      case 'end':
        return this.#end(event);
    }
  };

  #write(level: Level, fields: LogFields, message: string, forPeople?: () => readonly string[]): void {
    this.#logger[level]({ request_id: this.#id, ...fields }, message, forPeople);
  }

  #warning({ code, path, detail }: Of<'warning'>): void {
    if (this.#warnings++ < MOST_WARNINGS_TOLD) this.#write('debug', { code, path, detail }, 'warning');
  }

  /**
   * Logs the first failure of a request when it happens, with the step that follows it: the request's end may be
   * minutes away. A failure that ends the request is logged at that end. Returns true for the first failure.
   */
  #failed({ failure, step: { step, cost, retriesLeft } }: Failed, next: TraceEvent): boolean {
    const isFirst = !this.#hasFailed;
    this.#hasFailed = true;
    const { model, key } = this.#summary;
    const { class: of, status, quotesAnswer, toldWaitMs } = failure;
    const reason = quotesAnswer ? undefined : failure.message;
    const isQuick = step === 'other-key' || step === 'resend';
    const what = [status, of].filter(Boolean).join(' ');
    this.#write(
      isFirst ? (isQuick ? 'info' : 'warn') : 'debug',
      {
        gemini_model: model,
        key: keyText(key),
        class: of,
        status,
        reason,
        told_wait_ms: toldWaitMs,
        next: step,
        wait_ms: next.type === 'wait' ? Math.round(next.until - next.ms) : undefined,
        cost,
        retries_left: retriesLeft,
      },
      'attempt failed',
      () => [
        `${this.#who()}${key === undefined ? '' : ` with key #${key}`}  ${what}: ${this.#nextText(step, next)}`,
        ...(reason === undefined ? [] : [reason]),
      ],
    );
    return isFirst;
  }

  /** The words for a step. `next` is the event after the step, which says more about it. */
  #nextText(step: StepName, next: TraceEvent): string {
    if (next.type === 'model-replaced') return `${next.to} is asked in its place`;
    if (next.type !== 'wait') return NEXT[step];
    return next.for === 'backoff'
      ? `${NEXT[step]} in ${duration(next.until - next.ms)}`
      : this.#waitText(next);
  }

  #waitText({ for: what, key, limit, until, ms }: Of<'wait'>): string {
    const whom = what === 'breaker' ? `${this.#summary.model}, which keeps failing` : `key #${key}`;
    return `waits up to ${duration(until - ms)} for ${whom}${limit === undefined ? '' : `: ${limitText(limit)}`}`;
  }

  #step(step: Of<'step'>): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure && step.step !== 'give-up') this.#pending = { failure, step };
  }

  /** Logs a wait. `isTold`: people have just read about this wait in the line about the failure. */
  #wait(wait: Of<'wait'>, isTold: boolean): void {
    const { for: what, key, limit } = wait;
    const left = Math.round(wait.until - wait.ms);
    // A wait between two attempts was already logged with the failure before it.
    if (what === 'backoff' || left < LONG_WAIT) return;
    const fields = { gemini_model: this.#summary.model, key: keyText(key), for: what, limit, wait_ms: left };
    this.#write('info', fields, 'waiting', () => (isTold ? [] : [`${this.#who()}  ${this.#waitText(wait)}`]));
  }

  /**
   * Logs that another model answers. If earlier requests found that the model fails, their lines say so. `isTold`:
   * people have just read about it in the line about the failure.
   */
  #replaced({ from, to, because }: Of<'model-replaced'>, isTold: boolean): void {
    if (because === undefined) return;
    this.#write('warn', { from, to, class: because }, 'model replaced', () =>
      isTold ? [] : [`${this.#summary.asked?.model}  ${to} is asked in place of ${from} (${because})`],
    );
  }

  /** Logs that calls could not be judged: the client asks its user about them, who wonders why. */
  #checked({ problem, model, unknown }: Of<'checked'>): void {
    if (!problem) return;
    const { class: of, message } = problem;
    this.#write('warn', { gemini_model: model, class: of, reason: message, unknown }, 'not checked', () => [
      `${this.#who()}  ${model} could not say whether ${count(unknown)} of its actions may run (${of})`,
      ...(message === undefined ? [] : [message]),
    ]);
  }

  #end({ status, ms }: Of<'end'>): void {
    const { received } = this.#summary;
    const oddness = this.#memory.ordinary.judge(this.#summary);
    const share = this.#memory.sessions.add(this.#summary);
    this.#write(
      levelOf(this.#summary, status),
      { ...lineFields(this.#summary, status, ms), session_cached_percent: share?.percent },
      `${received?.method} ${received?.path} ${status}`,
      () => this.#lines(status, ms, oddness, share),
    );
  }

  /**
   * The model in the client's request and the Gemini model (`big-1 → model-a`), or method and path where the request
   * asks no model.
   */
  #who(): string {
    const { asked, model, received } = this.#summary;
    if (!asked) return `${received?.method} ${received?.askedPath ?? received?.path}`;
    return model === undefined || model === asked.model ? asked.model : `${asked.model} → ${model}`;
  }

  #lines(status: number, ms: number, oddness: Oddness, share: SessionShare | undefined): string[] {
    const {
      asked,
      usage,
      stopped,
      error,
      end,
      mended,
      continued,
      warnings,
      notice,
      replayed,
      checked,
      spent,
    } = this.#summary;
    // An error that comes after the head has no HTTP status of its own.
    const failed = error && (status < 400 ? `then ${error.error}` : error.error);
    const how = end?.clientLeft ? 'the client left' : (failed ?? stopped?.reason ?? '');
    const first = [
      this.#who(),
      `${status} ${how}`.trimEnd(),
      usage ? `${count(usage.in + usage.cached)} in${cacheText(usage)}, ${count(usage.out)} out` : '',
      // The line of a session's first request says as much by its own figures.
      share && !share.isFirst ? `cache ${share.percent} %` : '',
      spent?.dollars === undefined ? '' : dollarText(spent.dollars),
      duration(ms),
      asked?.client ?? '',
      asked && asked.caller !== 'main' ? `(${asked.caller})` : '',
      notice === undefined ? '' : `(${notice})`,
      replayed === undefined ? '' : `(replay: ${replayed})`,
      checked ? checkText(checked) : '',
    ];
    if (warnings > 0) first.push(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'} (LOG_LEVEL=debug)`);
    // A request that failed at once needs no more words than its error.
    const isTold = oddness.sign === 'slow' || mended.length > 0 || continued > 0 || isHeldUp(this.#summary);
    return [
      first.filter((part) => part !== '').join('  '),
      ...(error && !error.quotesAnswer ? [error.message] : []),
      ...(isTold ? [headline(this.#summary, oddness)] : []),
    ];
  }
}

/** "2 actions checked, 1 flagged, 1,204 in, 61 out": what the verdicts are, and what they cost. */
function checkText({ calls, flagged, unknown, requests, ...tokens }: Of<'checked'>): string {
  const parts = [
    `${calls} ${calls === 1 ? 'action' : 'actions'} checked`,
    flagged > 0 ? `${flagged} flagged` : '',
    unknown > 0 ? `${unknown} without a verdict` : '',
    requests > 0 ? `${count(tokens.in + tokens.cached)} in, ${count(tokens.out)} out` : '',
  ];
  return `(${parts.filter((part) => part !== '').join(', ')})`;
}

function cacheText({ cached, written = 0 }: Of<'usage'>): string {
  const parts = [
    ...(cached > 0 ? [`${count(cached)} cached`] : []),
    ...(written > 0 ? [`${count(written)} written`] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const keyText = (key: string | undefined) => (key === undefined ? undefined : `#${key}`);

/** The fields of the line. Users search logs by these names, so they must not change. */
function lineFields(summary: Summary, status: number, ms: number): LogFields {
  const { received, asked, usage, error, replaced, model, checked } = summary;
  return {
    method: received?.method,
    path: received?.path,
    asked_path: received?.askedPath,
    status,
    duration_ms: Math.round(ms),
    client: asked?.client,
    caller: asked?.caller,
    model: asked?.model,
    gemini_model: model,
    in_place_of: replaced?.model,
    because: replaced?.because,
    model_notice: summary.notice,
    answered_here: summary.answeredHere,
    replayed: summary.replayed,
    key: keyText(summary.key),
    stream: asked?.stream,
    first_content_ms: summary.firstSignMs,
    tokens_in: usage?.in,
    tokens_cached: usage?.cached,
    tokens_cache_written: usage?.written,
    tokens_out: usage?.out,
    dollars: summary.spent?.dollars,
    list_dollars: summary.spent?.listDollars,
    lost_dollars: summary.lost?.dollars,
    checked: checked?.calls,
    flagged: checked?.flagged || undefined,
    unchecked: checked?.unknown || undefined,
    check_model: checked?.model,
    check_requests: checked?.requests,
    check_tokens_in: checked?.in,
    check_tokens_cached: checked?.cached,
    check_tokens_out: checked?.out,
    stop_reason: summary.stopped?.reason,
    failovers: summary.failovers || undefined,
    retries: summary.retries || undefined,
    continued: summary.continued || undefined,
    silent_ms: Math.round(silentMs(summary)) || undefined,
    resends: asked?.resends,
    mended: summary.mended.length || undefined,
    warnings: summary.warnings || undefined,
    error: error?.error,
    class: error?.class,
  };
}

function levelOf({ received, error }: Summary, status: number): Level {
  // These paths answer "not ready" or "not well" where that is the truth, so such an answer is no failure.
  if (received?.isProbe) return error ? 'warn' : 'debug';
  if (status >= 500 && !LATER.has(status)) return 'error';
  return error ? 'warn' : 'info';
}
