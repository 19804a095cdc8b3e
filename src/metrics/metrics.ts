/** Counts what the stories of requests tell, for `/metrics`. */
import { Counter, Histogram, Registry } from 'prom-client';
import { RecentMap } from '../lib/recent-map.ts';
import type { TraceEvent } from '../trace/events.ts';
import type { Ordinary } from '../trace/odd.ts';
import { Summary } from '../trace/summary.ts';
import type { Subscriber } from '../trace/trace.ts';
import { type Counted, summed, textOf } from './joined.ts';
import { METRICS, type MetricName, type MetricRow, PREFIX } from './table.ts';

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;
type Labels = Readonly<Record<string, string>>;

/** A figure that is looked up when somebody asks. */
export type Reading = { name: MetricName; labels: Labels; value: number };

/**
 * The most values that a label may have. Names of models and clients come from settings and from clients: a client that
 * makes names up must not fill the memory of this proxy and of Prometheus.
 */
const MOST_VALUES = 100;
const TOO_MANY = 'other';
const MOST_MET = 2_000;
const NONE = 'none';
const SECOND = 1_000;

const gauges = (readings: readonly Reading[]): Counted[] =>
  Object.entries(METRICS).flatMap(([name, row]) => {
    const values = readings.filter((reading) => reading.name === name);
    return values.length === 0 ? [] : [{ name: `${PREFIX}${name}`, help: row.help, type: 'gauge', values }];
  });

const make = (name: string, row: MetricRow, registry: Registry) => {
  const options = {
    name: `${PREFIX}${name}`,
    help: row.help,
    labelNames: [...row.labels],
    registers: [registry],
  };
  return row.kind === 'counter'
    ? new Counter(options)
    : new Histogram({ ...options, buckets: [...(row.buckets ?? [])] });
};

type Made = ReturnType<typeof make>;

export class Metrics {
  readonly #registry = new Registry();
  readonly #made = new Map<MetricName, Made>();
  /** The values of each label so far. */
  readonly #known = new Map<string, Set<string>>();
  /** The combinations that were met lately. */
  readonly #met = new RecentMap<string, Record<string, string>>(MOST_MET);
  readonly #hide: (text: string) => string;
  readonly #ordinary: Ordinary;

  /**
   * `ordinary` must be one of its own: it remembers what it was asked about. `hide` takes secrets out of a text: a client may
   * have put one in place of a model.
   */
  constructor(ordinary: Ordinary, hide: (text: string) => string) {
    this.#hide = hide;
    this.#ordinary = ordinary;
    for (const [name, row] of Object.entries<MetricRow>(METRICS)) {
      if (row.kind !== 'gauge') this.#made.set(name as MetricName, make(name, row, this.#registry));
    }
  }

  readonly subscriber: Subscriber = () => {
    const summary = new Summary();
    const told: Told = { summary, client: NONE, caller: NONE, lastFailure: NONE };
    return (event) => {
      summary.hear(event);
      this.#hear(event, told);
    };
  };

  /** What was counted in this process. */
  async counted(): Promise<Counted[]> {
    const metrics = await this.#registry.getMetricsAsJSON();
    return summed([metrics as unknown as Counted[]]);
  }

  /** The text that Prometheus reads. `others`: what the other workers of this proxy have counted. */
  async text(readings: readonly Reading[], others: readonly (readonly Counted[])[]): Promise<string> {
    return `${textOf(summed([await this.counted(), ...others]))}\n${textOf(gauges(readings))}`;
  }

  #add(name: MetricName, labels: Labels, value = 1): void {
    if (value > 0) (this.#made.get(name) as Counter).inc(this.#bounded(name, labels), value);
  }

  #observe(name: MetricName, labels: Labels, ms: number): void {
    (this.#made.get(name) as Histogram).observe(this.#bounded(name, labels), ms / SECOND);
  }

  /** The labels with which a value is counted. A combination that was met before costs one look-up. */
  #bounded(name: MetricName, labels: Labels): Record<string, string> {
    let key: string = name;
    // The lengths are there because a name that a client has made up may hold any character.
    for (const label in labels) key += `${labels[label]?.length} ${labels[label]}`;
    const met = this.#met.get(key);
    if (met) return met;
    const bounded = Object.fromEntries(
      Object.entries(labels).map(([label, value]) => [label, this.#boundedValue(`${name} ${label}`, value)]),
    );
    this.#met.set(key, bounded);
    return bounded;
  }

  #boundedValue(label: string, value: string): string {
    const known = this.#known.get(label) ?? new Set<string>();
    this.#known.set(label, known);
    const shown = this.#hide(value);
    if (known.size < MOST_VALUES) known.add(shown);
    return known.has(shown) ? shown : TOO_MANY;
  }

  #hear(event: TraceEvent, told: Told): void {
    switch (event.type) {
      case 'asked':
        told.caller = event.caller;
        told.client = event.client ?? NONE;
        return;
      case 'spent':
        this.#spend(event, told);
        return;
      case 'attempt':
        this.#add('attempts_total', { model: event.model, paid_by: event.paidBy });
        return;
      case 'continued':
        this.#add('continued_total', { model: told.summary.model ?? NONE });
        return;
      case 'failure':
        this.#fail(event, told);
        return;
      case 'step':
        if (event.cost !== 'nothing')
          this.#add('retries_total', { step: event.step, reason: told.lastFailure });
        return;
      case 'model-replaced':
        this.#add('models_replaced_total', { from: event.from, to: event.to });
        return;
      case 'warning':
        this.#add('warnings_total', { code: event.code, routine: String(event.routine) });
        return;
      case 'mended':
        this.#add('repairs_total', { what: event.what });
        return;
      case 'answered-here':
        this.#add('answered_here_total', { what: event.what });
        return;
      case 'checked':
        this.#judge(event);
        return;
      case 'error':
        if (!told.summary.received?.isProbe)
          this.#add('errors_total', { type: event.error, class: event.class ?? NONE });
        return;
      case 'end':
        this.#end(event, told);
        return;
    }
  }

  #spend({ for: reason, model, dollars, listDollars, ...counted }: Of<'spent'>, { client }: Told): void {
    const kinds = {
      input: counted.in,
      cached: counted.cached,
      output: counted.out - counted.thinking,
      thinking: counted.thinking,
    };
    for (const [kind, tokens] of Object.entries(kinds))
      this.#add('tokens_total', { model, client, kind }, tokens);
    if (dollars === undefined) this.#add('unpriced_requests_total', { model });
    else this.#add('cost_dollars_total', { model, client, for: reason }, dollars);
    this.#add('anthropic_list_dollars_total', { model, client }, listDollars ?? 0);
  }

  #fail({ class: failed, status }: Of<'failure'>, told: Told): void {
    told.lastFailure = failed;
    const labels = { model: told.summary.model ?? NONE, class: failed, status: String(status ?? NONE) };
    this.#add('attempt_failures_total', labels);
  }

  #judge({ calls, flagged, unknown }: Of<'checked'>): void {
    this.#add('verdicts_total', { verdict: 'flagged' }, flagged);
    this.#add('verdicts_total', { verdict: 'unknown' }, unknown);
    this.#add('verdicts_total', { verdict: 'passed' }, calls - flagged - unknown);
  }

  #end({ clientLeft, ms }: Of<'end'>, { summary, caller, client }: Told): void {
    if (summary.received?.isProbe) return;
    const model = summary.sentTo ?? NONE;
    const outcome = summary.error?.error ?? (clientLeft ? 'client_left' : 'ok');
    this.#add('requests_total', { model, caller, client, outcome });
    for (const { for: reason, tookMs } of summary.waits)
      this.#add('wait_seconds_total', { for: reason }, tookMs / SECOND);
    if (!summary.asked) return;
    const { sign } = this.#ordinary.judge(summary);
    if (sign !== 'ordinary') this.#add('odd_requests_total', { sign });
    this.#observe('request_duration_seconds', { model, caller }, ms);
    if (summary.firstContentMs !== undefined)
      this.#observe('first_content_seconds', { model, caller }, summary.firstContentMs);
    if (summary.usage)
      this.#add('prompts_total', { model, cache: summary.usage.cached > 0 ? 'hit' : 'miss' });
  }
}

/** What was told of a request so far. */
type Told = { summary: Summary; client: string; caller: string; lastFailure: string };
