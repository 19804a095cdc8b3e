/** Every header of an answer that is the proxy's own is described, with the answer that has it. */
import { expect, test } from 'bun:test';
import { isObject } from '../../../src/lib/json.ts';
import { descriptionOf } from '../../support/api-description.ts';
import { missing, noQuota, says } from '../../support/google/scripted-google.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { googleError, hello, type Send, startProxy } from '../../support/proxy.ts';

/** Headers of HTTP itself. */
const PLAIN = new Set([
  'content-type',
  'content-length',
  'date',
  'cache-control',
  'transfer-encoding',
  'vary',
]);

type Google = (model: string, stream: boolean) => Response;
type Scene = readonly [
  name: string,
  google: Google,
  ask: (send: Send) => Promise<Response>,
  headers: string[],
];

const isBig = (model: string): boolean => model === 'gemini-4-argon';
const post = (send: Send) => send('/v1/messages', hello);
const minute = (model: string): Response =>
  Response.json(
    {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: `quota of ${model}`,
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '200s' }],
      },
    },
    { status: 429 },
  );

const SCENES: readonly Scene[] = [
  ['an answer', (_model, stream) => says({ stream }), post, ['request-id', 'x-gemini-model']],
  [
    'an answer of another model',
    (model, stream) => (isBig(model) ? missing() : says({ stream })),
    post,
    ['request-id', 'x-fallback-model', 'x-gemini-model'],
  ],
  [
    'a stream of another model',
    (model, stream) => (isBig(model) ? missing() : says({ stream })),
    (send) => send('/v1/messages', { ...hello, stream: true }),
    ['request-id', 'x-fallback-model', 'x-gemini-model'],
  ],
  [
    'a count of another model',
    (model) => (isBig(model) ? missing() : Response.json({ totalTokens: 3 })),
    (send) => send('/v1/messages/count_tokens', hello),
    ['request-id', 'x-fallback-model', 'x-gemini-model'],
  ],
  [
    'a failure of another model',
    (model) => (isBig(model) ? missing() : googleError(400, 'INVALID_ARGUMENT', 'Something is wrong.')),
    post,
    ['request-id', 'x-fallback-model', 'x-gemini-model'],
  ],
  ['no quota of the minute', minute, post, ['request-id', 'retry-after', 'x-gemini-model']],
  ['no quota at all', noQuota, post, ['request-id', 'x-fallback-model', 'x-gemini-model', 'x-should-retry']],
  [
    'a page of another site',
    noQuota,
    (send) => send('/', undefined, { origin: 'https://a.example' }),
    ['request-id', 'x-should-retry'],
  ],
  [
    'a wrong version',
    noQuota,
    (send) => send('/v1/models', undefined, { 'anthropic-version': 'x' }),
    ['request-id'],
  ],
];

test.each(SCENES)('%s', async (_name, google, ask, expected) => {
  const env = { MAX_RETRIES: '0', MODEL_FALLBACKS: 'gemini-4-argon>gemini-4-hydrogen' };
  await using proxy = await startProxy({
    clock: new ManualClock(),
    env,
    fetch: async (url) =>
      google(/models\/([^:]+):/.exec(url)?.[1] ?? '', url.includes(':streamGenerateContent')),
  });
  const response = await ask(proxy.send);
  await response.text();
  const own = [...response.headers.keys()].filter((name) => !PLAIN.has(name));
  expect(own.sort()).toEqual(expected.sort());

  const document = await descriptionOf(proxy.send);
  const method = response.url.includes('/v1/messages') ? 'post' : 'get';
  const at = [
    'paths',
    new URL(response.url).pathname,
    method,
    'responses',
    String(response.status),
    'headers',
  ];
  const described = at.reduce<unknown>(
    (value, step) => (isObject(value) ? value[step] : undefined),
    document,
  );
  expect(Object.keys(isObject(described) ? described : {})).toEqual(expect.arrayContaining(own));
});
