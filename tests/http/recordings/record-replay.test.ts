/** What is recorded plays again, byte for byte, whatever upstream and the client did. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import {
  eventNames,
  GEMINI_KEY,
  googleError,
  googleStream,
  hello,
  startProxy,
  textChunk,
} from '../../support/proxy.ts';
import {
  ask,
  event,
  good,
  onlyRequest,
  pieces,
  recordingProxy,
  streamed,
  type UpstreamPlay,
} from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'record-'));
afterAll(() => rmSync(root, { recursive: true }));

type Scene = {
  env?: Record<string, string>;
  /** One for each attempt. */
  upstream: readonly UpstreamPlay[];
  request?: object;
  path?: string;
  /** What in the recording proves that the scene was played. */
  check?(recorded: RecordedRequest, answer: string): void;
};

/** A request that wants its calls judged, and an answer with a call. */
const judged = {
  ...streamed,
  tools: [{ name: 'Bash', input_schema: { type: 'object' } }],
  safeguards: [{ type: 'dangerous_tool_use', classifier_context: { rules: {} } }],
};
const calling: UpstreamPlay = () =>
  googleStream({
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts: [{ functionCall: { name: 'Bash', args: { command: 'ls' } } }] },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4 },
  });

const parts =
  (...all: object[]): UpstreamPlay =>
  () =>
    googleStream({
      candidates: [{ index: 0, content: { role: 'model', parts: all }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4 },
    });

const unreachable = () =>
  Promise.reject(Object.assign(new Error('Unable to connect'), { code: 'ECONNREFUSED' }));

const SCENES: Record<string, Scene> = {
  'a stream': { upstream: [good], request: streamed },
  'a whole answer': { upstream: [good] },
  'a second attempt after a refusal': {
    upstream: [() => googleError(503, 'UNAVAILABLE', 'busy'), good],
    request: streamed,
    check: ({ upstream }) => expect(upstream.map(({ head }) => head?.status)).toEqual([503, 200]),
  },
  'a long answer over two requests': {
    upstream: [
      () =>
        googleStream({
          candidates: [
            {
              index: 0,
              content: { role: 'model', parts: [{ text: 'One, ' }] },
              finishReason: 'CONTINUATION',
              continuationToken: 'dG9rZW4=',
            },
          ],
          usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4 },
        }),
      good,
    ],
    request: { ...streamed, max_tokens: 128_000 },
    check: ({ upstream }, answer) => {
      expect(upstream).toHaveLength(2);
      expect(answer).toContain('One, ');
      expect(answer).toContain('message_stop');
    },
  },
  'an answer whose calls are judged': {
    upstream: [
      calling,
      () => googleStream(textChunk('{"explanation":"It lists.","verdict":"safe"}', 'STOP')),
    ],
    env: { AUTO_MODE_CLASSIFIER: 'true' },
    request: judged,
    check: ({ upstream }, answer) => {
      expect(upstream).toHaveLength(2);
      expect(answer).toContain('"outcome":"not_flagged"');
    },
  },
  'a judge that says nothing, and pings meanwhile': {
    upstream: [calling, pieces('SILENCE')],
    env: { AUTO_MODE_CLASSIFIER: 'true', MAX_RETRIES: '0', MAX_STREAMING_RETRIES: '0' },
    request: judged,
    check: (_recorded, answer) => {
      const names = eventNames(answer);
      expect(names.slice(-2)).toEqual(['message_delta', 'message_stop']);
      expect(names.slice(names.lastIndexOf('content_block_stop'))).toContain('ping');
      expect(answer).toContain('"reason":"disabled"');
    },
  },
  'a search in place, which the answer repeats': {
    upstream: [
      parts({ functionCall: { name: 'web_search', args: { query: 'café hours' } } }),
      () =>
        googleStream({
          candidates: [
            {
              index: 0,
              content: { role: 'model', parts: [{ text: 'Das Café öffnet um 9.' }] },
              finishReason: 'STOP',
              groundingMetadata: {
                groundingChunks: [{ web: { uri: 'https://a.example/', title: 'a.example' } }],
                groundingSupports: [{ segment: { endIndex: 24 }, groundingChunkIndices: [0] }],
              },
            },
          ],
          usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4 },
        }),
      parts({ text: 'So: Das Café öffnet um 9.' }),
    ],
    request: {
      ...streamed,
      model: 'gemini-2.5-flash-lite',
      tools: [{ type: 'web_search_20250305', name: 'web_search' }, ...judged.tools],
    },
    check: ({ upstream }, answer) => {
      expect(upstream).toHaveLength(3);
      expect(answer).toContain('citations_delta');
    },
  },
  'a picture that code has drawn': {
    upstream: [
      parts(
        { executableCode: { language: 'PYTHON', code: 'plt.show()' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '' } },
        { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
        { text: 'There.' },
      ),
    ],
    request: { ...streamed, tools: [{ type: 'code_execution_20250522', name: 'code_execution' }] },
    check: (_recorded, answer) => expect(answer).toMatch(/"file_id":"file_\w+"/),
  },
  'a refusal': {
    upstream: [() => googleError(400, 'INVALID_ARGUMENT', 'no')],
    check: ({ answer }) => expect(answer.status).toBe(400),
  },
  "a refusal that repeats the proxy's key": {
    upstream: [() => googleError(400, 'INVALID_ARGUMENT', `API key ${GEMINI_KEY} not valid.`)],
    check: ({ upstream }, answer) => {
      expect(answer).toContain('***');
      expect(upstream[0]?.redactions).toMatchObject([{ kind: 'secret', length: GEMINI_KEY.length }]);
    },
  },
  'a connection that is never made': {
    upstream: [unreachable, unreachable, unreachable],
    check: ({ upstream }) => {
      expect(upstream.map(({ head, end, error }) => [head, end.kind, error?.code])).toEqual([
        [undefined, 'reset', 'ECONNREFUSED'],
        [undefined, 'reset', 'ECONNREFUSED'],
        [undefined, 'reset', 'ECONNREFUSED'],
      ]);
    },
  },
  'a body that ends in the middle': {
    upstream: [pieces(event(textChunk('half a')))],
    request: streamed,
    check: (_recorded, answer) => expect(eventNames(answer).at(-1)).toBe('error'),
  },
  'a connection that breaks after content': {
    upstream: [pieces(event(textChunk('half a')), 'data: {"cand', 'RESET')],
    request: streamed,
    check: ({ upstream }) =>
      expect(upstream[0]).toMatchObject({
        end: { kind: 'reset', side: 'upstream' },
        error: { code: 'ECONNRESET' },
      }),
  },
  'silence until our deadline': {
    upstream: [pieces(event(textChunk('half a')), 'SILENCE')],
    request: streamed,
    check: ({ upstream }, answer) => {
      expect(upstream[0]?.end).toEqual({ ms: 240_000, kind: 'timeout', side: 'proxy' });
      expect(eventNames(answer)).toContain('content_block_delta');
    },
  },
  'no head until our deadline': {
    upstream: [
      async (clock, init) => {
        await clock.waitForUpstream(Number.POSITIVE_INFINITY, init.signal ?? undefined);
        return good(clock, init);
      },
      good,
    ],
    request: streamed,
    check: ({ upstream }) => expect(upstream[0]).toMatchObject({ head: undefined, end: { kind: 'timeout' } }),
  },
  'long pauses, with signs of life in them': {
    upstream: [
      pieces(
        { waitMs: 25_500 },
        event(textChunk('one ')),
        { waitMs: 31_000 },
        event(textChunk('two', 'STOP')),
      ),
    ],
    request: streamed,
    check: (_recorded, answer) => {
      const names = eventNames(answer);
      expect(names.filter((name) => name === 'ping')).toHaveLength(1);
      expect(names.filter((name) => name === 'content_block_delta').length).toBeGreaterThan(3);
    },
  },
  'a stop sequence, which leaves upstream': {
    upstream: [pieces(event(textChunk('one END two')), { waitMs: 50 }, event(textChunk('three', 'STOP')))],
    request: { ...streamed, stop_sequences: ['END'] },
    check: ({ upstream }) => expect(upstream[0]?.end).toMatchObject({ kind: 'abort', side: 'proxy' }),
  },
  'bytes that are no UTF-8': {
    upstream: [
      pieces(
        '\ufeffdata: {"candidates":[{"content":{"parts":[{"text":"caf',
        Uint8Array.of(0xc3),
        Uint8Array.of(0xa9, 0xff),
        '"}]},"finishReason":"STOP"}]}\r\n\r\n',
      ),
    ],
    request: streamed,
    check: ({ upstream }) => {
      expect(upstream[0]?.reads).toHaveLength(4);
      expect([...(upstream[0]?.reads[2]?.bytes ?? [])]).toEqual([0xa9, 0xff]);
      expect(upstream[0]?.anomalies).toContain('repair:byte-order-mark');
    },
  },
  'a count of tokens': {
    upstream: [() => Response.json({ totalTokens: 42 })],
    path: '/v1/messages/count_tokens?beta=true',
    request: { model: 'claude-opus-5-5', messages: hello.messages },
    check: ({ upstream }, answer) => {
      expect(upstream).toHaveLength(1);
      expect(JSON.parse(answer)).toEqual({ input_tokens: 42, context_management: null });
    },
  },
  'a body that is no request': {
    upstream: [],
    request: { nonsense: true },
    check: ({ upstream, answer }) => expect([upstream.length, answer.status]).toEqual([0, 400]),
  },
};

describe('recorded, and played twice', () => {
  test.each(Object.entries(SCENES))('%s', async (name, scene) => {
    const folder = join(root, name.replaceAll(/\W+/g, '-'));
    let answer = '';
    {
      await using proxy = await recordingProxy(folder, scene.upstream, scene.env);
      answer = await ask(proxy, scene);
    }
    const recorded = onlyRequest(folder);
    expect(new TextDecoder().decode(recorded.answer.bytes)).toBe(answer);
    scene.check?.(recorded, answer);
    expect(await verifyRecording(folder, 2)).toEqual({ requests: 1, problems: [] });
  });

  test('the same request twice plays in the order of arrival', async () => {
    const folder = join(root, 'fifo');
    {
      const say = (text: string) => () => googleStream(textChunk(text, 'STOP'));
      await using proxy = await recordingProxy(folder, [say('first'), say('second')]);
      for (let i = 0; i < 2; i++) await ask(proxy, {});
    }
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    expect(await ask(replay, {})).toContain('first');
    expect(await ask(replay, {})).toContain('second');
    expect(await ask(replay, {})).toContain('played already');
  });
});
