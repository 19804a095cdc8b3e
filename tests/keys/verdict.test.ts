/**
 * What Google's refusals say about a key: the known forms by hand, and the collected bodies where a corpus is there.
 */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { nextPacificMidnight } from '../../src/keys/quota-day.ts';
import { type KeyVerdict, keyVerdict } from '../../src/keys/verdict.ts';
import { statusError } from '../../src/upstream/status-error.ts';
import { CORPUS_DIR, hasCorpus } from '../support/corpus/corpus.ts';
import {
  badKey,
  bare,
  noQuota,
  page,
  perDay,
  perMinute,
  quotaFailure,
  refusal,
  retryInfo,
} from '../support/pools/keys.ts';

const blameless: KeyVerdict = { kind: 'blameless' };
const trouble: KeyVerdict = { kind: 'trouble' };
const denied: KeyVerdict = { kind: 'denied' };
const invalid: KeyVerdict = { kind: 'invalid', why: 'key' };
const unpaid: KeyVerdict = { kind: 'invalid', why: 'billing' };
const unclear: KeyVerdict = { kind: 'unclear' };
const wait = (ms: number): KeyVerdict => ({ kind: 'wait', ms });
const header = new UpstreamError('status', 'slow down', { status: 429, retryAfter: 9 });
const inStream = new UpstreamError('stream', 'gone', { google: { status: 'RESOURCE_EXHAUSTED' } });

describe('a verdict', () => {
  const cases: [string, unknown, KeyVerdict][] = [
    ['per minute, with the sentence: rounded up', perMinute(12.3), wait(13_000)],
    [
      'RetryInfo: a second more, for the fraction that Google cuts off',
      refusal(429, 'm', [retryInfo('26s')]),
      wait(27_000),
    ],
    ['a front with retry-after', header, wait(9_000)],
    ['without details', bare(), { kind: 'backoff' }],
    ['per day, with a short delay all the same', perDay(), { kind: 'day' }],
    [
      'per day and per minute together',
      refusal(429, 'm', [quotaFailure('XPerMinuteY'), quotaFailure('XPerDayY')]),
      { kind: 'day' },
    ],
    ['limit: 0', noQuota(), denied],
    ['limit: 0.5 is some', refusal(429, 'limit: 0.5'), { kind: 'backoff' }],
    ['a bad key, which Google calls 400', badKey(), invalid],
    ['an expired key', refusal(400, 'API key expired. Please renew the API key.'), invalid],
    [
      'a leaked key',
      refusal(403, 'Your API key was reported as leaked. Please use another API key.'),
      invalid,
    ],
    ['401', refusal(401), invalid],
    ['403 without a reason', refusal(403, 'The caller does not have permission'), unclear],
    ["a front's 401", page(401), unclear],
    ["a front's 404", page(404), blameless],
    ['a wait that no quota can mean', refusal(429, 'm', [retryInfo('999999s')]), { kind: 'backoff' }],
    ['prepaid credit', refusal(429, 'Your prepayment credits are depleted.'), unpaid],
    [
      "a file of another project's",
      refusal(403, 'You do not have permission to access the File abc'),
      blameless,
    ],
    ['a region', refusal(400, 'User location is not supported for the API use.'), blameless],
    ['a bad request', refusal(400, 'Request contains an invalid argument.'), blameless],
    ['a model that is gone', refusal(404), denied],
    ['a file that is gone', refusal(404, 'File abc not found'), blameless],
    ['an overloaded model', refusal(503), trouble],
    ["a mistake of Google's", refusal(500), trouble],
    ['no answer in time', refusal(504), trouble],
    ['a quota error inside a stream', inStream, { kind: 'backoff' }],
    ['a broken connection', new UpstreamError('network', 'reset'), trouble],
    ['no connection at all', new UpstreamError('unreachable', 'refused'), blameless],
    ['silence', new UpstreamError('timeout', 'no head within 120 s'), trouble],
    ['an answer that broke off', new UpstreamError('truncated', 'no finishReason'), blameless],
    ['an answer that is none', new UpstreamError('unusable', 'empty'), blameless],
    ['a bug of ours', new Error('x'), blameless],
  ];
  test.each(cases)('%s', (_name, error, verdict) => {
    expect(keyVerdict(error)).toEqual(verdict);
  });

  type Collected = { id: string; status: number; body: unknown };
  const VERDICTS: Readonly<Record<string, KeyVerdict>> = {
    'bad-api-key': invalid,
    'api-key-invalid-generativelanguage': invalid,
    'service-disabled': invalid,
    'leaked-key': invalid,
    'user-location': blameless,
    'quota-per-minute-region': unpaid,
    'quota-rpd-rpm-tpm-free-tier': { kind: 'day' },
    'quota-tpm-free-tier': wait(27_000),
    'quota-help-only': { kind: 'backoff' },
    'resource-exhausted-bare': { kind: 'backoff' },
    'resource-exhausted-array': { kind: 'backoff' },
    'unknown-model': denied,
    'retired-model': denied,
    'unknown-model-v1': denied,
    'unknown-model-counttokens': denied,
    'mid-stream-cancelled': trouble,
    'overloaded-high-demand': trouble,
    overloaded: trouble,
    internal: trouble,
    deadline: trouble,
  };
  describe.skipIf(!hasCorpus)('of the collected bodies', () => {
    const collected: Collected[] = hasCorpus
      ? JSON.parse(readFileSync(join(CORPUS_DIR, 'gemini/errors.json'), 'utf8'))
      : [];
    test.each(collected.map((row): [string, Collected] => [row.id, row]))('%s', (id, { status, body }) => {
      // One of them came inside a stream that began well.
      const response = new Response(null, { status: status === 200 ? 499 : status });
      expect(keyVerdict(statusError(response, JSON.stringify(body), 0))).toEqual(VERDICTS[id] ?? blameless);
    });
    test('every 401, 403 and 429 among them is in the table', () => {
      const blamed = collected.filter(({ status }) => [401, 403, 429].includes(status)).map(({ id }) => id);
      expect(blamed.filter((id) => VERDICTS[id] === undefined)).toEqual([]);
    });
  });
});

describe('midnight Pacific', () => {
  const cases: [string, string, string][] = [
    ['in winter', '2026-01-15T12:00:00.500Z', '2026-01-16T08:00:00.000Z'],
    ['in summer', '2026-07-15T06:59:59.999Z', '2026-07-15T07:00:00.000Z'],
    ['at midnight itself, the next', '2026-07-15T07:00:00.000Z', '2026-07-16T07:00:00.000Z'],
    ['a day of 23 hours', '2026-03-08T08:30:00.000Z', '2026-03-09T07:00:00.000Z'],
    ['a day of 25 hours', '2026-11-01T07:30:00.000Z', '2026-11-02T08:00:00.000Z'],
  ];
  test.each(cases)('%s', (_name, now, midnight) => {
    expect(nextPacificMidnight(new Date(now)).toISOString()).toBe(midnight);
  });
});
