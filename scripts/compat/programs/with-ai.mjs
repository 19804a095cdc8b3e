// `ai` with `@ai-sdk/anthropic` as their users write it. Run with the name of a case; a case that finds something else than it should throws.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAnthropic } from '@ai-sdk/anthropic';
import * as ai from 'ai';
import { z } from 'zod';

const { APICallError, generateText, Output, stepCountIs, streamText, tool } = ai;
const COUNT = 'one, two, three, four – fünf is too many';
// This client wants an address with the version.
const anthropic = createAnthropic({
  baseURL: `${process.env.COMPAT_BASE_URL}/v1`,
  apiKey: process.env.COMPAT_KEY,
});
const model = anthropic('claude-opus-5-5');
const common = { model, maxRetries: 0 };
const prompt = (text) => `compat sdk: ${text}`;

const CASES = {
  async answer() {
    const { text, finishReason, usage } = await generateText({ ...common, prompt: prompt('count to four') });
    assert.equal(text, COUNT);
    assert.equal(finishReason, 'stop');
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0, JSON.stringify(usage));
  },

  async stream() {
    const result = streamText({ ...common, prompt: prompt('count to four') });
    let told = '';
    for await (const text of result.textStream) told += text;
    assert.equal(told, COUNT);
    assert.equal(await result.finishReason, 'stop');
    const usage = await result.usage;
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0, JSON.stringify(usage));
  },

  async thinking() {
    const thinking = { type: 'enabled', budgetTokens: 2000 };
    const { reasoningText, text } = await generateText({
      ...common,
      prompt: prompt('count to four'),
      providerOptions: { anthropic: { thinking } },
    });
    assert.match(reasoningText ?? '', /Four numbers are wanted\./);
    assert.equal(text, COUNT);
  },

  async tools() {
    const asked = [];
    const get_weather = tool({
      description: 'The weather of a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        asked.push(city);
        return `21 degrees in ${city}`;
      },
    });
    const { text } = await generateText({
      ...common,
      prompt: prompt('the weather in Oslo'),
      tools: { get_weather },
      stopWhen: stepCountIs(3),
    });
    assert.deepEqual(asked, ['Oslo']);
    assert.equal(text, 'The tool says: 21 degrees in Oslo');
  },

  async structured() {
    const schema = z.object({ city: z.string(), degrees: z.number(), sky: z.enum(['clear', 'cloudy']) });
    const { output } = await generateText({
      ...common,
      prompt: prompt('the weather as data'),
      output: Output.object({ schema }),
    });
    assert.deepEqual(output, { city: 'Tromsø', degrees: -7, sky: 'clear' });
  },

  async 'web-search'() {
    const { content, sources } = await generateText({
      ...common,
      prompt: prompt('search for the newest release of Bun'),
      tools: { web_search: anthropic.tools.webSearch_20250305({ maxUses: 3 }) },
    });
    const call = content.find(({ type }) => type === 'tool-call');
    assert.deepEqual(call?.input, { query: 'the newest release of Bun' });
    const urls = new Set(sources.map(({ url }) => url));
    assert.deepEqual([...urls], ['https://example.com/release', 'https://example.org/changes']);
  },

  async 'web-page'() {
    const { content, text } = await generateText({
      ...common,
      prompt: prompt('when was https://example.com/lighthouse built?'),
      tools: { web_fetch: anthropic.tools.webFetch_20250910({ maxUses: 2 }) },
    });
    const call = content.find(({ type }) => type === 'tool-call');
    const result = content.find(({ type }) => type === 'tool-result');
    assert.equal(call?.input.url, 'https://example.com/lighthouse');
    assert.equal(result?.output.url, 'https://example.com/lighthouse', JSON.stringify(result));
    assert.equal(text, 'The lighthouse was built in 1871.');
  },

  async code() {
    const { content, text } = await generateText({
      ...common,
      prompt: prompt('compute 6 * 7'),
      tools: { code_execution: anthropic.tools.codeExecution_20250825() },
    });
    const result = content.find(({ type }) => type === 'tool-result');
    assert.equal(result?.output.stdout, '42\n', JSON.stringify(result));
    assert.equal(text, 'It is 42.');
  },

  async paper() {
    const file = { type: 'file', data: readFileSync('doc.pdf'), mediaType: 'application/pdf' };
    const content = [file, { type: 'text', text: prompt('what is in the file?') }];
    const { text } = await generateText({ ...common, messages: [{ role: 'user', content }] });
    assert.match(text, /application\/pdf/);
  },

  async citations() {
    const file = {
      type: 'file',
      data: Buffer.from('The sky is blue.\nThe grass is green – très vert.\n'),
      mediaType: 'text/plain',
      filename: 'colours.txt',
      providerOptions: { anthropic: { citations: { enabled: true }, title: 'Colours' } },
    };
    const content = [file, { type: 'text', text: prompt('what colour is the grass?') }];
    const { text, sources } = await generateText({ ...common, messages: [{ role: 'user', content }] });
    assert.equal(text, 'The paper says so: grass is green. No more is known.');
    assert.deepEqual(
      sources.map(({ sourceType, mediaType }) => [sourceType, mediaType]),
      [['document', 'text/plain']],
    );
    assert.match(sources[0].providerMetadata.anthropic.citedText, /The grass is green – très vert\./);
  },

  async pages() {
    const file = {
      type: 'file',
      data: readFileSync('doc.pdf'),
      mediaType: 'application/pdf',
      providerOptions: { anthropic: { citations: { enabled: true } } },
    };
    const content = [file, { type: 'text', text: prompt('which page is for the tour?') }];
    const { sources } = await generateText({ ...common, messages: [{ role: 'user', content }] });
    const place = sources[0]?.providerMetadata.anthropic;
    assert.deepEqual([place?.startPageNumber, place?.endPageNumber], [1, 2]);
  },

  // From version 7 on.
  async files() {
    const api = anthropic.files();
    const bytes = readFileSync('doc.pdf');
    const upload = { api, data: bytes, mediaType: 'application/pdf', filename: 'doc.pdf' };
    const { providerReference: file, byteSize } = await ai.uploadFile(upload);
    assert.equal(byteSize, bytes.length);
    const content = [
      { type: 'file', data: file, mediaType: 'application/pdf' },
      { type: 'text', text: prompt('what is in the file?') },
    ];
    const { text } = await generateText({ ...common, messages: [{ role: 'user', content }] });
    assert.match(text, /application\/pdf/);
    assert.equal((await api.getFileMetadata({ file })).filename, 'doc.pdf');
    await api.deleteFile({ file });
    await assert.rejects(api.getFileMetadata({ file }));
  },

  async batches() {
    const requests = ['one', 'two'].map((id) => ({
      id,
      type: 'text',
      model: 'claude-opus-5-5',
      prompt: prompt('count to four'),
    }));
    const batch = await ai.experimental_startBatch({ provider: anthropic, requests });
    let { status } = batch;
    while (status === 'pending') {
      await sleep(100);
      ({ status } = await ai.experimental_getBatchStatus({ provider: anthropic, batch }));
    }
    assert.equal(status, 'completed');
    const texts = {};
    for await (const { id, text } of ai.experimental_getBatchResults({ provider: anthropic, batch }))
      texts[id] = text;
    assert.deepEqual(texts, { one: COUNT, two: COUNT });
  },

  async errors() {
    await assert.rejects(
      generateText({ ...common, model: anthropic('gpt-9'), prompt: prompt('count to four') }),
      (error) => {
        assert.ok(APICallError.isInstance(error));
        assert.equal(error.statusCode, 404);
        assert.match(error.message, /model: gpt-9/);
        return true;
      },
    );
  },
};

await CASES[process.argv[2]]();
