import { describe, expect, test } from 'bun:test';
import { MessagesError } from '../../src/anthropic/errors.ts';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { failureClass } from '../../src/gemini/failure.ts';
import type { FailureClass } from '../../src/gemini/failure-class.ts';
import type { GoogleError } from '../../src/gemini/wire.ts';
import { guidanceFor, isRetryable, toMessagesError } from '../../src/translate/errors.ts';

const STATUS_NAMES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
};
const status = (code: number, message = 'm', google: GoogleError = {}) =>
  new UpstreamError('status', message, {
    status: code,
    google: { code, message, status: STATUS_NAMES[code] ?? 'INVALID_ARGUMENT', ...google },
  });
const page = (code: number) => new UpstreamError('status', `HTTP ${code}`, { status: code });
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
  [
    'the same in other words',
    status(400, 'The input token count is 1,230,000 but the model only supports up to 1048576.'),
    'invalid_request_error',
    400,
    false,
    { message: 'prompt is too long: 1230000 tokens > 1048576 maximum' },
  ],
  [
    'prepaid credit',
    status(429, 'Your prepayment credits are depleted.'),
    'billing_error',
    402,
    false,
    { shouldRetry: false, retryAfter: undefined, message: expect.stringMatching(/billing/) },
  ],
  [
    "a front's 401",
    page(401),
    'authentication_error',
    401,
    false,
    { shouldRetry: false, message: expect.stringMatching(/HTTP 401.*proxy.*nothing of the Gemini key/) },
  ],
  [
    'a page with 404: no status that makes Claude Code blame the model',
    page(404),
    'api_error',
    424,
    false,
    { shouldRetry: false, message: expect.stringMatching(/HTTP 404.*GOOGLE_GEMINI_BASE_URL/) },
  ],
  ['too large', page(413), 'request_too_large', 413, false],
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
  [
    'a model that is not asked now: a 503, since Claude Code ends the turn at the third 529',
    new UpstreamError('not-sent', 'm', { status: 503, retryAfter: 5 }),
    'api_error',
    503,
    false,
    { retryAfter: 5 },
  ],
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
    expect(guidanceFor(new Error('secret detail'))).toBe('See the log of the proxy.');
  });
});

const overloaded = (retryAfter?: number) => new UpstreamError('status', 'busy', { status: 503, retryAfter });
const heldBack = (code: number, retryAfter: number) =>
  new UpstreamError('not-sent', 'No key may be asked now.', { status: code, retryAfter });

/** One failure of each class: a new class must be added here. */
const EXAMPLES: Readonly<Record<FailureClass, [error: UpstreamError, type: string, retryable: boolean]>> = {
  key: [status(400, KEY), 'authentication_error', false],
  credentials: [
    new UpstreamError('status', 'm', { status: 401, means: 'credentials' }),
    'authentication_error',
    false,
  ],
  billing: [status(429, 'Your prepayment credits are depleted.'), 'billing_error', false],
  barred: [page(403), 'permission_error', false],
  address: [page(404), 'api_error', false],
  thinking: [status(400, 'Thinking level is not supported for this model.'), 'invalid_request_error', false],
  'too-large': [page(413), 'request_too_large', false],
  'quota-minute': [status(429), 'rate_limit_error', false],
  'quota-day': [status(429, 'm', { details: [perDay] }), 'rate_limit_error', false],
  'model-missing': [status(404), 'not_found_error', false],
  schema: [status(400, 'Duplicate function declaration found: x'), 'invalid_request_error', false],
  signature: [status(400, 'Corrupted thought signature.'), 'invalid_request_error', false],
  'context-overflow': [status(400, OVERFLOW), 'invalid_request_error', false],
  'upload-failed': [
    new UpstreamError('status', 'm', { status: 503, means: 'upload-failed' }),
    'api_error',
    true,
  ],
  'upload-refused': [
    new UpstreamError('status', 'm', { status: 400, means: 'upload-refused' }),
    'request_too_large',
    false,
  ],
  'content-filter': [status(400, 'blocked by safety'), 'invalid_request_error', false],
  media: [status(400, 'Provided image is not valid.'), 'invalid_request_error', false],
  region: [status(400, 'User location is not supported'), 'permission_error', false],
  request: [status(400), 'invalid_request_error', false],
  network: [new UpstreamError('network', 'reset'), 'overloaded_error', true],
  timeout: [new UpstreamError('timeout', 'silence'), 'timeout_error', true],
  overloaded: [overloaded(), 'overloaded_error', true],
  internal: [status(500), 'api_error', true],
  malformed: [new UpstreamError('malformed', 'no JSON'), 'overloaded_error', true],
};

describe('a failure of the class', () => {
  test.each(Object.entries(EXAMPLES))('%s', (name, [error, type, retryable]) => {
    expect(failureClass(error)).toBe(name as FailureClass);
    expect(toMessagesError(error).type).toBe(type as MessagesError['type']);
    expect(isRetryable(error)).toBe(retryable);
    expect(guidanceFor(error)).toMatch(/^[A-Z].{20,}\.$/);
    expect(toMessagesError(error).cause).toBe(error);
  });

  test('of what was never sent, none is tried again here', () => {
    expect([heldBack(429, 5), heldBack(503, 5)].map(isRetryable)).toEqual([false, false]);
  });
});

describe('how long to wait', () => {
  const seconds = (wait: number) => status(429, `Please retry in ${wait}s.`);
  const cases: [string, UpstreamError, number | undefined, boolean | undefined][] = [
    ['a second', seconds(0.4), 1, undefined],
    ['a minute', seconds(60), 60, undefined],
    ['more than a minute: after one', seconds(61), 60, undefined],
    ['five minutes: after one', seconds(300), 60, undefined],
    ['more than five minutes: never', seconds(301), undefined, false],
    ["the header's figure", new UpstreamError('status', 'm', { status: 429, retryAfter: 9 }), 9, undefined],
    ['no figure: as the client likes', status(429), undefined, undefined],
    ['held back by the pool for a while', heldBack(429, 45), 45, undefined],
    ['held back by the pool for minutes', heldBack(429, 200), 60, undefined],
    ['held back by the pool for the day', heldBack(429, 20_000), undefined, false],
    ['an overloaded model', overloaded(7), 7, undefined],
    ['an overloaded model, for long', overloaded(3_600), 60, undefined],
    ['a model that is not asked now', heldBack(503, 20), 20, undefined],
  ];
  test.each(cases)('%s', (_name, error, retryAfter, shouldRetry) => {
    const told = toMessagesError(error);
    expect([told.retryAfter, told.shouldRetry]).toEqual([retryAfter, shouldRetry]);
  });
});

test('a used-up day is told by its end, and not by the wait for the minute that Google names', () => {
  const said = status(429, 'You exceeded your current quota.\nPlease retry in 47.5s.', { details: [perDay] });
  const { message } = toMessagesError(said);
  expect(message).toStartWith('Gemini quota: You exceeded your current quota. The key');
  expect(message).toContain('until midnight Pacific');
  expect(message).not.toContain('47');
});
