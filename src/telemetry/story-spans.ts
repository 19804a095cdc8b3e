/**
 * Makes spans of a request's story: one of the request, and beneath it one of each attempt, each wait and each other
 * request to a model. Names follow OpenTelemetry's conventions for generative AI. No span holds words of a prompt, of an
 * answer or of an error.
 */
import type { TraceEvent } from '../trace/events.ts';
import { addedTo, type Spent, Summary } from '../trace/summary.ts';

export type Attributes = Record<string, string | number | boolean | string[]>;

/** Times are milliseconds since the epoch. */
export type StorySpan = {
  name: string;
  kind: 'server' | 'client' | 'internal';
  from: number;
  to: number;
  attributes: Attributes;
  /** What happened at a moment. */
  events: { name: string; at: number; attributes: Attributes }[];
  /** The class of the failure, where it failed. */
  error?: string | undefined;
};

export type RequestSpans = {
  root: StorySpan;
  children: readonly StorySpan[];
  traceParent: string | undefined;
};

const OWN = 'gemini_claude_proxy';
const COST = `${OWN}.cost_dollars`;

/** Without what is not known. */
const known = (attributes: Readonly<Record<string, Attributes[string] | undefined>>): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(
      (entry): entry is [string, Attributes[string]] => entry[1] !== undefined,
    ),
  );

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;

export class StorySpans {
  readonly #summary = new Summary();
  readonly #provider: string;
  readonly #hide: (text: string) => string;
  readonly #children: StorySpan[] = [];
  readonly #events: StorySpan['events'] = [];
  /** What each attempt has cost, by its attributes. */
  readonly #spent = new Map<Attributes, Spent>();
  #began = 0;
  #attempt: StorySpan | undefined;
  #wait: { event: Of<'wait'>; from: number } | undefined;

  /** `provider`: the name of who answers, as the conventions have it. `hide` takes secrets out of a text. */
  constructor(provider: string, hide: (text: string) => string) {
    this.#provider = provider;
    this.#hide = hide;
  }

  /** Returns the spans with the last event of a request that asked a model. */
  hear(event: TraceEvent): RequestSpans | undefined {
    this.#summary.hear(event);
    const at = this.#began + event.ms;
    switch (event.type) {
      case 'received':
        this.#began = event.at.getTime() - event.ms;
        return undefined;
      case 'attempt':
        this.#openAttempt(event, at);
        return undefined;
      case 'head':
      case 'first-thought':
      case 'first-content':
      case 'continued':
        this.#attempt?.events.push({ name: event.type, at, attributes: {} });
        return undefined;
      case 'failure':
        this.#closeAttempt(at, event);
        return undefined;
      case 'wait':
        this.#wait = { event, from: at };
        return undefined;
      case 'waited':
        this.#closeWait(at);
        return undefined;
      case 'spent':
        this.#spend(event);
        return undefined;
      case 'warning':
        if (!event.routine) this.#note('warning', at, { code: event.code, path: event.path });
        return undefined;
      case 'model-replaced':
        this.#note('model-replaced', at, known({ from: event.from, to: event.to, because: event.because }));
        return undefined;
      case 'mended':
        this.#note('mended', at, { what: event.what });
        return undefined;
      case 'end':
        return this.#end(at, event);
    }
    return undefined;
  }

  /** Names of models, sessions, programs and fields are texts of the client. */
  #shown(span: StorySpan): StorySpan {
    return {
      ...span,
      name: this.#hide(span.name),
      attributes: this.#shownValues(span.attributes),
      events: span.events.map((event) => ({ ...event, attributes: this.#shownValues(event.attributes) })),
    };
  }

  #shownValues(attributes: Attributes): Attributes {
    const values = Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string' ? this.#hide(value) : value,
    ]);
    return Object.fromEntries(values);
  }

  #note(name: string, at: number, attributes: Attributes): void {
    this.#events.push({ name, at, attributes });
  }

  #openAttempt({ model, key, streamed, paidBy }: Of<'attempt'>, from: number): void {
    this.#closeAttempt(from);
    this.#attempt = {
      name: `chat ${model}`,
      kind: 'client',
      from,
      to: from,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': this.#provider,
        'gen_ai.request.model': model,
        'gen_ai.output.type': 'text',
        [`${OWN}.key`]: key,
        [`${OWN}.streamed`]: streamed,
        [`${OWN}.paid_by`]: paidBy,
      },
      events: [],
    };
  }

  #closeAttempt(to: number, failure?: Of<'failure'>): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    if (!attempt) return;
    if (failure) {
      attempt.error = failure.class;
      Object.assign(
        attempt.attributes,
        known({ 'error.type': failure.class, 'http.response.status_code': failure.status }),
      );
    }
    this.#children.push({ ...attempt, to });
  }

  #closeWait(to: number): void {
    const wait = this.#wait;
    this.#wait = undefined;
    if (!wait) return;
    const { for: reason, key, limit } = wait.event;
    const attributes = known({ [`${OWN}.key`]: key, [`${OWN}.limit`]: limit });
    this.#children.push({
      name: `wait for ${reason}`,
      kind: 'internal',
      from: wait.from,
      to,
      attributes,
      events: [],
    });
  }

  /** A long answer takes several upstream requests in one attempt. Verdicts and kept prompts belong to no attempt. */
  #spend(event: Of<'spent'>): void {
    const target =
      this.#attempt?.attributes ?? this.#children.findLast(({ kind }) => kind === 'client')?.attributes;
    if (!target || event.for === 'check' || event.for === 'cache') return;
    const sum = addedTo(this.#spent.get(target), event);
    this.#spent.set(target, sum);
    delete target[COST];
    Object.assign(target, usageOf(sum), known({ [COST]: sum.dollars }));
  }

  #end(at: number, { status, clientLeft }: Of<'end'>): RequestSpans | undefined {
    this.#closeWait(at);
    this.#closeAttempt(at);
    const { received, asked, model, error, stopped, usage, spent, retries, warnings } = this.#summary;
    if (!asked || !received) return undefined;
    const attributes = known({
      'http.request.method': received.method,
      'url.path': received.path,
      'http.response.status_code': status,
      'user_agent.original': received.userAgent,
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': this.#provider,
      'gen_ai.request.model': asked.model,
      'gen_ai.response.model': model,
      'gen_ai.conversation.id': asked.session,
      'gen_ai.response.finish_reasons': stopped ? [stopped.reason] : undefined,
      ...(usage ? usageOf(usage) : {}),
      'error.type': error?.error,
      [`${OWN}.caller`]: asked.caller,
      [`${OWN}.agent`]: asked.agent,
      [COST]: spent?.dollars,
      [`${OWN}.retries`]: retries,
      [`${OWN}.warnings`]: warnings,
      [`${OWN}.client_left`]: clientLeft || undefined,
    });
    const root: StorySpan = {
      name: `${received.method} ${received.path}`,
      kind: 'server',
      from: this.#began,
      to: at,
      attributes,
      events: this.#events,
      error: error?.error,
    };
    return {
      root: this.#shown(root),
      children: this.#children.map((child) => this.#shown(child)),
      traceParent: received.traceParent,
    };
  }
}

type Counts = { in: number; cached: number; out: number; thinking: number };

/** `gen_ai.usage.input_tokens` has the cached ones in it, and `output_tokens` the thinking. */
const usageOf = ({ in: fresh, cached, out, thinking }: Counts): Attributes => ({
  'gen_ai.usage.input_tokens': fresh + cached,
  'gen_ai.usage.cache_read.input_tokens': cached,
  'gen_ai.usage.output_tokens': out,
  'gen_ai.usage.reasoning.output_tokens': thinking,
});
