import { describe, expect, test } from 'bun:test';
import { MessagesError } from '../../src/anthropic/errors.ts';
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { GoogleError } from '../../src/gemini/wire.ts';
import { isRetryable, toMessagesError } from '../../src/translate/errors.ts';

const status = (code: number, message = 'm', google: GoogleError = {}) =>
  new UpstreamError('status', message, { status: code, google: { code, message, ...google } });
const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '12s' };
const perDay = { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] };
const OVERFLOW = 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).';
const KEY = 'API key not valid. Please pass a valid API key.';

type Row = [
  name: string,
  error: unknown,
  type: string,
  httpStatus: number,
  retryable: boolean,
  more?: object,
];

const ROWS: Row[] = [
  ['402', status(402), 'billing_error', 402, false],
  ['409', status(409), 'conflict_error', 409, false],
  [
    "gRPC's code instead of HTTP's",
    new UpstreamError('stream', 'm', { status: 14, google: { code: 14, status: 'UNAVAILABLE' } }),
    'overloaded_error',
    529,
    true,
  ],
  [
    'a broken picture',
    status(400, 'Unable to process input image. Please retry.'),
    'invalid_request_error',
    400,
    false,
    { message: 'could not process image: Unable to process input image. Please retry.' },
  ],
  ['400', status(400), 'invalid_request_error', 400, false],
  [
    'a wrong key (400 on the wire)',
    status(400, KEY),
    'authentication_error',
    401,
    false,
    { shouldRetry: false },
  ],
  [
    'overflow',
    status(400, OVERFLOW),
    'invalid_request_error',
    400,
    false,
    { message: 'prompt is too long: 1196265 tokens > 1048575 maximum' },
  ],
  [
    'location',
    status(400, 'User location is not supported for the API use.'),
    'permission_error',
    403,
    false,
    { shouldRetry: false },
  ],
  ['401', status(401), 'authentication_error', 401, false],
  ['403', status(403), 'permission_error', 403, false],
  ['404', status(404), 'not_found_error', 404, false],
  [
    '429 with RetryInfo',
    status(429, 'm', { details: [retryInfo] }),
    'rate_limit_error',
    429,
    false,
    { retryAfter: 13 },
  ],
  [
    '429 with the sentence',
    status(429, 'Please retry in 7.2s.'),
    'rate_limit_error',
    429,
    false,
    { retryAfter: 8 },
  ],
  [
    '429 without details',
    status(429),
    'rate_limit_error',
    429,
    false,
    { retryAfter: undefined, shouldRetry: undefined },
  ],
  [
    '429 per day, with a short delay',
    status(429, 'm', { details: [retryInfo, perDay] }),
    'rate_limit_error',
    429,
    false,
    { shouldRetry: false },
  ],
  [
    '429 limit: 0',
    status(429, 'Quota exceeded, limit: 0, model: x'),
    'rate_limit_error',
    429,
    false,
    { shouldRetry: false },
  ],
  [
    '429 with a long delay',
    status(429, 'Please retry in 3600s.'),
    'rate_limit_error',
    429,
    false,
    { shouldRetry: false },
  ],
  ['499', status(499), 'api_error', 500, true],
  ['500', status(500), 'api_error', 500, true],
  ['503', status(503), 'overloaded_error', 529, true],
  ['504', status(504), 'timeout_error', 504, true],
  [
    'in the stream, by status name',
    new UpstreamError('stream', 'm', { google: { status: 'UNAVAILABLE' } }),
    'overloaded_error',
    529,
    true,
  ],
  ['in the stream, nothing known', new UpstreamError('stream', 'm', { google: {} }), 'api_error', 500, true],
  ['network', new UpstreamError('network', 'm'), 'overloaded_error', 529, true],
  ['timeout', new UpstreamError('timeout', 'm'), 'timeout_error', 504, true],
  ['truncated', new UpstreamError('truncated', 'm'), 'overloaded_error', 529, true],
  ['malformed', new UpstreamError('malformed', 'm'), 'overloaded_error', 529, true],
  ['unusable', new UpstreamError('unusable', 'm'), 'overloaded_error', 529, true],
  [
    'one of our own',
    new MessagesError('not_found_error', 'x'),
    'not_found_error',
    404,
    false,
    { message: 'x' },
  ],
  ['a bug', new Error('secret detail'), 'api_error', 500, false],
];

describe('what the client is told', () => {
  for (const [name, error, type, httpStatus, retryable, more = {}] of ROWS) {
    test(name, () => {
      const told = toMessagesError(error);
      expect(told).toMatchObject({ type, status: httpStatus, ...more });
      expect(isRetryable(error)).toBe(retryable);
    });
  }

  test('a bug does not tell its message', () => {
    expect(toMessagesError(new Error('secret detail')).message).not.toContain('secret');
  });
});
