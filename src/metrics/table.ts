/** The metrics of `/metrics`: names, kinds, labels. The dashboard, the alert rules and the documentation are held against this table. */

export const PREFIX = 'gemini_claude_proxy_';

export type MetricRow = {
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  /** Of a histogram: the upper ends of its buckets, in seconds. */
  buckets?: readonly number[];
};

const FIRST = [0.25, 0.5, 1, 1.5, 2.5, 4, 6, 10, 15, 25, 40, 60, 120];
const WHOLE = [0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];

export const METRICS = {
  requests_total: {
    kind: 'counter',
    help: 'Requests that have ended. outcome: ok, client_left, or the type of the error that the client got.',
    labels: ['model', 'caller', 'client', 'outcome'],
  },
  odd_requests_total: {
    kind: 'counter',
    help: 'Requests that were out of the ordinary: failed, slow (retried, held up or late), changed on their way.',
    labels: ['sign'],
  },
  first_content_seconds: {
    kind: 'histogram',
    help: 'Seconds from a request to the first text or call of its answer.',
    labels: ['model', 'caller'],
    buckets: FIRST,
  },
  request_duration_seconds: {
    kind: 'histogram',
    help: 'Seconds from a request to the end of its answer.',
    labels: ['model', 'caller'],
    buckets: WHOLE,
  },
  tokens_total: {
    kind: 'counter',
    help: 'Tokens that Gemini has counted, of all attempts. kind: input (not from the cache), cached, output (without thinking), thinking.',
    labels: ['model', 'client', 'kind'],
  },
  cost_dollars_total: {
    kind: 'counter',
    help: 'Dollars for these tokens by the prices of the models. Tokens of a model without a price are not in it.',
    labels: ['model', 'client', 'for'],
  },
  anthropic_list_dollars_total: {
    kind: 'counter',
    help: "Dollars that the same tokens would cost by Anthropic's price list for the models that were asked for.",
    labels: ['model', 'client'],
  },
  unpriced_requests_total: {
    kind: 'counter',
    help: 'Requests to Gemini whose price nobody knows.',
    labels: ['model'],
  },
  prompts_total: {
    kind: 'counter',
    help: "Answered prompts. cache: hit where a part of the prompt came from Google's cache, else miss.",
    labels: ['model', 'cache'],
  },
  attempts_total: {
    kind: 'counter',
    help: 'Requests to Gemini for an answer. paid_by: first, retry (of the retry budget), free (no retry).',
    labels: ['model', 'paid_by'],
  },
  attempt_failures_total: {
    kind: 'counter',
    help: 'Attempts that have failed.',
    labels: ['model', 'class', 'status'],
  },
  retries_total: {
    kind: 'counter',
    help: 'Steps after a failure that cost a retry. reason: the class of the failure.',
    labels: ['step', 'reason'],
  },
  wait_seconds_total: {
    kind: 'counter',
    help: 'Seconds for which requests have waited. for: backoff, key, breaker.',
    labels: ['for'],
  },
  models_replaced_total: {
    kind: 'counter',
    help: 'Requests that another model took over.',
    labels: ['from', 'to'],
  },
  warnings_total: {
    kind: 'counter',
    help: 'Parts of requests or answers that were changed or left out, by the code of the warning.',
    labels: ['code', 'routine'],
  },
  repairs_total: {
    kind: 'counter',
    help: 'Requests that Google has refused, and that were changed and sent again.',
    labels: ['what'],
  },
  continued_total: {
    kind: 'counter',
    help: 'Further requests to Gemini for the rest of a long answer.',
    labels: ['model'],
  },
  errors_total: {
    kind: 'counter',
    help: 'Errors that clients got. class: the failure of Gemini behind it, or none.',
    labels: ['type', 'class'],
  },
  verdicts_total: {
    kind: 'counter',
    help: 'Calls that were judged for auto mode. verdict: passed, flagged, unknown.',
    labels: ['verdict'],
  },
  answered_here_total: {
    kind: 'counter',
    help: 'Requests that were answered without a model.',
    labels: ['what'],
  },
  streams_in_flight: { kind: 'gauge', help: 'Answers under way, in all workers.', labels: [] },
  key_state: {
    kind: 'gauge',
    help: '1 for the present state of a key: in use, refused, out.',
    labels: ['key', 'state'],
  },
  breaker_state: {
    kind: 'gauge',
    help: '1 for a model in trouble with a key, in its present state.',
    labels: ['key', 'model', 'state'],
  },
  shared_state_up: {
    kind: 'gauge',
    help: '1 while the connection to the other instances is there, 0 while it is away.',
    labels: ['kind'],
  },
  start_time_seconds: {
    kind: 'gauge',
    help: 'When the proxy was started, in seconds since 1970.',
    labels: [],
  },
  resident_memory_bytes: { kind: 'gauge', help: 'The memory of the process that has answered.', labels: [] },
  build_info: { kind: 'gauge', help: 'Always 1.', labels: ['version', 'backend'] },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof METRICS;
/** The names that a dashboard or a rule may use; a histogram has three. */
export const seriesNames = (): string[] =>
  Object.entries(METRICS).flatMap(([name, { kind }]) =>
    kind === 'histogram'
      ? [`${PREFIX}${name}_bucket`, `${PREFIX}${name}_sum`, `${PREFIX}${name}_count`]
      : [`${PREFIX}${name}`],
  );
