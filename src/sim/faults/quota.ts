/** Quotas that are used up: the refusals, and a window of time in which a quota holds. */
import type { GoogleError } from '../../gemini/wire.ts';
import type { Behaviour, RefusalMaker } from './fault.ts';
import { RPC, refusalReply } from './status.ts';

const METRIC = 'generativelanguage.googleapis.com/generate_content_';
const LIMITS_PAGE = 'https://ai.google.dev/gemini-api/docs/rate-limits';
const HELP = {
  '@type': `${RPC}.Help`,
  links: [{ description: 'Learn more about Gemini API quotas', url: LIMITS_PAGE }],
};

type Quota = { metric: string; id: string; value: string };

const exhausted = ({ metric, id, value }: Quota, model: string): GoogleError => ({
  code: 429,
  message: [
    `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: ${LIMITS_PAGE}. To monitor your current usage, head to: https://ai.dev/rate-limit. `,
    `* Quota exceeded for metric: ${metric}, limit: ${value}, model: ${model}`,
  ].join('\n'),
  status: 'RESOURCE_EXHAUSTED',
  details: [
    HELP,
    {
      '@type': `${RPC}.QuotaFailure`,
      violations: [
        {
          quotaMetric: metric,
          quotaId: id,
          quotaDimensions: { location: 'global', model },
          quotaValue: value,
        },
      ],
    },
  ],
});

export const minuteIsOver: RefusalMaker = (model) =>
  exhausted(
    {
      metric: `${METRIC}paid_tier_input_token_count`,
      id: 'GenerateContentPaidTierInputTokensPerModelPerMinute',
      value: '1000000',
    },
    model,
  );

export const dayIsOver: RefusalMaker = (model) =>
  exhausted(
    {
      metric: `${METRIC}free_tier_requests`,
      id: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
      value: '250',
    },
    model,
  );

const requestsAreOver = (model: string, limit: number): GoogleError =>
  exhausted(
    {
      metric: `${METRIC}paid_tier_requests`,
      id: 'GenerateRequestsPerMinutePerProjectPerModel-PaidTier',
      value: String(limit),
    },
    model,
  );

/** Refuses the requests beyond the quota until its window ends, and tells the time that is really left. */
export const keepsQuota: Behaviour = async (send, strike) => {
  const { settings, clock, request, windows } = strike;
  const { for: length = 0, limit = 0 } = settings;
  const name = JSON.stringify([request.key, request.model]);
  const left = windows.count(name, clock.monotonic(), length, limit);
  if (left === undefined) return send();
  const error = requestsAreOver(request.model, limit);
  strike.struck({ status: error.code, left });
  return refusalReply(error, { ...settings, 'retry-info': left }, request.streams);
};
