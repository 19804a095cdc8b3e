/** Errors that a scenario may give, with Google's sentences and details (wire section 6). */
import type { GeminiModel } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import type { Json } from '../../lib/json.ts';
import type { ScenarioRefusal } from '../scenario/types.ts';

const TYPE = 'type.googleapis.com/google.rpc.';
const LIMITS_PAGE = 'https://ai.google.dev/gemini-api/docs/rate-limits';
const HELP = {
  '@type': `${TYPE}Help`,
  links: [{ description: 'Learn more about Gemini API quotas', url: LIMITS_PAGE }],
};

type Quota = { metric: string; id: string; value: string };

const PER_MINUTE: Quota = {
  metric: 'generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count',
  id: 'GenerateContentPaidTierInputTokensPerModelPerMinute',
  value: '1000000',
};
const PER_DAY: Quota = {
  metric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
  id: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
  value: '250',
};

/**
 * The error of a used-up quota. Google's sentence has the exact wait; `retryDelay` has only its whole seconds, rounded
 * down.
 */
function exhausted({ metric, id, value }: Quota, { model, wait }: Told): GoogleError {
  const violation: Json = {
    quotaMetric: metric,
    quotaId: id,
    quotaDimensions: { location: 'global', model: model.id },
    quotaValue: value,
  };
  const retry = { '@type': `${TYPE}RetryInfo`, retryDelay: `${Math.floor(wait)}s` };
  const message = [
    `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: ${LIMITS_PAGE}. To monitor your current usage, head to: https://ai.dev/rate-limit. `,
    `* Quota exceeded for metric: ${metric}, limit: ${value}, model: ${model.id}`,
    `Please retry in ${wait}s.`,
  ].join('\n');
  return {
    code: 429,
    message,
    status: 'RESOURCE_EXHAUSTED',
    details: [HELP, { '@type': `${TYPE}QuotaFailure`, violations: [violation] }, retry],
  };
}

type Told = { model: GeminiModel; wait: number };

const plain = (code: number, status: string, message: string) => (): GoogleError => ({
  code,
  message,
  status,
});

/** The errors by name. `wait`: the seconds to wait where the scenario names none. */
const ERRORS: Readonly<Record<string, { wait?: number; make(told: Told): GoogleError }>> = {
  'quota-per-minute': { wait: 21.4, make: (told) => exhausted(PER_MINUTE, told) },
  'quota-per-day': { wait: 33.7, make: (told) => exhausted(PER_DAY, told) },
  'quota-bare': {
    make: plain(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'),
  },
  internal: {
    make: plain(
      500,
      'INTERNAL',
      'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    ),
  },
  overloaded: {
    make: plain(
      503,
      'UNAVAILABLE',
      'This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.',
    ),
  },
  deadline: { make: plain(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.') },
  'bad-key': {
    make: () => ({
      code: 400,
      message: 'API key not valid. Please pass a valid API key.',
      status: 'INVALID_ARGUMENT',
      details: [
        {
          '@type': `${TYPE}ErrorInfo`,
          reason: 'API_KEY_INVALID',
          domain: 'googleapis.com',
          metadata: { service: 'generativelanguage.googleapis.com' },
        },
      ],
    }),
  },
  'no-permission': {
    make: plain(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.'),
  },
};

export const ERROR_NAMES: readonly string[] = Object.keys(ERRORS);

/**
 * Makes the error that a scenario names. Throws for a name that should have been refused when the scenario was read.
 */
export function googleError({ name, retryAfter }: ScenarioRefusal, model: GeminiModel): GoogleError {
  const row = Object.hasOwn(ERRORS, name) ? ERRORS[name] : undefined;
  if (!row) throw new Error(`no error is called ${name}`);
  return row.make({ model, wait: retryAfter ?? row.wait ?? 0 });
}
