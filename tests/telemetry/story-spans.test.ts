import { describe, expect, test } from 'bun:test';
import { type RequestSpans, StorySpans } from '../../src/telemetry/story-spans.ts';
import type { TraceFact } from '../../src/trace/events.ts';

const AT = 1_000_000;
const ATTEMPT = {
  type: 'attempt',
  model: 'gemini-4-argon',
  key: '3f9c',
  streamed: true,
  paidBy: 'first',
} as const;

function spansOf(...facts: [ms: number, TraceFact][]): RequestSpans {
  const story = new StorySpans('gcp.gemini', (text) => text);
  let spans: RequestSpans | undefined;
  const all: [number, TraceFact][] = [
    [0, { type: 'received', at: new Date(AT), method: 'POST', path: '/v1/messages' }],
    [1, { type: 'asked', model: 'claude-opus-5-5', stream: true, caller: 'main', session: 's1' }],
    [2, { type: 'chosen', model: 'gemini-4-argon', key: '3f9c', why: 'home' }],
    ...facts,
  ];
  for (const [ms, fact] of all) spans = story.hear({ ...fact, ms }) ?? spans;
  if (!spans) throw new Error('no spans');
  return spans;
}

describe('the story of a retried request', () => {
  const { root, children } = spansOf(
    [10, ATTEMPT],
    [300, { type: 'failure', class: 'overloaded', status: 503, message: 'secret words' }],
    [300, { type: 'wait', for: 'backoff', until: 500 }],
    [500, { type: 'waited', for: 'backoff' }],
    [510, { ...ATTEMPT, paidBy: 'retry' }],
    [900, { type: 'first-content' }],
    [
      2_000,
      {
        type: 'spent',
        for: 'answer',
        model: 'gemini-4-argon',
        key: '3f9c',
        in: 10,
        cached: 90,
        out: 7,
        thinking: 3,
        dollars: 0.5,
      },
    ],
    [2_000, { type: 'usage', in: 10, cached: 90, out: 7, thinking: 3 }],
    [2_001, { type: 'stopped', reason: 'tool_use' }],
    [2_010, { type: 'end', status: 200, clientLeft: false }],
  );

  test('is one span for the request, with what beneath it took time', () => {
    expect([root, ...children].map(({ name, from, to }) => [name, from - AT, to - AT])).toEqual([
      ['POST /v1/messages', 0, 2_010],
      ['chat gemini-4-argon', 10, 300],
      ['wait for backoff', 300, 500],
      ['chat gemini-4-argon', 510, 2_010],
    ]);
  });

  test('marks the attempt that failed, and not the request that was answered', () => {
    expect(children.map(({ error }) => error)).toEqual(['overloaded', undefined, undefined]);
    expect(children[0]?.attributes).toMatchObject({
      'error.type': 'overloaded',
      'http.response.status_code': 503,
    });
    expect(root.error).toBeUndefined();
  });

  test('tells models, session and tokens by the names of the conventions', () => {
    expect(root.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': 'claude-opus-5-5',
      'gen_ai.response.model': 'gemini-4-argon',
      'gen_ai.conversation.id': 's1',
      'gen_ai.response.finish_reasons': ['tool_use'],
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 90,
      'gen_ai.usage.output_tokens': 7,
    });
    expect(children[2]?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 100,
      'gemini_claude_proxy.cost_dollars': 0.5,
    });
  });

  test('holds no words of an error', () => {
    expect(JSON.stringify([root, children])).not.toContain('secret words');
  });
});

test('a request that ends while it waits has a wait that ends with it', () => {
  const { root, children } = spansOf(
    [5, { type: 'wait', for: 'key', key: '3f9c', limit: 'KEY_RPM 20', until: 60_000 }],
    [700, { type: 'end', status: 499, clientLeft: true }],
  );
  expect(children).toMatchObject([{ name: 'wait for key', to: AT + 700 }]);
  expect(root.attributes['gemini_claude_proxy.client_left']).toBe(true);
});

test('an error that the client got is the request’s', () => {
  const { root } = spansOf(
    [5, { type: 'error', error: 'rate_limit_error', class: 'quota', message: 'words', blame: 'others' }],
    [6, { type: 'end', status: 429, clientLeft: false }],
  );
  expect(root.error).toBe('rate_limit_error');
});

test('a request that asks no model has no spans', () => {
  const story = new StorySpans('gcp.gemini', (text) => text);
  story.hear({ type: 'received', at: new Date(AT), method: 'GET', path: '/health', ms: 0 });
  expect(story.hear({ type: 'end', status: 200, clientLeft: false, ms: 1 })).toBeUndefined();
});

const spent = (reason: 'answer' | 'search' | 'check', out: number, dollars?: number): TraceFact => ({
  type: 'spent',
  for: reason,
  model: 'gemini-4-argon',
  key: '3f9c',
  in: 100,
  cached: 0,
  out,
  thinking: 0,
  ...(dollars === undefined ? {} : { dollars }),
});
const END: TraceFact = { type: 'end', status: 200, clientLeft: false };
const costsOf = ({ children }: RequestSpans) =>
  children.map(({ attributes }) => [
    attributes['gen_ai.usage.output_tokens'],
    attributes['gemini_claude_proxy.cost_dollars'],
  ]);

describe('what an attempt has cost', () => {
  test('is the sum of its upstream requests: a long answer takes several', () => {
    const parts = spansOf(
      [10, ATTEMPT],
      [20, spent('answer', 5, 0.25)],
      [21, { type: 'continued' }],
      [30, spent('answer', 7, 0.5)],
      [31, END],
    );
    expect(costsOf(parts)).toEqual([[12, 0.75]]);
  });

  test('is not known where the price of a part is not', () => {
    const parts = spansOf([10, ATTEMPT], [20, spent('answer', 5, 0.25)], [30, spent('answer', 7)], [31, END]);
    expect(costsOf(parts)).toEqual([[12, undefined]]);
  });

  test('is that of a search, too, and not that of a verdict, which is told without its attempt', () => {
    const parts = spansOf(
      [10, ATTEMPT],
      [20, spent('answer', 5, 0.25)],
      [21, spent('check', 9, 9)],
      [22, ATTEMPT],
      [30, spent('search', 7, 0.5)],
      [31, END],
    );
    expect(costsOf(parts)).toEqual([
      [5, 0.25],
      [7, 0.5],
    ]);
    expect(parts.root.attributes).toMatchObject({ 'gemini_claude_proxy.cost_dollars': 9.75 });
  });
});

test('secrets are hidden in names, attributes and events', () => {
  const story = new StorySpans('gcp.gemini', (text) => text.replaceAll('secret', '***'));
  const facts: TraceFact[] = [
    { type: 'received', at: new Date(AT), method: 'POST', path: '/v1/messages' },
    { type: 'asked', model: 'secret', stream: true, caller: 'main' },
    { ...ATTEMPT, model: 'secret-1' },
    { type: 'warning', code: 'unknown-field', path: 'tools.0.secret', detail: 'secret', routine: false },
    END,
  ];
  const spans = facts.map((fact) => story.hear({ ...fact, ms: 1 })).at(-1);
  expect(spans?.root.events).toMatchObject([{ attributes: { path: 'tools.0.***' } }]);
  expect(JSON.stringify(spans)).not.toContain('secret');
});
