/**
 * Refusals in Google's words (wire section 6): as faults, and as the errors that scenarios give under the same names.
 */
import type { GoogleError } from '../../gemini/wire.ts';
import type { Json } from '../../lib/json.ts';
import { errorReply } from '../mock/replies.ts';
import type { Behaviour, RefusalMaker } from './fault.ts';
import type { Settings } from './settings.ts';

/** The package of the types in an error's details. */
export const RPC = 'type.googleapis.com/google.rpc';

/** Google's name and sentence for each status. Statuses that only gateways use have no such body. */
const STATUSES: Readonly<Record<number, { status: string; message: string }>> = {
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
  500: {
    status: 'INTERNAL',
    message:
      'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  },
  502: { status: 'UNAVAILABLE', message: 'Bad gateway.' },
  503: {
    status: 'UNAVAILABLE',
    message:
      'This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.',
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

/**
 * Adds the wait to an error. Google gives the wait twice: in the sentence for people, exactly, and in a field for
 * programs, which has only the whole seconds, rounded down.
 */
export function withRetryInfo(error: GoogleError, wait: number | undefined): GoogleError {
  if (wait === undefined) return error;
  const info: Json = { '@type': `${RPC}.RetryInfo`, retryDelay: `${Math.floor(seconds(wait))}s` };
  const { message = '' } = error;
  const joint = message.includes('\n') ? '\n' : ' ';
  return {
    ...error,
    message: `${message}${joint}Please retry in ${seconds(wait)}s.`,
    details: [...(error.details ?? []), info],
  };
}

/** The response with an error, and with the waits of `settings`. `asStream`: for a request that asked for a stream. */
export function refusalReply(error: GoogleError, settings: Settings, asStream: boolean): Response {
  const response = errorReply(withRetryInfo(error, settings['retry-info']), asStream);
  const wait = settings['retry-after'];
  if (wait !== undefined) response.headers.set('retry-after', String(Math.ceil(seconds(wait))));
  return response;
}

/** Refuses the request without asking upstream. */
export const refuses =
  (errorFor: RefusalMaker): Behaviour =>
  async (_send, strike) => {
    const error = errorFor(strike.request.model);
    strike.struck({ status: error.code });
    return refusalReply(error, strike.settings, strike.request.streams);
  };

export const statusError =
  (code: number): RefusalMaker =>
  () =>
    googleErrorFor(code);

const reason = (word: string): Json => ({
  '@type': `${RPC}.ErrorInfo`,
  reason: word,
  domain: 'googleapis.com',
  metadata: { service: 'generativelanguage.googleapis.com' },
});

/** For a wrong key Google answers 400, and not 401. */
export const badKey: RefusalMaker = () => ({
  ...googleErrorFor(400, [reason('API_KEY_INVALID')]),
  message: 'API key not valid. Please pass a valid API key.',
});

export const wrongLocation: RefusalMaker = () => ({
  code: 400,
  message: 'User location is not supported for the API use.',
  status: 'FAILED_PRECONDITION',
});

export const tooLong: RefusalMaker = () => ({
  ...googleErrorFor(400),
  message: 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
});
