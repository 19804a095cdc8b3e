/** `output_config.format` and `strict` where Gemini promises nothing: checked, and asked for once more. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { type Asked, type Script, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello, textChunk } from '../../support/proxy.ts';

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const format = { type: 'json_schema' as const, schema: SCHEMA };
const tool = { name: 'pick', input_schema: SCHEMA };
/** Gemini 2.5 takes no answer schema beside tools. */
const emulated = { model: 'gemini-2.5-flash', output_config: { format }, tools: [tool] };

const says =
  (...texts: string[]): Script =>
  ({ stream }, index) => {
    const chunk = textChunk(texts[index] ?? texts.at(-1) ?? '', 'STOP');
    return stream ? googleStream(chunk) : Response.json(chunk);
  };

const calls =
  (...args: object[]): Script =>
  ({ stream }: Asked, index) => {
    const functionCall = { name: 'pick', args: args[index] ?? args.at(-1) };
    const chunk = {
      candidates: [{ content: { role: 'model', parts: [{ functionCall }] }, finishReason: 'STOP' }],
    };
    return stream ? googleStream(chunk) : Response.json(chunk);
  };

async function ask(script: Script, changes: object, env: Record<string, string> = {}) {
  const google = scriptedGoogle(script);
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none', ...env });
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const body = { ...hello, ...changes } as Anthropic.MessageCreateParamsNonStreaming;
  const message = await google.through(client.messages.stream(body).finalMessage());
  return { content: message.content, attempts: google.asked.length, asked: google.asked };
}

const text = (value: string) => [{ type: 'text', text: value }];

describe('JSON beside tools, where the model takes no schema', () => {
  test.each<[string, string[], string, number]>([
    ['is given out as it is', ['{"n": 1}'], '{"n": 1}', 1],
    ['is taken out of its fences', ['Here:\n```json\n{"n": 1}\n```'], '{"n": 1}', 1],
    ['is asked for once more', ['Sure!', '{"n": 1}'], '{"n": 1}', 2],
    ['is asked for once more where the schema refuses it', ['{"n": "x"}', '{"n": 1}'], '{"n": 1}', 2],
    ['is not asked for a third time', ['Sure!', 'Sorry.', '{"n": 1}'], 'Sorry.', 2],
  ])('%s', async (_, texts, expected, attempts) => {
    const answer = await ask(says(...texts), emulated);
    expect(answer.content).toMatchObject(text(expected));
    expect(answer.attempts).toBe(attempts);
  });

  test('is passed on as it is where no retry is left', async () => {
    const answer = await ask(says('Sure!', '{"n": 1}'), emulated, { MAX_STREAMING_RETRIES: '0' });
    expect(answer.content).toMatchObject(text('Sure!'));
    expect(answer.attempts).toBe(1);
  });

  test('a call is an answer as well', async () => {
    const { content, attempts } = await ask(calls({ n: 1 }), emulated);
    expect(content).toMatchObject([{ type: 'tool_use', input: { n: 1 } }]);
    expect(attempts).toBe(1);
  });
});

describe('JSON that Gemini promises', () => {
  test('is asked for by a setting, and its fences are taken away', async () => {
    const answer = await ask(says('```json\n{"n": 1}\n```'), { output_config: { format } });
    expect(answer.content).toMatchObject(text('{"n": 1}'));
    expect(JSON.parse(answer.asked[0]?.body ?? '{}').generationConfig.responseJsonSchema).toEqual(SCHEMA);
  });
});

describe('a strict tool', () => {
  const strict = { tools: [{ ...tool, strict: true }] };

  test.each<[string, object, object[], object, number]>([
    ['whose arguments do not fit is asked for once more', strict, [{}, { n: 1 }], { n: 1 }, 2],
    ['is called as the model wants it after that', strict, [{}, {}], {}, 2],
    ['whose arguments can be repaired is not asked for again', strict, [{ n: '1' }], { n: 1 }, 1],
    ['alone is asked for again', { tools: [tool] }, [{}, { n: 1 }], {}, 1],
  ])('%s', async (_, changes, args, input, attempts) => {
    const answer = await ask(calls(...args), changes);
    expect(answer.content).toMatchObject([{ type: 'tool_use', input }]);
    expect(answer.attempts).toBe(attempts);
  });
});
