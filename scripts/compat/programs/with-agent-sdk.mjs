// `@anthropic-ai/claude-agent-sdk` as its users write it. Run with the name of a case; a case that finds something else than it should throws.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk';
import { z } from 'zod';

const COUNT = 'one, two, three, four – fünf is too many';
const { COMPAT_BASE_URL, COMPAT_KEY, ...rest } = process.env;

async function run(prompt, more = {}) {
  const env = {
    ...rest,
    ANTHROPIC_BASE_URL: COMPAT_BASE_URL,
    ANTHROPIC_API_KEY: COMPAT_KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    IS_SANDBOX: '1',
  };
  const permissions = { permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true };
  const messages = [];
  for await (const message of query({ prompt, options: { env, ...permissions, ...more } }))
    messages.push(message);
  const result = messages.findLast(({ type }) => type === 'result');
  assert.equal(result?.subtype, 'success', JSON.stringify(result));
  assert.equal(result.is_error, false, result.result);
  return { messages, result };
}

const blocks = (messages, kind) =>
  messages
    .filter(({ type }) => type === 'assistant')
    .flatMap(({ message }) => message.content)
    .filter(({ type }) => type === kind);

const CASES = {
  async answer() {
    const { messages, result } = await run('compat sdk: count to four');
    assert.equal(result.result, COUNT);
    assert.deepEqual(
      blocks(messages, 'text').map(({ text }) => text),
      [COUNT],
    );
    assert.ok(result.usage.output_tokens > 0, JSON.stringify(result.usage));
  },

  async stream() {
    const { messages } = await run('compat sdk: count to four', { includePartialMessages: true });
    const deltas = messages.flatMap(({ type, event }) =>
      type === 'stream_event' ? (event.delta?.text ?? '') : '',
    );
    assert.equal(deltas.join(''), COUNT);
  },

  async thinking() {
    const { messages } = await run('compat sdk: count to four', {
      thinking: { type: 'adaptive', display: 'summarized' },
    });
    assert.match(
      blocks(messages, 'thinking')
        .map(({ thinking }) => thinking)
        .join(''),
      /Four numbers are wanted\./,
    );
  },

  async tools() {
    const asked = [];
    const getWeather = tool(
      'get_weather',
      'The weather of a city',
      { city: z.string() },
      async ({ city }) => {
        asked.push(city);
        return { content: [{ type: 'text', text: `21 degrees in ${city}` }] };
      },
    );
    const weather = createSdkMcpServer({ name: 'weather', tools: [getWeather] });
    const { result } = await run('compat sdk: the weather in Oslo', { mcpServers: { weather } });
    assert.deepEqual(asked, ['Oslo']);
    assert.match(result.result, /21 degrees in Oslo/);
  },

  async structured() {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, degrees: { type: 'integer' }, sky: { type: 'string' } },
      required: ['city', 'degrees', 'sky'],
    };
    const { result } = await run('compat sdk: the weather as data', {
      outputFormat: { type: 'json_schema', schema },
    });
    assert.deepEqual(result.structured_output, { city: 'Tromsø', degrees: -7, sky: 'clear' });
  },

  async task() {
    writeFileSync('notes.txt', 'alpha – 一\nbèta – 二\n');
    const { messages, result } = await run('compat: mend the notes');
    assert.deepEqual(
      blocks(messages, 'tool_use').map(({ name }) => name),
      ['Read', 'Edit', 'Bash'],
    );
    assert.equal(readFileSync('notes.txt', 'utf8'), 'alpha – 一\ngamma – 三\n');
    assert.match(result.result, /gamma – 三/);
  },

  async session() {
    const first = await run('compat sdk: count to four. Watchword of this conversation: otter-12');
    const { result } = await run('compat: what was the watchword?', { resume: first.result.session_id });
    assert.equal(result.result, 'The watchword is otter-12.');
  },
};

await CASES[process.argv[2]]();
