/** What is told of requests, over the whole way through the proxy. */
import { describe, expect, test } from 'bun:test';
import type { TraceEvent } from '../../src/trace/events.ts';
import { type Script, says, scriptedGoogle } from '../support/google/scripted-google.ts';
import { eventNames, googleError, googleStream, hello, startProxy, textChunk } from '../support/proxy.ts';

const overloaded = () => googleError(503, 'UNAVAILABLE', 'The model is overloaded.');
const streamed = { ...hello, stream: true };

async function storyOf(script: Script, body: object = streamed, headers: Record<string, string> = {}) {
  const google = scriptedGoogle(script);
  await using proxy = await google.start();
  await google.through(proxy.send('/v1/messages', body, headers).then((response) => response.text()));
  return proxy.story();
}

const types = (story: readonly TraceEvent[]) => story.map(({ type }) => type);
const of = <Type extends TraceEvent['type']>(story: readonly TraceEvent[], type: Type) =>
  story.filter((event): event is Extract<TraceEvent, { type: Type }> => event.type === type);

describe('the story', () => {
  test.each([true, false])('of an ordinary answer (stream %p)', async (stream) => {
    const story = await storyOf((asked) => says(asked), { ...hello, stream });
    // A whole answer has ended before the client sees any of it.
    expect(types(story).filter((type) => type !== 'finished' && type !== 'spent')).toEqual([
      'received',
      'read',
      'asked',
      'chosen',
      'translated',
      'attempt',
      'head',
      'first-content',
      'usage',
      'stopped',
      'end',
    ]);
    expect(of(story, 'asked')).toMatchObject([{ model: hello.model, stream, caller: 'sdk' }]);
    expect(of(story, 'finished')).toMatchObject([{ reason: 'STOP' }]);
    expect(of(story, 'end')).toMatchObject([{ status: 200, clientLeft: false }]);
  });

  test('of a failed attempt: why, what next, how long, and who pays', async () => {
    const story = await storyOf((asked, index) => (index === 0 ? overloaded() : says(asked)));
    const from = types(story).indexOf('failure');
    expect(types(story).slice(from, from + 5)).toEqual(['failure', 'step', 'wait', 'waited', 'attempt']);
    expect(of(story, 'failure')).toMatchObject([
      { class: 'overloaded', status: 503, message: 'The model is overloaded.' },
    ]);
    expect(of(story, 'step')).toMatchObject([{ step: 'retry', cost: 'retry' }]);
    expect(of(story, 'attempt').map(({ paidBy }) => paidBy)).toEqual(['first', 'retry']);
    const [wait] = of(story, 'wait');
    const [waited] = of(story, 'waited');
    expect(waited?.ms).toBe(wait?.until as number);
  });

  test('of a refused request that is changed: another attempt, which is free', async () => {
    const refused = () => googleError(400, 'INVALID_ARGUMENT', 'Thought signature is not valid');
    const story = await storyOf((asked, index) => (index === 0 ? refused() : says(asked)), {
      ...streamed,
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'b' }] },
      ],
      tools: [{ name: 'Read', input_schema: { type: 'object' } }],
    });
    expect(of(story, 'step')).toMatchObject([{ step: 'resend', cost: 'nothing' }]);
    expect(of(story, 'mended')).toMatchObject([{ what: 'signatures' }]);
    expect(of(story, 'attempt').map(({ paidBy }) => paidBy)).toEqual(['first', 'free']);
  });

  test('of thoughts before the content: each is told once', async () => {
    const thought = { candidates: [{ content: { parts: [{ text: 'hm', thought: true }] } }] };
    const chunks = [thought, thought, textChunk('Hello '), textChunk('there', 'STOP')];
    const thinking = { type: 'enabled', budget_tokens: 1_024 };
    const story = await storyOf(() => googleStream(...chunks), { ...streamed, max_tokens: 2_048, thinking });
    expect(types(story).filter((type) => type.startsWith('first-'))).toEqual([
      'first-thought',
      'first-content',
    ]);
  });

  test('of a wait for a key: which, why, and until when', async () => {
    const google = scriptedGoogle((asked) => says(asked));
    await using proxy = await google.start({ KEY_RPM: '2' });
    const send = () =>
      google.finish(proxy.send('/v1/messages', streamed).then((response) => response.text()));
    for (let i = 0; i < 2; i++) {
      await send();
      await google.clock.advance(20_000);
    }
    const before = proxy.story().length;
    await send();
    const story = proxy.story().slice(before);
    const [wait] = of(story, 'wait');
    expect(wait).toMatchObject({ for: 'key', limit: 'KEY_RPM 2', key: of(story, 'chosen')[0]?.key });
    expect(of(story, 'waited')).toMatchObject([{ for: 'key', ms: wait?.until }]);
    expect(proxy.lines.find((line) => 'limit' in line)).toMatchObject({ msg: 'waiting', wait_ms: 20_000 });
  });

  test('of another key: why it is in the hand', async () => {
    const quota = () =>
      googleError(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota. Please retry in 9s.');
    const google = scriptedGoogle((asked, index) => (index === 0 ? quota() : says(asked)));
    await using proxy = await google.start({ API_KEYS: 'key-one-aaaaaaaa,key-two-bbbbbbbb' });
    const headers = { 'x-claude-code-session-id': 'session' };
    await google.through(proxy.send('/v1/messages', streamed, headers).then((response) => response.text()));
    const [first, second] = proxy.told('chosen');
    expect([first?.why, second?.why, second?.home]).toEqual(['dealt', 'moved', first?.key]);
    expect(proxy.told('attempt').map(({ key }) => key)).toEqual([first?.key, second?.key] as string[]);
    expect(proxy.told('step')).toMatchObject([{ step: 'other-key', cost: 'nothing' }]);
  });

  test('names the session and the agent of Claude Code', async () => {
    const story = await storyOf((asked) => says(asked), streamed, {
      'x-claude-code-session-id': 'session',
      'x-claude-code-agent-id': 'agent',
      'x-claude-code-parent-agent-id': 'parent',
    });
    expect(of(story, 'asked')).toMatchObject([
      { session: expect.any(String), agent: 'agent', parentAgent: 'parent' },
    ]);
  });

  test('is none of Google’s for a request that is refused at the door', async () => {
    const story = await storyOf((asked) => says(asked), { ...streamed, messages: [] });
    // A whole answer has ended before the client sees any of it.
    expect(types(story).filter((type) => type !== 'finished')).toEqual(['received', 'read', 'error', 'end']);
    expect(of(story, 'error')).toMatchObject([{ error: 'invalid_request_error', blame: 'client' }]);
  });
});

describe('whoever listens and throws', () => {
  const listener = ({ type }: TraceEvent) => {
    throw new Error(`cannot hear ${type}`);
  };

  test('ends no answer, and the log says so', async () => {
    const fetch = async () => googleStream(textChunk('Hello ', 'STOP'));
    await using proxy = await startProxy({ fetch, listener });
    const response = await proxy.send('/v1/messages', streamed);
    expect([response.status, eventNames(await response.text()).at(-1)]).toEqual([200, 'message_stop']);
    const failures = proxy.lines.filter(({ msg }) => msg === 'what happens to a request could not be told');
    expect(failures).toHaveLength(proxy.story().length);
  });

  test('ends no error either, and nothing is left under way', async () => {
    const fetch = async () => googleStream(textChunk('half of it'));
    await using proxy = await startProxy({ fetch, listener });
    const text = await (await proxy.send('/v1/messages', streamed)).text();
    expect(eventNames(text).at(-1)).toBe('error');
    expect(await (await proxy.send('/health')).json()).toMatchObject({ streams_in_flight: 0 });
  });
});
