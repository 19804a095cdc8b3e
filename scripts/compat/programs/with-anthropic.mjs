// `@anthropic-ai/sdk` as its users write it. Run with the name of a case; a case that finds something else than it should throws.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';

const MODEL = 'claude-opus-5-5';
const COUNT = 'one, two, three, four – fünf is too many';
const client = new Anthropic({
  baseURL: process.env.COMPAT_BASE_URL,
  apiKey: process.env.COMPAT_KEY,
  maxRetries: 0,
});

const ask = (text) => ({
  model: MODEL,
  max_tokens: 2000,
  messages: [{ role: 'user', content: `compat sdk: ${text}` }],
});

const textOf = ({ content }) => content.flatMap(({ type, text }) => (type === 'text' ? [text] : [])).join('');

async function idsOf(list) {
  const ids = [];
  for await (const { id } of list) ids.push(id);
  return ids;
}

const CASES = {
  async answer() {
    const message = await client.messages.create(ask('count to four'));
    assert.equal(textOf(message), COUNT);
    assert.equal(message.content[0].type, 'text');
    assert.deepEqual([message.model, message.role, message.stop_reason], [MODEL, 'assistant', 'end_turn']);
    assert.ok(
      message.usage.input_tokens > 0 && message.usage.output_tokens > 0,
      JSON.stringify(message.usage),
    );
    assert.match(message._request_id, /^req_/);
  },

  async stream() {
    const stream = client.messages.stream(ask('count to four'));
    let told = '';
    stream.on('text', (text) => {
      told += text;
    });
    const message = await stream.finalMessage();
    assert.equal(told, COUNT);
    assert.equal(textOf(message), COUNT);
    assert.equal(message.stop_reason, 'end_turn');
    assert.ok(message.usage.output_tokens > 0);
  },

  async thinking() {
    const thinking = { type: 'adaptive', display: 'summarized' };
    const message = await client.messages.create({ ...ask('count to four'), thinking });
    assert.deepEqual(
      message.content.map(({ type }) => type),
      ['thinking', 'text'],
    );
    assert.match(message.content[0].thinking, /Four numbers are wanted\./);
  },

  async tools() {
    const asked = [];
    const getWeather = betaTool({
      name: 'get_weather',
      description: 'The weather of a city',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      run: ({ city }) => {
        asked.push(city);
        return `21 degrees in ${city}`;
      },
    });
    const runner = client.beta.messages.toolRunner({ ...ask('the weather in Oslo'), tools: [getWeather] });
    assert.equal(textOf(await runner.runUntilDone()), 'The tool says: 21 degrees in Oslo');
    assert.deepEqual(asked, ['Oslo']);
  },

  async structured() {
    const format = zodOutputFormat(
      z.object({ city: z.string(), degrees: z.number().int(), sky: z.string() }),
    );
    const message = await client.messages.parse({ ...ask('the weather as data'), output_config: { format } });
    assert.deepEqual(message.parsed_output, { city: 'Tromsø', degrees: -7, sky: 'clear' });
  },

  async count() {
    const count = async (text, more = {}) => {
      const { model, messages } = ask(text);
      return (await client.messages.countTokens({ model, messages, ...more })).input_tokens;
    };
    const few = await count('count');
    const many = await count('count '.repeat(100));
    assert.ok(few > 0 && few < 50 && many > 3 * few, `${few}, ${many}`);
    const tool = {
      name: 'get_weather',
      description: 'The weather. '.repeat(30),
      input_schema: { type: 'object' },
    };
    assert.ok((await count('count', { tools: [tool] })) > few + 50, 'a tool is not counted');
  },

  async 'web-search'() {
    const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }];
    const message = await client.messages
      .stream({ ...ask('search for the newest release of Bun'), tools })
      .finalMessage();
    const [use, result] = message.content;
    assert.deepEqual([use.type, result.type], ['server_tool_use', 'web_search_tool_result']);
    assert.deepEqual(use.input, { query: 'the newest release of Bun' });
    assert.equal(result.tool_use_id, use.id);
    assert.deepEqual(
      result.content.map(({ url }) => url),
      ['https://example.com/release', 'https://example.org/changes'],
    );
    const cited = message.content.filter(({ citations }) => citations?.length > 0);
    assert.ok(cited.some(({ text }) => text.trim() === 'the newest release came out this month.'));
    assert.equal(cited[0].citations[0].type, 'web_search_result_location');
    assert.equal(message.usage.server_tool_use.web_search_requests, 1);
    const { messages } = ask('count to four');
    const again = [...messages, { role: 'assistant', content: message.content }, ...messages];
    assert.equal(textOf(await client.messages.create({ ...ask(''), messages: again })), COUNT);
  },

  async 'web-page'() {
    const tools = [{ type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 2 }];
    const message = await client.messages
      .stream({ ...ask('when was https://example.com/lighthouse built?'), tools })
      .finalMessage();
    const [use, result] = message.content;
    assert.deepEqual(
      [use.type, use.name, use.input.url],
      ['server_tool_use', 'web_fetch', 'https://example.com/lighthouse'],
    );
    assert.deepEqual([result.type, result.tool_use_id], ['web_fetch_tool_result', use.id]);
    assert.equal(result.content.url, 'https://example.com/lighthouse');
    assert.equal(textOf(message), 'The lighthouse was built in 1871.');
    assert.equal(message.usage.server_tool_use.web_fetch_requests, 1);
  },

  async code() {
    const tools = [{ type: 'code_execution_20250825', name: 'code_execution' }];
    const message = await client.messages.stream({ ...ask('compute 6 * 7'), tools }).finalMessage();
    const [use, result] = message.content;
    assert.deepEqual([use.type, use.name], ['server_tool_use', 'bash_code_execution']);
    assert.match(use.input.command, /print\(6 \* 7\)/);
    assert.deepEqual(
      [result.tool_use_id, result.content.stdout, result.content.return_code],
      [use.id, '42\n', 0],
    );
    assert.equal(textOf(message), 'It is 42.');
  },

  async paper() {
    const data = readFileSync('doc.pdf').toString('base64');
    const content = [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } },
      { type: 'text', text: 'compat sdk: what is in the file?' },
    ];
    const message = await client.messages.create({ ...ask(''), messages: [{ role: 'user', content }] });
    assert.match(textOf(message), /application\/pdf/);
  },

  async citations() {
    const paper = 'The sky is blue – 青い.\nThe grass is green – très vert.\n';
    const content = [
      {
        type: 'document',
        title: 'Colours',
        source: { type: 'text', media_type: 'text/plain', data: paper },
        citations: { enabled: true },
      },
      { type: 'text', text: 'compat sdk: what colour is the grass?' },
    ];
    const message = await client.messages
      .stream({ ...ask(''), messages: [{ role: 'user', content }] })
      .finalMessage();
    assert.equal(textOf(message), 'The paper says so: grass is green. No more is known.');
    const cited = message.content.filter(({ citations }) => citations?.length > 0);
    assert.deepEqual(
      cited.map(({ text }) => text.trim()),
      ['grass is green.'],
    );
    const [place] = cited[0].citations;
    assert.deepEqual(
      [place.type, place.document_index, place.document_title],
      ['char_location', 0, 'Colours'],
    );
    assert.equal(place.cited_text.trim(), 'The grass is green – très vert.');
    assert.equal(paper.slice(place.start_char_index, place.end_char_index), place.cited_text);
  },

  async pages() {
    const data = readFileSync('doc.pdf').toString('base64');
    const source = { type: 'base64', media_type: 'application/pdf', data };
    const content = [
      { type: 'document', source, citations: { enabled: true } },
      { type: 'text', text: 'compat sdk: which page is for the tour?' },
    ];
    const message = await client.messages.create({ ...ask(''), messages: [{ role: 'user', content }] });
    assert.equal(textOf(message), 'It says so: this one is.');
    const [place] = message.content.flatMap(({ citations }) => citations ?? []);
    assert.deepEqual(
      [place?.type, place?.document_index, place?.start_page_number, place?.end_page_number],
      ['page_location', 0, 1, 2],
    );
    assert.match(place.cited_text, /A page for the tour/);
  },

  async files() {
    const file = await toFile(readFileSync('doc.pdf'), 'doc.pdf', { type: 'application/pdf' });
    const { id, filename, mime_type } = await client.files.upload({ file });
    assert.deepEqual([filename, mime_type], ['doc.pdf', 'application/pdf']);
    assert.ok((await idsOf(client.files.list())).includes(id));
    assert.equal((await client.files.retrieveMetadata(id)).size_bytes, statSync('doc.pdf').size);
    const content = [
      { type: 'document', source: { type: 'file', file_id: id } },
      { type: 'text', text: 'compat sdk: what is in the file?' },
    ];
    const message = await client.messages.create({ ...ask(''), messages: [{ role: 'user', content }] });
    assert.match(textOf(message), /application\/pdf/);
    assert.equal((await client.files.delete(id)).id, id);
    await assert.rejects(client.files.retrieveMetadata(id), Anthropic.NotFoundError);
  },

  async batches() {
    const params = ask('count to four');
    const requests = ['one', 'two'].map((custom_id) => ({ custom_id, params }));
    requests.push({ custom_id: 'bad', params: { ...params, model: 'gpt-9' } });
    let batch = await client.messages.batches.create({ requests });
    while (batch.processing_status !== 'ended') {
      await sleep(100);
      batch = await client.messages.batches.retrieve(batch.id);
    }
    assert.deepEqual([batch.request_counts.succeeded, batch.request_counts.errored], [2, 1]);
    const results = {};
    for await (const { custom_id, result } of await client.messages.batches.results(batch.id))
      results[custom_id] = result;
    assert.equal(textOf(results.one.message), COUNT);
    assert.equal(results.bad.error.error.type, 'not_found_error');
    assert.ok((await idsOf(client.messages.batches.list())).includes(batch.id));
    assert.equal((await client.messages.batches.delete(batch.id)).id, batch.id);
  },

  async errors() {
    const params = ask('count to four');
    await assert.rejects(client.messages.create({ ...params, model: 'gpt-9' }), (error) => {
      assert.ok(error instanceof Anthropic.NotFoundError);
      assert.match(error.message, /model: gpt-9/);
      return true;
    });
    await assert.rejects(client.messages.create({ ...params, max_tokens: -1 }), Anthropic.BadRequestError);
  },
};

await CASES[process.argv[2]]();
