/** Says what a recording contains, for the people who made it. */
import type { RecordedRequest } from '../cassette/types.ts';

type Counts = Record<string, number>;

export type RecordingSummary = {
  requests: number;
  exchanges: number;
  /** The number of requests that are missing: they were refused before their body was read, or could not be written. */
  unrecorded: number;
  /** How many of the requests came from another recording, and of how many what is sent upstream has changed. */
  carried: number;
  changed: number;
  /** The number of upstream requests for each model. */
  models: Counts;
  /** For each anomaly, the number of exchanges that had it. An end that is not clean is an anomaly, too. */
  anomalies: Counts;
  /** The number of places that were blotted out, for each kind of secret. */
  redactions: Counts;
};

export const emptySummary = (): RecordingSummary => ({
  requests: 0,
  exchanges: 0,
  unrecorded: 0,
  carried: 0,
  changed: 0,
  models: {},
  anomalies: {},
  redactions: {},
});

const count = (counts: Counts, name: string, times = 1) => {
  counts[name] = (counts[name] ?? 0) + times;
};

export function summarise(
  summary: RecordingSummary,
  { upstream, redactions, carriedOver }: RecordedRequest,
): void {
  summary.requests++;
  if (carriedOver) summary.carried++;
  if (carriedOver && carriedOver.differs.length > 0) summary.changed++;
  for (const { kind } of redactions) count(summary.redactions, kind);
  for (const exchange of upstream) {
    summary.exchanges++;
    count(summary.models, exchange.model);
    for (const anomaly of exchange.anomalies) count(summary.anomalies, anomaly);
    const { kind, side } = exchange.end;
    if (kind !== 'eof') count(summary.anomalies, `${kind} by ${side}`);
    if (exchange.head && exchange.head.status >= 300)
      count(summary.anomalies, `status ${exchange.head.status}`);
    for (const redaction of exchange.redactions) count(summary.redactions, redaction.kind);
  }
}

const COUNTED = ['requests', 'exchanges', 'unrecorded', 'carried', 'changed'] as const;

export function addSummary(total: RecordingSummary, more: RecordingSummary): void {
  for (const name of COUNTED) total[name] += more[name];
  for (const name of ['models', 'anomalies', 'redactions'] as const) {
    for (const [kind, times] of Object.entries(more[name])) count(total[name], kind, times);
  }
}

const listed = (counts: Counts): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ') || 'none';

/** The summary in one line. */
export function summaryText(summary: RecordingSummary, folder: string): string {
  const { requests, exchanges, unrecorded, models, anomalies, redactions, carried, changed } = summary;
  const lost = unrecorded > 0 ? `, ${unrecorded} not recorded` : '';
  const parts = [
    ...(carried > 0
      ? [`${carried} carried over, ${changed} of them with other requests to Gemini than then`]
      : []),
    `models: ${listed(models)}`,
    `anomalies: ${listed(anomalies)}`,
    `redactions: ${listed(redactions)}`,
  ];
  return `recorded ${requests} requests with ${exchanges} upstream exchanges${lost} in ${folder}; ${parts.join('; ')}`;
}
