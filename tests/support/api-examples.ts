/** What the proxy really answers to the examples of the API description: the content of `example-answers.json`. */

import packageJson from '../../package.json' with { type: 'json' };
import { EXAMPLE_REQUESTS } from '../../src/http/api-description/example-requests.ts';
import type { Tag } from '../../src/http/api-description/operation-words.ts';
import { OPERATIONS } from '../../src/http/api-description/operations.ts';
import type { DescribedRoute } from '../../src/http/route-table.ts';
import { ignoreFailure } from '../../src/lib/async.ts';
import { until } from './google/held-upstream.ts';
import { scriptedGoogle } from './google/scripted-google.ts';
import { ManualClock } from './manual-clock.ts';
import {
  googleError,
  googleStream,
  hello,
  type Send,
  startProxy,
  type TestProxy,
  textChunk,
} from './proxy.ts';
import { formOf, MB, type Upload, upload } from './talks/files.ts';

const FILE_ID = 'file_011CNha8iCJcU1wXNR6q4V8w';

const BATCH_ID = 'msgbatch_013Zva2CMHLNnXjNJJKqJ2EF';

type Answer = { name: string; summary: string; status: number; value: unknown };
type Env = Readonly<Record<string, string>>;
type Ask = (send: Send) => Promise<Response>;

/** The version is another one with each release, and a file has another id with each upload. */
const settled = (text: string): string =>
  text
    .replaceAll(`"version":"${packageJson.version}"`, '"version":"1.0.0"')
    .replaceAll(/\bfile_[A-Za-z0-9]{24}\b/g, FILE_ID)
    .replaceAll(/\bmsgbatch_[A-Za-z0-9]{24}\b/g, BATCH_ID)
    .replaceAll(/\b127\.0\.0\.1:\d+/g, '127.0.0.1:8082')
    .replaceAll(/\bBun\/\d+\.\d+\.\d+/g, 'Bun/1.0.0');

async function answerOf(name: string, summary: string, response: Response): Promise<Answer> {
  const text = settled(await response.text());
  const isJson = response.headers.get('content-type') === 'application/json';
  return { name, summary, status: response.status, value: isJson ? JSON.parse(text) : text };
}

/** The answer, read before the proxy ends. */
const read = async (response: Response): Promise<Response> => new Response(await response.text(), response);

async function ofMock(ask: Ask, env: Env = {}): Promise<Response> {
  const clock = new ManualClock();
  await using proxy = await startProxy({ clock, env: { MOCK_PACE: 'instant', ...env } });
  return read(await ask(proxy.send));
}

/** Asks after the mock has answered hello. */
const afterHello =
  (ask: Ask): Ask =>
  async (send) => {
    await (await post(hello)(send)).text();
    return ask(send);
  };

async function ofGoogle(say: () => Response, ask: Ask = post(hello)): Promise<Response> {
  const env = { MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' };
  await using proxy = await startProxy({ clock: new ManualClock(), env, fetch: async () => say() });
  return read(await ask(proxy.send));
}

/** Of a proxy that is about to end, but waits for an answer that does not come. */
async function ofDraining(ask: Ask): Promise<Response> {
  const google = scriptedGoogle(() => new Promise(() => {}));
  await using proxy = await google.start();
  ignoreFailure(proxy.send('/v1/messages', hello));
  await until(() => google.asked.length > 0);
  // The clock stands still, so the proxy goes on waiting.
  void proxy.close(1_000);
  return read(await ask(proxy.send));
}

type AskBatch = (send: Send, id: string, url: string) => Promise<Response>;
const BATCH = { requests: [{ custom_id: 'first', params: hello }] };

/** Of a proxy with one batch, which has ended. */
async function ofBatch(ask: AskBatch): Promise<Response> {
  await using proxy = await startProxy({ clock: new ManualClock(), env: { MOCK_PACE: 'instant' } });
  const { id } = await (await proxy.send('/v1/messages/batches', BATCH)).json();
  const isEnded = async () =>
    (await (await proxy.send(`/v1/messages/batches/${id}`)).json()).processing_status === 'ended';
  while (!(await isEnded()));
  return read(await ask(proxy.send, id, proxy.url));
}

/** Of a batch whose request waits for an answer that does not come. */
async function ofCanceled(): Promise<Response> {
  const google = scriptedGoogle(() => new Promise(() => {}));
  await using proxy = await google.start();
  const { id } = await (await proxy.send('/v1/messages/batches', BATCH)).json();
  await until(() => google.asked.length > 0);
  return read(await proxy.send(`/v1/messages/batches/${id}/cancel`, {}));
}

const REPORT: Upload = { name: 'report.txt', bytes: 'All is well.' };

/** Of a proxy that keeps one file. */
async function ofFile(
  ask: (proxy: TestProxy, id: string) => Promise<Response>,
  env: Env = {},
): Promise<Response> {
  await using proxy = await startProxy({ clock: new ManualClock(), env });
  const { id } = await upload(proxy, REPORT);
  return read(await ask(proxy, id));
}

const get =
  (path: string): Ask =>
  (send) =>
    send(path);
const post =
  (body: object, headers: Record<string, string> = {}): Ask =>
  (send) =>
    send('/v1/messages', body, headers);

const refuses = (code: number, status: string, message: string) => () => googleError(code, status, message);
const badKey = refuses(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
const says = () => Response.json(textChunk('Hi', 'STOP'));

/** Upstream breaks off with an error after the first words. */
const breaksOff = () =>
  googleStream(textChunk('The capital of Norway is'), {
    error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' },
  });

/** So many failures that nothing works any more. */
async function untilUnhealthy(send: Send): Promise<Response> {
  for (let request = 0; request < 5; request++) await send('/v1/messages', hello);
  return send('/health');
}

type Scene = readonly [name: string, summary: string, ask: () => Promise<Response>];

/** The answers of routes that take no body, and answers that no example of a request leads to. */
const SCENES: Readonly<Partial<Record<DescribedRoute, readonly Scene[]>>> = {
  'POST /v1/messages': [
    [
      'broken_stream',
      'A stream that fails after its first words',
      () => ofGoogle(breaksOff, post({ ...hello, stream: true })),
    ],
  ],
  'POST /v1/files': [
    [
      'text',
      'A text',
      () => ofFile(({ url }) => fetch(`${url}/v1/files`, { method: 'POST', body: formOf(REPORT) })),
    ],
  ],
  'GET /v1/files': [['page', 'The only page', () => ofFile(({ send }) => send('/v1/files'))]],
  'GET /v1/files/:id': [['text', 'A text', () => ofFile(({ send }, id) => send(`/v1/files/${id}`))]],
  'DELETE /v1/files/:id': [
    [
      'deleted',
      'It is gone',
      () => ofFile(({ url }, id) => fetch(`${url}/v1/files/${id}`, { method: 'DELETE' })),
    ],
  ],
  'GET /v1/messages/batches': [
    ['page', 'The only page', () => ofBatch((send) => send('/v1/messages/batches'))],
  ],
  'GET /v1/messages/batches/:id': [
    ['ended', 'It has ended', () => ofBatch((send, id) => send(`/v1/messages/batches/${id}`))],
  ],
  'DELETE /v1/messages/batches/:id': [
    [
      'deleted',
      'It is gone',
      () => ofBatch((_send, id, url) => fetch(`${url}/v1/messages/batches/${id}`, { method: 'DELETE' })),
    ],
  ],
  'POST /v1/messages/batches/:id/cancel': [['canceling', 'What waits is not run', () => ofCanceled()]],
  'GET /v1/models': [['page', 'The first two', () => ofMock(get('/v1/models?limit=2'))]],
  'GET /v1/models/:id': [
    ['claude', 'A Claude id', () => ofMock(get('/v1/models/claude-opus-5-5'))],
    ['gemini', 'A Gemini id', () => ofMock(get('/v1/models/gemini-4-argon'))],
  ],
  'GET /': [['mock', 'On the mock', () => ofMock(get('/'))]],
  'GET /api/hello': [['hello', 'Hello', () => ofMock(get('/api/hello'))]],
  'GET /health': [
    ['healthy', 'All is well', () => ofMock(get('/health'))],
    ['unhealthy', 'Google refuses the key', () => ofGoogle(badKey, untilUnhealthy)],
  ],
  'GET /livez': [['alive', 'The process runs', () => ofMock(get('/livez'))]],
  'GET /readyz': [
    ['ready', 'New requests are welcome', () => ofMock(get('/readyz'))],
    ['draining', 'The process is about to end', () => ofDraining(get('/readyz'))],
  ],
  'GET /test-connection': [
    ['works', 'Gemini answers', () => ofGoogle(says, get('/test-connection'))],
    ['refused', 'Google refuses the key', () => ofGoogle(badKey, get('/test-connection'))],
  ],
  'GET /__mock/requests': [['one', 'One request', () => ofMock(afterHello(get('/__mock/requests')))]],
};

type ErrorScene = readonly [...Scene, tags: readonly Tag[]];

const ASKED: readonly Tag[] = ['Messages'];
const WITH_KEY: readonly Tag[] = ['Messages', 'Batches', 'Files', 'Models'];
const EVERYWHERE: readonly Tag[] = [...WITH_KEY, 'Operation', 'Tests'];

const evil = { origin: 'https://elsewhere.example' };
const locked = { PROXY_API_KEY: 'the-key-of-this-proxy' };
const retryIn = (seconds: number) => ({
  '@type': 'type.googleapis.com/google.rpc.RetryInfo',
  retryDelay: `${seconds}s`,
});
const noQuota = () =>
  Response.json(
    {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: 'You exceeded your current quota.',
        details: [retryIn(3_000)],
      },
    },
    { status: 429 },
  );
const { max_tokens: _limit, ...unlimited } = hello;

/** Every type of error, as a client really gets it. */
const ERROR_SCENES: readonly ErrorScene[] = [
  ['missing_field', 'A field is missing', () => ofMock(post(unlimited)), ASKED],
  [
    'wrong_block',
    'A block of an unknown type',
    () => ofMock(post({ ...hello, messages: [{ role: 'user', content: [{ type: 'video' }] }] })),
    ASKED,
  ],
  [
    'too_long',
    'The prompt is longer than the window',
    () =>
      ofGoogle(
        refuses(
          400,
          'INVALID_ARGUMENT',
          'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
        ),
      ),
    ASKED,
  ],
  ['wrong_version', 'An unknown version', () => ofMock(post(hello, { 'anthropic-version': '1' })), WITH_KEY],
  ['wrong_limit', 'A page too long', () => ofMock(get('/v1/models?limit=5000')), ['Models']],
  [
    'wrong_host',
    'The Host is none',
    () => ofMock((send) => send('/livez', undefined, { host: '[' })),
    ['Operation'],
  ],
  [
    'wrong_key',
    'The key is not the one of this proxy',
    () => ofMock(post(hello, { 'x-api-key': 'another' }), locked),
    EVERYWHERE,
  ],
  ['refused_key', 'Google refuses the Gemini key', () => ofGoogle(badKey), ASKED],
  [
    'no_credit',
    'The credit is gone',
    () => ofGoogle(refuses(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.')),
    ASKED,
  ],
  ['other_page', 'A page of another site', () => ofMock((send) => send('/', undefined, evil)), EVERYWHERE],
  [
    'region',
    'Google does not serve the region',
    () => ofGoogle(refuses(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')),
    ASKED,
  ],
  [
    'no_model',
    'There is no such model',
    () => ofMock(post({ ...hello, model: 'gpt-5' })),
    ['Messages', 'Models'],
  ],
  [
    'no_batch',
    'There is no such batch',
    () => ofMock(get('/v1/messages/batches/msgbatch_none')),
    ['Batches'],
  ],
  [
    'no_requests',
    'A batch without requests',
    () => ofMock((send) => send('/v1/messages/batches', { requests: [] })),
    ['Batches'],
  ],
  ['wrong_last', 'No number', () => ofMock(get('/__mock/requests?last=none')), ['Tests']],
  ['no_file', 'There is no such file', () => ofMock(get('/v1/files/file_none')), ['Messages', 'Files']],
  [
    'not_downloadable',
    'A file that a client has uploaded',
    () => ofFile(({ send }, id) => send(`/v1/files/${id}/content`)),
    ['Files'],
  ],
  [
    'file_too_large',
    'The file is too large',
    () =>
      ofFile(
        ({ url }) =>
          fetch(`${url}/v1/files`, { method: 'POST', body: formOf({ bytes: new Uint8Array(MB + 1) }) }),
        { FILE_MAX_MB: '1' },
      ),
    ['Files'],
  ],
  [
    'conflict',
    'A conflict at Google',
    () => ofGoogle(refuses(409, 'ABORTED', 'The operation was aborted.')),
    ASKED,
  ],
  [
    'too_large',
    'The body is too large',
    () => ofMock(post({ ...hello, system: 'x'.repeat(33 * 1024 * 1024) })),
    ['Messages', 'Batches'],
  ],
  ['no_quota', 'The quota is used up', () => ofGoogle(noQuota), ASKED],
  [
    'no_gemini',
    'The address is not that of Gemini',
    () =>
      ofGoogle(
        () => new Response('<h1>Not here</h1>', { status: 404, headers: { 'content-type': 'text/html' } }),
      ),
    ASKED,
  ],
  [
    'google_failed',
    'Google failed',
    () => ofGoogle(refuses(500, 'INTERNAL', 'An internal error has occurred.')),
    ASKED,
  ],
  ['ending', 'The proxy is shutting down', () => ofDraining(post(hello)), ['Messages', 'Batches']],
  [
    'timeout',
    'Gemini did not answer in time',
    () => ofGoogle(refuses(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.')),
    ASKED,
  ],
  [
    'overloaded',
    'The model is overloaded',
    () => ofGoogle(refuses(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.')),
    ['Messages', 'Batches'],
  ],
];

async function answersOfRequests(route: DescribedRoute): Promise<Answer[]> {
  const answers: Answer[] = [];
  const path = route.split(' ')[1] ?? '';
  for (const [name, { summary, body }] of Object.entries(EXAMPLE_REQUESTS[route] ?? {})) {
    answers.push(await answerOf(name, summary, await ofMock((send) => send(path, body))));
  }
  return answers;
}

/** Every answer and every error, in the form of `example-answers.json`. */
export async function exampleAnswers() {
  const answers: Record<string, Answer[]> = {};
  for (const route of Object.keys(OPERATIONS) as DescribedRoute[]) {
    answers[route] = await answersOfRequests(route);
    for (const [name, summary, ask] of SCENES[route] ?? [])
      answers[route].push(await answerOf(name, summary, await ask()));
  }
  const errors: (Answer & { tags: readonly Tag[] })[] = [];
  for (const [name, summary, ask, tags] of ERROR_SCENES)
    errors.push({ ...(await answerOf(name, summary, await ask())), tags });
  return { answers, errors };
}
