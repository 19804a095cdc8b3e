/** `GUIDANCE`, `IDENTITY` and `LOCAL_ANSWERS`, through the whole proxy: what Google is sent, and what the client gets. */
import { describe, expect, test } from 'bun:test';
import { guidanceText, identityText } from '../../../src/translate/own-words.ts';
import { missing, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { hello } from '../../support/proxy.ts';

const CLI = { 'user-agent': 'claude-cli/2.1.330 (external, cli)' };
const tools = [{ name: 'Read', input_schema: { type: 'object' } }];
const turn = { ...hello, model: 'claude-opus-5-5', system: 'S', tools };
const title = {
  ...hello,
  model: 'claude-haiku-4-5',
  system: 'Name the session.',
  output_config: {
    format: {
      type: 'json_schema',
      schema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
    },
  },
  messages: [{ role: 'user', content: 'add a cache' }],
};

const systemOf = (body: string): unknown[] => {
  const parsed = JSON.parse(body);
  const { parts } = (parsed.generateContentRequest ?? parsed).systemInstruction;
  return parts.map(({ text }: { text: string }) => text);
};

describe('GUIDANCE and IDENTITY', () => {
  test('a model in the place of another says its own name', async () => {
    const google = scriptedGoogle((asked) => (asked.model === 'gemini-4-argon' ? missing() : says(asked)));
    await using proxy = await google.start({ IDENTITY: 'true', MODEL_FALLBACKS: 'gemini-3.8-flash' });
    await google.through(proxy.send('/v1/messages', turn, CLI));
    expect(google.asked.map(({ body }) => systemOf(body))).toEqual(
      ['gemini-4-argon', 'gemini-3.8-flash'].map((id) => ['S', identityText({ id })]),
    );
  });

  test('a count counts what is added', async () => {
    const google = scriptedGoogle(() => Response.json({ totalTokens: 1 }));
    await using proxy = await google.start({ GUIDANCE: 'auto' });
    const { max_tokens: _, ...counted } = turn;
    await google.through(proxy.send('/v1/messages/count_tokens', counted, CLI));
    expect(google.asked.map(({ body }) => systemOf(body))).toEqual([['S', guidanceText('gemini-4')]]);
  });
});

describe('LOCAL_ANSWERS', () => {
  test.each([true, false])(
    'a title, stream: %p: Google is not asked, and no token is counted',
    async (stream) => {
      const google = scriptedGoogle((asked) => says(asked));
      await using proxy = await google.start({ LOCAL_ANSWERS: 'true' });
      const response = await proxy.send('/v1/messages', { ...title, stream }, CLI);
      const text = await response.text();
      expect([response.status, google.asked.length]).toEqual([200, 0]);
      expect(text).toContain(JSON.stringify(JSON.stringify({ title: 'Add a cache' })));
      expect(text).toContain('"stop_reason":"end_turn"');
      expect(text).not.toMatch(/"(?:input|output)_tokens":[1-9]/);
    },
  );

  test('a probe gets an empty message', async () => {
    const google = scriptedGoogle((asked) => says(asked));
    await using proxy = await google.start({ LOCAL_ANSWERS: 'true' });
    const response = await proxy.send('/v1/messages', { ...hello, max_tokens: 1 }, CLI);
    expect(await response.json()).toMatchObject({
      content: [],
      stop_reason: 'max_tokens',
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    expect(google.asked).toEqual([]);
  });

  test('the log says that no model was asked', async () => {
    const google = scriptedGoogle((asked) => says(asked));
    await using proxy = await google.start({ LOCAL_ANSWERS: 'true' });
    await (await proxy.send('/v1/messages', title, CLI)).text();
    const line = proxy.lines.find(({ path }) => path === '/v1/messages');
    expect([line?.['answered_here'], line?.['gemini_model'], line?.['key']]).toEqual([
      'title',
      undefined,
      undefined,
    ]);
  });

  test('is off unless it is set', async () => {
    const google = scriptedGoogle((asked) => says(asked, '{"title":"T"}'));
    await using proxy = await google.start();
    await google.through(proxy.send('/v1/messages', title, CLI));
    expect(google.asked).toHaveLength(1);
  });
});
