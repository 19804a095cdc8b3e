/** Google's refusals, in its own words and shapes. */

export type Refusal = { status: number; body: object };

const refusal = (code: number, status: string, message: string, ...details: object[]): Refusal => ({
  status: code,
  body: { error: { code, message, status, ...(details.length > 0 ? { details } : {}) } },
});

const type = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` });

export const badKey = (): Refusal =>
  refusal(
    400,
    'INVALID_ARGUMENT',
    'API key not valid. Please pass a valid API key.',
    {
      ...type('ErrorInfo'),
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
    {
      ...type('LocalizedMessage'),
      locale: 'en-US',
      message: 'API key not valid. Please pass a valid API key.',
    },
  );

export const overloaded = (): Refusal =>
  refusal(
    503,
    'UNAVAILABLE',
    'This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.',
  );

export const internalError = (): Refusal =>
  refusal(
    500,
    'INTERNAL',
    'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  );

export const badSignature = (): Refusal => refusal(400, 'INVALID_ARGUMENT', 'Corrupted thought signature.');

const QUOTA =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. ';
const METRIC = 'generativelanguage.googleapis.com/generate_content_free_tier_requests';
const HELP = {
  ...type('Help'),
  links: [
    {
      description: 'Learn more about Gemini API quotas',
      url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
    },
  ],
};

function quota(model: string, limit: number, quotaId: string, seconds: number): Refusal {
  const told = seconds.toFixed(9).replace(/0+$/, '').replace(/\.$/, '');
  return refusal(
    429,
    'RESOURCE_EXHAUSTED',
    `${QUOTA}\n* Quota exceeded for metric: ${METRIC}, limit: ${limit}, model: ${model}\nPlease retry in ${told}s.`,
    {
      ...type('QuotaFailure'),
      violations: [
        {
          quotaMetric: METRIC,
          quotaId,
          quotaDimensions: { location: 'global', model },
          ...(limit > 0 ? { quotaValue: String(limit) } : {}),
        },
      ],
    },
    HELP,
    { ...type('RetryInfo'), retryDelay: `${Math.floor(seconds)}s` },
  );
}

export const minuteQuota = (model: string, limit: number, seconds: number): Refusal =>
  quota(model, limit, 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier', seconds);

/** With a short delay beside it, as Google does. */
export const dayQuota = (model: string, limit: number): Refusal =>
  quota(model, limit, 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', 41.5);

export const noQuota = (model: string): Refusal =>
  quota(model, 0, 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', 41.5);
