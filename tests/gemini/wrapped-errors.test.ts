/** Gateways that write Google's whole error body into the message of an error of their own: what Google says counts. */
import { describe, expect, test } from 'bun:test';
import { failureClass } from '../../src/gemini/failure.ts';
import type { FailureClass } from '../../src/gemini/failure-class.ts';
import { framesIn } from '../../src/gemini/frames.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { statusError } from '../../src/upstream/status-error.ts';

type Body = { error: { code: number; status: string; message: string; details?: JsonObject[] } };

const said = (code: number, status: string, message: string, ...details: JsonObject[]): Body => ({
  error: { code, status, message, ...(details.length > 0 ? { details } : {}) },
});
const DAY = { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] };

const GOOGLES: [string, Body, FailureClass][] = [
  [
    'a prompt over the window',
    said(
      400,
      'INVALID_ARGUMENT',
      'The input token count (1196265) exceeds the maximum number of tokens allowed.',
    ),
    'context-overflow',
  ],
  ['a broken signature', said(400, 'INVALID_ARGUMENT', 'Corrupted thought signature.'), 'signature'],
  ['a bad key', said(400, 'INVALID_ARGUMENT', 'API key not valid.', { reason: 'API_KEY_INVALID' }), 'key'],
  ['a quota of the day', said(429, 'RESOURCE_EXHAUSTED', 'Please retry in 40s.', DAY), 'quota-day'],
  ['a model that is not there', said(404, 'NOT_FOUND', 'models/x is not found'), 'model-missing'],
  [
    'a tool that is refused',
    said(400, 'INVALID_ARGUMENT', 'Duplicate function declaration found: a'),
    'schema',
  ],
];

const pretty = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
/** What gateways make of the text of a body. */
const WRAPPERS: [string, (text: string, code: number) => unknown][] = [
  ['as it is', (text) => JSON.parse(text)],
  ['as a message', (text, code) => ({ error: { code, message: text, status: 'Bad Request' } })],
  ['as a text', (text) => ({ error: text })],
  ['in a list', (text, code) => ({ error: { code, message: `[${text}]`, status: 'UPSTREAM_ERROR' } })],
  ['as an SDK says it', (text, code) => ({ error: { code, message: `got status: UNAVAILABLE. ${text}` } })],
  [
    'after a sentence of the gateway',
    (text, code) => ({
      error: { code: 'http_error', message: `API call failed with status code ${code}, ${text}` },
    }),
  ],
  [
    'after the name of an exception',
    (text, code) => ({
      error: { message: `some.BadRequestError: x - ${text}`, type: null, code: `${code}` },
    }),
  ],
  [
    'twice',
    (text, code) => ({ error: { code, message: pretty({ error: { code, message: text, status: '' } }) } }),
  ],
];

const failed = (status: number, body: string) => statusError(new Response(null, { status }), body, 0);

for (const [how, wrap] of WRAPPERS) {
  describe(`wrapped ${how}:`, () => {
    test.each(GOOGLES)('%s', (_name, body, expected) => {
      const { code, message, details } = body.error;
      const error = failed(code, pretty(wrap(pretty(body), code)));
      expect([failureClass(error), error.message, error.google?.details]).toEqual([
        expected,
        message,
        details,
      ]);
    });
  });
}

describe('in an answer with a status of the gateway:', () => {
  test.each(GOOGLES)('%s', (_name, body, expected) => {
    for (const status of [500, 502, 503]) {
      for (const sent of [pretty(body), pretty({ error: `HTTP ${body.error.code}: ${pretty(body)}` })]) {
        const error = failed(status, sent);
        expect([failureClass(error), error.status]).toEqual([expected, body.error.code]);
      }
    }
  });

  test('only a status that Google names for it is taken', () => {
    expect(failed(500, pretty(said(400, 'INTERNAL', 'x'))).status).toBe(500);
    expect(failed(503, pretty(said(14, 'UNAVAILABLE', 'x'))).status).toBe(503);
    expect(failed(500, pretty({ error: { code: 400, message: 'x' } })).status).toBe(500);
    expect(failed(403, pretty(said(400, 'INVALID_ARGUMENT', 'x'))).status).toBe(403);
  });
});

test('inside a stream the innermost error is told as well', () => {
  const body = said(429, 'RESOURCE_EXHAUSTED', 'Please retry in 40s.', DAY);
  const outer = { error: { code: 429, message: pretty(body), status: 'Too Many Requests' } };
  const frames = framesIn([new TextEncoder().encode(`data: ${JSON.stringify(outer)}\r\n\r\n`)]);
  expect(frames).toEqual([{ kind: 'error', error: body.error }]);
});

describe('no wrapper is', () => {
  const overflow = said(400, 'INVALID_ARGUMENT', 'The input token count exceeds the maximum.');
  test.each([
    ['a sentence that quotes an error', `Your text ${pretty(overflow)}`],
    ['an error with more behind it', `${pretty(overflow)} is what somebody wrote`],
    ['JSON of another kind', '{"input": "The input is fine"}'],
    ['JSON that is broken', pretty(overflow).slice(0, -4)],
    ['a list of nothing', '[]'],
  ])('%s', (_name, message) => {
    const error = failed(400, JSON.stringify({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }));
    expect(error.message).toBe(message);
  });
});
