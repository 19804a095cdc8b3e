/** Faults that refuse a request, in the form of Google's refusals. */
import type { GoogleError } from '../../gemini/wire.ts';
import type { Json } from '../../lib/json.ts';
import { googleBody } from '../mock/google-json.ts';
import type { Behaviour, Strike } from './fault.ts';

const TYPE = 'type.googleapis.com/google.rpc';

/** Google's name and sentence for each status. Statuses that only gateways use have no such body. */
export const STATUSES: Readonly<Record<number, { status: string; message: string }>> = {
  400: { status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  401: { status: 'UNAUTHENTICATED', message: 'Request had invalid authentication credentials.' },
  403: { status: 'PERMISSION_DENIED', message: 'The caller does not have permission' },
  404: { status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  408: { status: 'DEADLINE_EXCEEDED', message: 'Request timed out.' },
  413: { status: 'INVALID_ARGUMENT', message: 'Request payload size exceeds the limit: 20971520 bytes.' },
  429: {
    status: 'RESOURCE_EXHAUSTED',
    message: 'Resource has been exhausted (e.g. check quota).',
  },
  499: { status: 'CANCELLED', message: 'The operation was cancelled.' },
  500: { status: 'INTERNAL', message: 'An internal error has occurred.' },
  502: { status: 'UNAVAILABLE', message: 'Bad gateway.' },
  503: {
    status: 'UNAVAILABLE',
    message: 'This model is currently experiencing high demand. Please try again later.',
  },
  504: { status: 'DEADLINE_EXCEEDED', message: 'Deadline expired before operation could complete.' },
  529: { status: 'UNAVAILABLE', message: 'The service is overloaded.' },
};

const seconds = (ms: number) => ms / 1_000;

/** The error object for `code`; 0 leaves the code out, as some of Google's errors do. */
export function googleErrorFor(code: number, details: Json[] = []): GoogleError {
  const { status, message } = STATUSES[code || 503] ?? { status: 'UNKNOWN', message: `HTTP ${code}` };
  return { ...(code === 0 ? {} : { code }), message, status, ...(details.length > 0 ? { details } : {}) };
}

/** Adds the wait to an error. Google gives the wait twice: in the sentence for people, and in a field for programs. */
function withRetryInfo(error: GoogleError, { settings }: Strike): GoogleError {
  const wait = settings['retry-info'];
  if (wait === undefined) return error;
  const info: Json = { '@type': `${TYPE}.RetryInfo`, retryDelay: `${Math.floor(seconds(wait))}s` };
  const message = `${error.message ?? ''} Please retry in ${seconds(wait)}s.`;
  return { ...error, message, details: [...(error.details ?? []), info] };
}

/**
 * The response with an error. The error of a stream has the content type of a stream, and is bare JSON all the same.
 */
export function refusal(error: GoogleError, strike: Strike): Response {
  const wait = strike.settings['retry-after'];
  return new Response(googleBody({ error: withRetryInfo(error, strike) }), {
    status: error.code ?? 500,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      ...(wait === undefined ? {} : { 'retry-after': String(Math.ceil(seconds(wait))) }),
    },
  });
}

/** Refuses the request without asking upstream. */
const refuses =
  (error: GoogleError): Behaviour =>
  async (_send, strike) => {
    strike.struck({ status: error.code });
    return refusal(error, strike);
  };

export const answersStatus = (code: number): Behaviour => refuses(googleErrorFor(code));

const reason = (word: string): Json => ({
  '@type': `${TYPE}.ErrorInfo`,
  reason: word,
  domain: 'googleapis.com',
  metadata: { service: 'generativelanguage.googleapis.com' },
});

/** Refuses the key. Google answers 400 here, and not 401. */
export const refusesKey = refuses({
  ...googleErrorFor(400, [reason('API_KEY_INVALID')]),
  message: 'API key not valid. Please pass a valid API key.',
});

export const refusesLocation = refuses({
  code: 400,
  message: 'User location is not supported for the API use.',
  status: 'FAILED_PRECONDITION',
});

export const refusesLength = refuses({
  ...googleErrorFor(400),
  message: 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
});

/** Refuses because of a quota of the day. Google sends a short `retryDelay` even then. */
export const refusesForToday = refuses({
  ...googleErrorFor(429, [
    {
      '@type': `${TYPE}.QuotaFailure`,
      violations: [
        {
          quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
          quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
          quotaDimensions: { location: 'global', model: 'gemini-4-hydrogen' },
          quotaValue: '250',
        },
      ],
    },
    { '@type': `${TYPE}.RetryInfo`, retryDelay: '47s' },
  ]),
  message: 'You exceeded your current quota, please check your plan and billing details.',
});
