/** Counts of tokens: Google counts the same body that an answer would have, each body once. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '../../../src/lib/ports.ts';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { writeRecordedRequest } from '../../../src/sim/cassette/write.ts';
import {
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';
import { recordingProxy, type UpstreamPlay } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'count-tokens-'));
afterAll(() => rmSync(root, { recursive: true }));

const PATH = '/v1/messages/count_tokens';
const session = { 'x-claude-code-session-id': 's1' };
const isCount = (url: string) => url.endsWith(':countTokens');

const toolNamed = (name: string) => ({
  name,
  description: `Does what ${name} does.`,
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
});
const foo = { model: hello.model, messages: [{ role: 'user', content: 'foo' }] };

/** What `/context` sends at once: each tool alone, all together, and some texts, several of them alike. */
const context = [
  ...Array.from({ length: 20 }, (_, index) => ({ ...foo, tools: [toolNamed(`tool_${index}`)] })),
  { ...foo, tools: Array.from({ length: 20 }, (_, index) => toolNamed(`tool_${index}`)) },
  ...Array.from({ length: 5 }, () => ({ ...foo, tools: [] })),
  { ...foo, messages: [{ role: 'user', content: 'a file of instructions' }], tools: [] },
  { ...foo, messages: [{ role: 'user', content: 'a file of instructions' }], tools: [] },
];
const UNLIKE = 23;

/** Google, which answers counts once `open` was called, each with its place in the order of arrival. */
function counting() {
  const asked: string[] = [];
  const open = Promise.withResolvers<void>();
  const all = Promise.withResolvers<void>();
  const fetch: Fetch = async (_url, init) => {
    const tokens = asked.push(String(init.body));
    if (asked.length === UNLIKE) all.resolve();
    await open.promise;
    return Response.json({ totalTokens: tokens });
  };
  return { fetch, asked, open: open.resolve, allAsked: all.promise };
}

const count = async (proxy: TestProxy, request: object, headers = {}) =>
  (await (await proxy.send(PATH, request, headers)).json()).input_tokens;

describe('28 counts at once', () => {
  test('are asked all at the same time, equal ones once; later ones are known', async () => {
    const google = counting();
    await using proxy = await startProxy({ fetch: google.fetch });
    const counts = Promise.all(context.map((request) => count(proxy, request, session)));
    await google.allAsked;
    google.open();
    const tokens = await counts;
    expect(tokens).toHaveLength(28);
    expect(new Set(tokens).size).toBe(UNLIKE);
    expect(await Promise.all(context.map((request) => count(proxy, request, session)))).toEqual(tokens);
    expect(google.asked).toHaveLength(UNLIKE);
  });

  test('a count that failed is asked for again', async () => {
    let asked = 0;
    const fetch: Fetch = async () =>
      asked++ === 0 ? googleError(503, 'UNAVAILABLE', 'busy') : Response.json({ totalTokens: 77 });
    await using proxy = await startProxy({ fetch });
    expect(await count(proxy, foo)).toBeLessThan(10);
    expect(await count(proxy, foo)).toBe(77);
  });
});

describe('Google counts what an answer would be asked with', () => {
  const format = { type: 'json_schema', schema: { type: 'object', properties: { a: { type: 'string' } } } };

  test.each([
    ['an answer schema', { output_config: { format } }],
    ['an answer schema beside tools', { output_config: { format }, tools: [toolNamed('look')] }],
    ['a forced tool', { tools: [toolNamed('look')], tool_choice: { type: 'any' } }],
    ['a system prompt', { system: 'Be brief.' }],
    ['a web search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ])('%s', async (_name, more) => {
    const bodies: Record<string, Record<string, object | string>> = {};
    const fetch: Fetch = async (url, init) => {
      const body = JSON.parse(String(init.body));
      bodies[isCount(url) ? 'count' : 'answer'] = body.generateContentRequest ?? body;
      return isCount(url) ? Response.json({ totalTokens: 5 }) : googleStream(textChunk('{}', 'STOP'));
    };
    await using proxy = await startProxy({ fetch });
    await count(proxy, { ...foo, ...more });
    await (await proxy.send('/v1/messages', { ...hello, ...foo, ...more })).text();
    const { model, generationConfig: asked = {}, ...counted } = bodies['count'] ?? {};
    const { generationConfig = {}, ...answered } = bodies['answer'] ?? {};
    expect(model).toStartWith('models/');
    expect(counted).toEqual(answered);
    expect(generationConfig).toMatchObject(asked as object);
    expect('responseJsonSchema' in (asked as object)).toBe(
      'responseJsonSchema' in (generationConfig as object),
    );
  });
});

describe('where Google does not count', () => {
  const busy = () => googleError(503, 'UNAVAILABLE', 'busy');
  const words = (some: number) => 'word '.repeat(some);
  const spoken = (text: string, role = 'user') => ({ role, content: text });
  const conversation = { ...hello, system: words(4_000), messages: [spoken('begin')] };
  const goesOn = [...conversation.messages, spoken(words(200), 'assistant'), spoken('and on')];

  /** Google, which counts prompts of answers at three tokens for each word, and nothing else. */
  const trebling: Fetch = async (url) =>
    isCount(url)
      ? busy()
      : googleStream({ ...textChunk('ok', 'STOP'), usageMetadata: { promptTokenCount: 12_000 } });

  test('the estimate goes on from what Google counted for the session', async () => {
    await using proxy = await startProxy({ fetch: trebling });
    const { system } = conversation;
    const estimate = () => count(proxy, { ...foo, system, messages: goesOn }, session);
    expect(await estimate()).toBeLessThan(5_000);
    await (await proxy.send('/v1/messages', conversation, session)).text();
    expect(await estimate()).toBeWithin(12_200, 12_600);
  });

  test('the estimate of a recorded request depends on no other request', async () => {
    const folder = join(root, 'apart');
    const answers = () =>
      googleStream({ ...textChunk('ok', 'STOP'), usageMetadata: { promptTokenCount: 12_000 } });
    await using proxy = await recordingProxy(folder, [answers, busy]);
    await (await proxy.send('/v1/messages', conversation, session)).text();
    const { system } = conversation;
    expect(await count(proxy, { ...foo, system, messages: goesOn }, session)).toBeLessThan(5_000);
  });

  /** Records a request, changes what the recording says was told, and plays it again. */
  async function replayed(
    name: string,
    ask: (proxy: TestProxy) => Promise<string>,
    attempts: UpstreamPlay[],
    change: (recorded: RecordedRequest) => RecordedRequest,
  ) {
    const folder = join(root, name);
    {
      await using proxy = await recordingProxy(folder, attempts);
      await ask(proxy);
    }
    const [recorded = ''] = listRecording(folder);
    const changed = change(readRecordedRequest(recorded));
    rmSync(recorded, { recursive: true });
    await writeRecordedRequest(recorded, changed);
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    // The proxy is needed until the whole answer was read.
    return await ask(replay);
  }

  const withFigure = (tokens: number) => (recorded: RecordedRequest) => ({
    ...recorded,
    promptTold: { tokens, cached: 0 },
  });
  /** As older versions recorded: the figure stands in the answer alone. */
  const withAnswer =
    (text: string) =>
    ({ promptTold: _none, answer, ...rest }: RecordedRequest): RecordedRequest => ({
      ...rest,
      answer: { ...answer, bytes: new TextEncoder().encode(text) },
    });

  const counts = async (proxy: TestProxy) => (await proxy.send(PATH, foo)).text();
  const overflow = 'The input token count exceeds the maximum number of tokens allowed (100).';
  const asks = async (proxy: TestProxy) => (await proxy.send('/v1/messages', conversation)).text();
  const tooLong = (tokens: number) => `prompt is too long: ${tokens} tokens > 100 maximum`;
  const refused = () => googleError(400, 'INVALID_ARGUMENT', overflow);

  test.each<
    [
      string,
      (proxy: TestProxy) => Promise<string>,
      UpstreamPlay[],
      (recorded: RecordedRequest) => RecordedRequest,
      string,
    ]
  >([
    ['a count', counts, [busy], withFigure(123), '"input_tokens":123'],
    ['a count of an older version', counts, [busy], withAnswer('{"input_tokens":41}'), '"input_tokens":41'],
    ['an overflow', asks, [refused, busy], withFigure(7_001), tooLong(7_001)],
    [
      'an overflow of an older version',
      asks,
      [refused, busy],
      withAnswer(JSON.stringify({ type: 'error', error: { message: tooLong(9_123) } })),
      tooLong(9_123),
    ],
  ])('a replay tells the estimate of the recording: %s', async (name, ask, attempts, change, told) => {
    expect(await replayed(name, ask, attempts, change)).toContain(told);
  });
});
