/** JSON in a request that is nested too deep is refused with its path, and is no error of the proxy. */
import { describe, expect, test } from 'bun:test';
import { MOST_LEVELS } from '../../../src/anthropic/depth.ts';
import { googleStream, hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';

const DEEP = 100_000;
const HOLE = 'HOLE';

/** The text of `body` with a value of `levels` levels in place of HOLE: nothing else can print such a value. */
const nested = (body: object, levels: number, [open, close]: readonly [string, string]): string =>
  JSON.stringify(body).replace(`"${HOLE}"`, `${open.repeat(levels)}1${close.repeat(levels)}`);

const LISTS = ['[', ']'] as const;
const OBJECTS = ['{"a":', '}'] as const;

const call = (input: unknown) => ({ type: 'tool_use', id: 'toolu_1', name: 'f', input });
const withMessage = (content: unknown) => ({
  ...hello,
  messages: [...hello.messages, { role: 'user', content }],
});
const withTool = (more: object) => ({
  ...hello,
  tools: [{ name: 'f', input_schema: { type: 'object' }, ...more }],
});

const sendText = (proxy: TestProxy, path: string, body: string) =>
  fetch(`${proxy.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
  });

const PLACES: readonly (readonly [place: string, body: object])[] = [
  [
    'messages.1.content.0.tool_use.input',
    { ...hello, messages: [...hello.messages, { role: 'assistant', content: [call(HOLE)] }] },
  ],
  ['messages.1.content', withMessage(HOLE)],
  [
    'messages.1.content.0.tool_result.content',
    withMessage([{ type: 'tool_result', tool_use_id: 'toolu_1', content: HOLE }]),
  ],
  ['messages.1.content.0.text.citations', withMessage([{ type: 'text', text: 'a', citations: HOLE }])],
  [
    'tools.0.custom.input_schema.properties',
    withTool({ input_schema: { type: 'object', properties: HOLE } }),
  ],
  ['tools.0.custom.input_examples', withTool({ input_examples: HOLE })],
  ['tools.0.custom.x', withTool({ x: HOLE })],
  ['system', { ...hello, system: HOLE }],
  [
    'output_config.format.schema',
    { ...hello, output_config: { format: { type: 'json_schema', schema: HOLE } } },
  ],
  ['metadata', { ...hello, metadata: HOLE }],
  ['context_management', { ...hello, context_management: HOLE }],
  ['unheard_of', { ...hello, unheard_of: HOLE }],
];

describe('JSON without end', () => {
  test.each(PLACES)('%s', async (place, body) => {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return googleStream(textChunk('Hello', 'STOP'));
    };
    await using proxy = await startProxy({ fetch });
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      for (const kind of [LISTS, OBJECTS]) {
        const response = await sendText(proxy, path, nested(body, DEEP, kind));
        const { error } = await response.json();
        expect([response.status, error.type]).toEqual([400, 'invalid_request_error']);
        expect(error.message).toContain(': nested too deeply');
        expect(error.message).toStartWith(place);
      }
    }
    expect(asked).toEqual([]);
    expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('what is as deep as may be goes out whole', async () => {
    let sent = '';
    await using proxy = await startProxy({
      fetch: async (_url, init) => {
        sent = String(init.body);
        return googleStream(textChunk('Hello', 'STOP'));
      },
    });
    const messages = [...hello.messages, { role: 'assistant', content: [call({ a: HOLE })] }];
    const around = 6;
    const text = nested({ ...hello, messages }, MOST_LEVELS - around, LISTS);
    expect((await sendText(proxy, '/v1/messages', text)).status).toBe(200);
    expect(sent).toContain('['.repeat(MOST_LEVELS - around));
  });
});
