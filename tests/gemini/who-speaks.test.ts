/** Whose errors are believed: what Google says about keys and money, and what only looks like that. */
import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { failureClass } from '../../src/gemini/failure.ts';
import type { FailureClass } from '../../src/gemini/failure-class.ts';
import { page, refusal } from '../support/pools/keys.ts';

const errorInfo = (reason: string, metadata: Record<string, string> = {}) => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  metadata,
});
const json = (status: number, google: object) => new UpstreamError('status', 'm', { status, google });
const DEPLETED = 'Your prepayment credits are depleted. Please go to AI Studio to manage your billing.';
const PLAN = 'You exceeded your current quota, please check your plan and billing details.';

describe('of money speaks', () => {
  const cases: [string, UpstreamError][] = [
    ['prepaid credit', refusal(429, DEPLETED)],
    ['a spending cap', refusal(429, 'Your project has exceeded its monthly spending cap. Please go to …')],
    ['a spend limit', refusal(429, 'The project reached its spend limit.')],
    [
      'a limit of zero for the whole project',
      refusal(429, 'Quota exceeded', [
        errorInfo('RATE_LIMIT_EXCEEDED', {
          quota_limit_value: '0',
          quota_limit: 'XPerMinutePerProjectPerRegion',
        }),
      ]),
    ],
    ['BILLING_DISABLED', refusal(403, 'This API method requires billing.', [errorInfo('BILLING_DISABLED')])],
    ['a demand for billing', refusal(403, 'This API method requires billing to be enabled.')],
    ['an account that does not pay', refusal(403, 'Permission denied: dunning decision is deny.')],
    ['a gateway without credit', refusal(402, 'Insufficient credits')],
    [
      'inside a stream',
      new UpstreamError('stream', DEPLETED, { google: { status: 'RESOURCE_EXHAUSTED', message: DEPLETED } }),
    ],
  ];
  test.each(cases)('%s', (_name, error) => {
    expect(failureClass(error)).toBe('billing');
  });

  test.each([
    ['the usual advice beside a quota', refusal(429, PLAN), 'quota-minute'],
    ['an offer beside a quota', refusal(429, `${PLAN} Or enable billing for more.`), 'quota-minute'],
    [
      'a limit of zero for one model',
      refusal(429, 'm', [
        errorInfo('RATE_LIMIT_EXCEEDED', { quota_limit_value: '0', quota_limit: 'XPerProjectPerModel' }),
      ]),
      'model-missing',
    ],
    ["a front's page", page(429), 'quota-minute'],
    [
      'a model without capacity, whatever its quota is',
      refusal(429, 'No capacity available for model m on the server', [
        errorInfo('MODEL_CAPACITY_EXHAUSTED', { model: 'm' }),
      ]),
      'overloaded',
    ],
    ['a text that is quoted', refusal(400, `Invalid value at 'contents' "${DEPLETED}"`), 'request'],
  ] as const)('none: %s', (_name, error, expected) => {
    expect(failureClass(error)).toBe(expected);
  });
});

describe('nothing is said of the key or the model by', () => {
  const echoed = 'API key not valid. Please pass a valid API key.';
  const cases: [string, UpstreamError, FailureClass][] = [
    ['a page with 401', page(401), 'barred'],
    ['a page with 403', page(403), 'barred'],
    ['a page with 407', page(407), 'barred'],
    ['a page with 404', page(404), 'address'],
    ['a page with 405', page(405), 'address'],
    ['a redirect', page(302), 'address'],
    ['no body at all', new UpstreamError('status', 'HTTP 404', { status: 404 }), 'address'],
    ["a front's object", json(404, { message: 'no Route matched with those values' }), 'address'],
    ["a front's object that names a code", json(403, { code: 403, message: 'Forbidden' }), 'barred'],
    ['an object whose status name is of another status', json(403, { code: 403, status: 'OK' }), 'barred'],
    ['a line of text that quotes', new UpstreamError('status', echoed, { status: 400 }), 'request'],
    ['a sentence that quotes', refusal(400, `Invalid value at 'contents[0]': "${echoed}"`), 'request'],
    ['a sentence that goes on', refusal(400, `The text ${echoed}`), 'request'],
    ['a quotation that does not end', refusal(400, `Bad text "${echoed}`), 'request'],
    [
      'details that quote',
      refusal(400, 'Invalid', [{ '@type': 'x/google.rpc.DebugInfo', detail: 'API_KEY_INVALID' }]),
      'request',
    ],
    [
      'a reason that is no ErrorInfo',
      refusal(400, 'Invalid', [{ '@type': 'x/google.rpc.Help', reason: 'API_KEY_INVALID' }]),
      'request',
    ],
    ['a quoted overflow', refusal(400, 'Bad value "prompt is too long: 5 tokens > 4 maximum"'), 'request'],
    ['a 403 that names a model, of a front', json(403, { message: 'model blocked by policy' }), 'barred'],
  ];
  test.each(cases)('%s', (_name, error, expected) => {
    expect(failureClass(error)).toBe(expected);
    expect(failureClass(error)).not.toBe('key');
  });
});

describe('a key is refused by', () => {
  test.each([
    'API key not valid. Please pass a valid API key.',
    'API Key not found. Please pass a valid API key.',
    'API key expired. Please renew the API key.',
    'API_KEY not valid',
  ])('400 %p', (message) => {
    expect(failureClass(refusal(400, message))).toBe('key');
  });
  test.each([
    'Your API key was reported as leaked. Please use another API key.',
    "Permission denied: Consumer 'api_key:x' has been suspended.",
    'Your project has been denied access. Please contact support.',
    'Requests to this API generativelanguage.googleapis.com method x are blocked.',
    'Requests from referer <empty> are blocked.',
    'Generative Language API has not been used in project 12 before or it is disabled. Enable it by …',
  ])('403 %p', (message) => {
    expect(failureClass(refusal(403, message))).toBe('key');
  });
  test.each(['API_KEY_INVALID', 'API_KEY_IP_ADDRESS_BLOCKED', 'SERVICE_DISABLED', 'CONSUMER_SUSPENDED'])(
    'the reason %s',
    (reason) => {
      expect(failureClass(refusal(403, 'm', [errorInfo(reason)]))).toBe('key');
    },
  );
});

describe('too long, or too large', () => {
  test.each([
    ['Request payload size exceeds the limit: 20971520 bytes. Please use the file API.', 'too-large'],
    ['The request is too large.', 'too-large'],
    ['Request Entity Too Large', 'request'],
    [
      'Unable to submit request because the input token count is 1,230,000 but the model only supports up to 1048576.',
      'context-overflow',
    ],
    [
      "This model's maximum context length is 1048576 tokens. However, your messages resulted in 1200000 tokens.",
      'context-overflow',
    ],
    ['Input is too long for requested model.', 'context-overflow'],
  ] as const)('%p: %s', (message, expected) => {
    expect(failureClass(refusal(400, message))).toBe(expected);
  });
});

test.each([
  'Thinking level is not supported for this model.',
  'Budget 0 is invalid. This model only works in thinking mode.',
  'The thinking budget 40000 is invalid. Please choose a value between 512 and 24576.',
  'thinking_level HIGH is not supported by this model',
  'Unable to submit request because thinking is not supported by this model.',
  'Unable to submit request because thinking_config.include_thoughts is only enabled when thinking is enabled.',
  'Invalid JSON payload received. Unknown name "thinkingConfig" at \'generation_config\': Cannot find field.',
  'Invalid value at \'generation_config.thinking_config.thinking_level\', "ultra"',
])('a way to think is refused: %p', (message) => {
  expect(failureClass(refusal(400, message))).toBe('thinking');
});
