/** What Google's refusals mean: the known forms by hand, and the collected bodies where a corpus is there. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UpstreamError, type UpstreamErrorKind } from '../../src/gemini/errors.ts';
import { failureClass } from '../../src/gemini/failure.ts';
import type { FailureClass } from '../../src/gemini/failure-class.ts';
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
} from '../support/pools/keys.ts';

const inStream = (google: { code?: number; status?: string }, status?: number) =>
  new UpstreamError('stream', 'm', { google, status });
const keyInDetails = refusal(400, 'Request contains an invalid argument.', [{ reason: 'API_KEY_INVALID' }]);

describe('a failure', () => {
  const cases: [string, UpstreamError, FailureClass][] = [
    ['a bad key, which Google calls 400', badKey(), 'key'],
    ['a bad key that only the details name', keyInDetails, 'key'],
    ['an expired key', refusal(400, 'API key expired. Please renew the API key.'), 'key'],
    ['401', refusal(401), 'key'],
    [
      'a country without the free tier',
      refusal(400, 'Gemini API free tier is not available in your country.'),
      'billing',
    ],
    ['403 without a reason', refusal(403, 'The caller does not have permission'), 'barred'],
    ['403 about one model', refusal(403, 'Permission denied on models/gemini-4-argon'), 'model-missing'],
    [
      "a file of another project's",
      refusal(403, 'You do not have permission to access the File abc'),
      'request',
    ],
    ['a file that is not there', refusal(404, 'File abc not found'), 'request'],
    ['a model that is not there', refusal(404, 'models/x is not found'), 'model-missing'],
    ['limit: 0', noQuota(), 'model-missing'],
    ['per minute', perMinute(20), 'quota-minute'],
    ['429 without a word', bare(), 'quota-minute'],
    ['per day', perDay(), 'quota-day'],
    [
      'per day and per minute together',
      refusal(429, 'm', [quotaFailure('XPerMinuteY'), quotaFailure('XPerDayY')]),
      'quota-day',
    ],
    [
      'a request blocked for its content',
      refusal(400, 'blocked by Responsible AI practices'),
      'content-filter',
    ],
    ['402', refusal(402), 'billing'],
    ["a front's 402", page(402), 'request'],
    ['413', refusal(413), 'too-large'],
    ['408', refusal(408), 'timeout'],
    ['504', refusal(504), 'timeout'],
    ['502 of a front', refusal(502), 'internal'],
    ['529', refusal(529), 'overloaded'],
    ['500', refusal(500), 'internal'],
    ['500 whose text speaks of a key', refusal(500, 'API key not valid'), 'internal'],
    ['in a stream, by status name', inStream({ status: 'UNAVAILABLE' }), 'overloaded'],
    ['in a stream, a quota', inStream({ status: 'RESOURCE_EXHAUSTED' }), 'quota-minute'],
    ["in a stream, with gRPC's code", inStream({ code: 14, status: 'UNAVAILABLE' }, 14), 'overloaded'],
    ['in a stream, nothing known', inStream({}), 'internal'],
    [
      'held back, out of quota',
      new UpstreamError('not-sent', 'gone until midnight', { status: 429 }),
      'quota-minute',
    ],
    ['held back, failing', new UpstreamError('not-sent', 'keeps failing', { status: 503 }), 'overloaded'],
  ];
  test.each(cases)('%s', (_name, error, expected) => {
    expect(failureClass(error)).toBe(expected);
  });

  const kinds: [UpstreamErrorKind, FailureClass][] = [
    ['network', 'network'],
    ['unreachable', 'network'],
    ['timeout', 'timeout'],
    ['truncated', 'malformed'],
    ['malformed', 'malformed'],
    ['unusable', 'malformed'],
  ];
  test.each(kinds)('of kind %s: %s', (kind, expected) => {
    expect(failureClass(new UpstreamError(kind, 'API key not valid', { status: 400 }))).toBe(expected);
  });
});

type Collected = { id: string; status: number; body: unknown };
/** The bodies that are not simply class `request`. */
const CLASSES: Readonly<Record<string, FailureClass>> = {
  'bad-api-key': 'key',
  'api-key-invalid-generativelanguage': 'key',
  'service-disabled': 'key',
  'leaked-key': 'key',
  'unknown-model': 'model-missing',
  'unknown-model-v1': 'model-missing',
  'unknown-model-counttokens': 'model-missing',
  'retired-model': 'model-missing',
  'user-location': 'region',
  'image-rejected': 'media',
  'quota-per-minute-region': 'billing',
  'quota-rpd-rpm-tpm-free-tier': 'quota-day',
  'quota-tpm-free-tier': 'quota-minute',
  'quota-help-only': 'quota-minute',
  'resource-exhausted-bare': 'quota-minute',
  'resource-exhausted-array': 'quota-minute',
  'context-window-with-count': 'context-overflow',
  'context-window-paren-max': 'context-overflow',
  'context-window-bare-max': 'context-overflow',
  'fncall-missing-thought-signature': 'signature',
  'corrupted-signature': 'signature',
  'invalid-signature': 'signature',
  'signature-not-base64': 'signature',
  'empty-object-properties': 'schema',
  'bad-function-name': 'schema',
  'duplicate-function': 'schema',
  'unknown-schema-key': 'schema',
  'unknown-schema-key-nested': 'schema',
  'string-format': 'schema',
  'anyof-siblings': 'schema',
  'required-undefined': 'schema',
  'array-without-items': 'schema',
  'undefined-ref': 'schema',
  'too-many-states': 'schema',
  'schema-depth': 'schema',
  'budget-zero': 'thinking',
  'thinking-level-unsupported': 'thinking',
  'mid-stream-cancelled': 'internal',
  'overloaded-high-demand': 'overloaded',
  overloaded: 'overloaded',
  internal: 'internal',
  deadline: 'timeout',
};

describe.skipIf(!hasCorpus)('the collected bodies', () => {
  const collected: Collected[] = hasCorpus
    ? JSON.parse(readFileSync(join(CORPUS_DIR, 'gemini/errors.json'), 'utf8'))
    : [];
  /** One of them came inside a stream that began well. */
  const errorOf = ({ status, body }: Collected): UpstreamError => {
    const code = (body as { error?: { code?: number } }).error?.code ?? status;
    return statusError(
      new Response(null, { status: status === 200 ? code : status }),
      JSON.stringify(body),
      0,
    );
  };

  test.each(collected.map((row): [string, Collected] => [row.id, row]))('%s', (id, row) => {
    expect(failureClass(errorOf(row))).toBe(CLASSES[id] ?? 'request');
  });

  test('a row for each that is named here', () => {
    const ids = new Set(collected.map(({ id }) => id));
    expect(Object.keys(CLASSES).filter((id) => !ids.has(id))).toEqual([]);
  });
});
