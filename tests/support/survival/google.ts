/**
 * Google as the survival tests need it: the mock's answers on Google's wire, and in between trouble in Google's words.
 */
import { createSeededRandom, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import { createMockFetch } from '../../../src/sim/mock/index.ts';
import { TASKS } from './task.ts';

const EVENT_END = '\r\n\r\n';

/** One request for an answer; retries by the proxy and requests for a summary count too. */
export type Asked = {
  model: string;
  /** Counted from 1 for each caller. */
  nth: number;
  caller: string;
  key: string;
  streamed: boolean;
  body: string;
};

/** What Google does instead of answering; with undefined the model answers. */
export type Trouble = (asked: Asked, answer: () => Promise<Response>) => Promise<Response> | undefined;

const TYPE = 'type.googleapis.com/google.rpc.';
const QUOTA = 'generativelanguage.googleapis.com/generate_content_free_tier_';
const EXHAUSTED =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.';

const DEPLETED =
  'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.';

const refusal = (code: number, status: string, message: string, details?: object[]): Promise<Response> =>
  Promise.resolve(
    Response.json({ error: { code, message, status, ...(details ? { details } : {}) } }, { status: code }),
  );

const quotaFailure = (metric: string, quotaId: string, retryDelay: string) => [
  {
    '@type': `${TYPE}QuotaFailure`,
    violations: [
      {
        quotaMetric: `${QUOTA}${metric}`,
        quotaId,
        quotaDimensions: { location: 'global' },
        quotaValue: '250',
      },
    ],
  },
  { '@type': `${TYPE}RetryInfo`, retryDelay },
];

/** Bodies as Google sends them. */
export const REFUSALS = {
  expiredKey: () =>
    refusal(400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.', [
      {
        '@type': `${TYPE}ErrorInfo`,
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
    ]),
  /** `seconds` with a fraction in the sentence and without one in the details, as Google writes it. */
  minute: (seconds: number) =>
    refusal(
      429,
      'RESOURCE_EXHAUSTED',
      `${EXHAUSTED}\nPlease retry in ${seconds}s.`,
      quotaFailure(
        'input_token_count',
        'GenerateContentInputTokensPerModelPerMinute-FreeTier',
        `${Math.floor(seconds)}s`,
      ),
    ),
  /** With a short delay that means nothing. */
  day: () =>
    refusal(
      429,
      'RESOURCE_EXHAUSTED',
      EXHAUSTED,
      quotaFailure('requests', 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', '47s'),
    ),
  /** As reported: without any details. */
  depleted: () => refusal(429, 'RESOURCE_EXHAUSTED', DEPLETED),
  overloaded: () =>
    refusal(
      503,
      'UNAVAILABLE',
      'This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.',
    ),
  tooLong: () =>
    refusal(
      400,
      'INVALID_ARGUMENT',
      'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
    ),
  tooLongUncounted: () =>
    refusal(
      400,
      'INVALID_ARGUMENT',
      'The input token count exceeds the maximum number of tokens allowed (1048576).',
    ),
};

/**
 * The bytes of the answer up to `marker` (or to the end of its event), and no more. Throws where the marker never
 * comes.
 */
export async function cutAt(
  marker: string,
  answer: () => Promise<Response>,
  where: 'inside the event' | 'after the event',
): Promise<Response> {
  const whole = await answer();
  const text = await whole.text();
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`nothing to cut at: ${marker}`);
  const end =
    where === 'inside the event' ? at + marker.length : text.indexOf(EVENT_END, at) + EVENT_END.length;
  return new Response(text.slice(0, end), { headers: whole.headers });
}

/**
 * The credit runs out after the stream has begun: the answer up to the event with `marker`, then Google's bare error
 * object.
 */
export async function depletedAfter(marker: string, answer: () => Promise<Response>): Promise<Response> {
  const begun = await (await cutAt(marker, answer, 'after the event')).text();
  const error = { code: 429, message: DEPLETED, status: 'RESOURCE_EXHAUSTED' };
  return new Response(`${begun}${JSON.stringify({ error }, null, 2)}\n`, {
    headers: { 'content-type': 'text/event-stream' },
  });
}

/** A page of a gateway before Google. */
export const page = (status: number): Promise<Response> =>
  Promise.resolve(
    new Response(`<!DOCTYPE html><html><title>${status}</title><p>Nothing to see here.</html>`, {
      status,
      headers: { 'content-type': 'text/html; charset=UTF-8' },
    }),
  );

/** MALFORMED_FUNCTION_CALL in place of an answer: the call is in the message alone. */
export function lostCall(written: string): Promise<Response> {
  const candidate = {
    content: {},
    finishReason: 'MALFORMED_FUNCTION_CALL',
    index: 0,
    finishMessage: `Malformed function call: ${written}`,
  };
  const chunk = {
    candidates: [candidate],
    usageMetadata: { promptTokenCount: 900, totalTokenCount: 900 },
    modelVersion: 'gemini-4-argon',
  };
  return Promise.resolve(
    new Response(`data: ${JSON.stringify(chunk)}\r\n\r\n`, {
      headers: { 'content-type': 'text/event-stream' },
    }),
  );
}

export function createGoogle(trouble: Trouble): { fetch: Fetch; asked: Asked[] } {
  const mock = createMockFetch({
    scenarios: TASKS,
    random: createSeededRandom(3),
    clock: systemClock,
  });
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, init, exchange) => {
    const method = new URL(url).pathname.split(':').at(-1) ?? '';
    if (!/enerateContent$/.test(method)) return mock(url, init, exchange);
    const body = await new Response(init.body).text();
    const caller = exchange.labels['caller'] ?? '';
    const nth = asked.filter((earlier) => earlier.caller === caller).length + 1;
    const key = new Headers(init.headers).get('x-goog-api-key') ?? '';
    const model = /models\/([^:]+):/.exec(url)?.[1] ?? '';
    const request = { model, nth, caller, key, streamed: method.startsWith('stream'), body };
    asked.push(request);
    const answer = () => mock(url, { ...init, body }, exchange);
    return (await trouble(request, answer)) ?? answer();
  };
  return { fetch, asked };
}
