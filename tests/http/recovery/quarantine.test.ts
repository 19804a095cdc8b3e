/** Tools that Google refuses, behind the real server: the client gets its answer, and the refusal is met only once. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../../../src/gemini/wire.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import {
  eventNames,
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';
import { recordingProxy, streamed, type UpstreamPlay } from '../../support/recording.ts';

const tool = (name: string, inside: object = { format: 'odd' }) => ({
  name,
  description: `${name} it`,
  input_schema: { type: 'object', properties: { a: { type: 'string', ...inside } } },
});
const PLAIN = tool('plain', {});

type Body = GenerateContentRequest;
const declared = (body: Body): FunctionDeclaration[] =>
  body.tools?.flatMap(({ functionDeclarations }) => functionDeclarations ?? []) ?? [];

/** Why Google refuses `body`; undefined where it answers. */
type Judge = (body: Body) => string | undefined;

/** Names the first declaration that `isBad`, by its place. */
const firstBad =
  (isBad: (declaration: FunctionDeclaration) => boolean): Judge =>
  (body) => {
    const index = declared(body).findIndex(isBad);
    return index < 0
      ? undefined
      : `* GenerateContentRequest.tools[0].function_declarations[${index}].parameters.properties[a].format: not supported\n`;
  };
const hasFormat = ({ parametersJsonSchema: schema }: FunctionDeclaration) =>
  JSON.stringify(schema).includes('"format":');

const text = googleStream;
const answer = (url: string) =>
  url.includes(':stream')
    ? text(textChunk('Hello there', 'STOP'))
    : Response.json(textChunk('Hello there', 'STOP'));

function google(judge: Judge) {
  const asked: Body[] = [];
  const fetch: Fetch = async (url, init) => {
    const body: Body = JSON.parse(String(init.body));
    asked.push(body);
    const refusal = judge(body);
    return refusal === undefined ? answer(url) : googleError(400, 'INVALID_ARGUMENT', refusal);
  };
  return {
    asked,
    fetch,
    names: () =>
      asked.map((body) =>
        declared(body)
          .map(({ name }) => name)
          .join(' '),
      ),
  };
}

async function ask(proxy: TestProxy, request: object) {
  const response = await proxy.send('/v1/messages', { ...hello, ...request });
  return { status: response.status, text: await response.text() };
}

const warnings = (proxy: TestProxy) => proxy.told('warning').map(({ code, detail }) => `${code}: ${detail}`);
const told = ({ lines }: TestProxy) =>
  lines.filter(({ level, google: said }) => level !== 'debug' && said !== undefined);

describe('a tool that Google refuses', () => {
  test.each([true, false])('is sent in a simple form, at once from then on (stream %p)', async (stream) => {
    const { asked, fetch } = google(firstBad(hasFormat));
    await using proxy = await startProxy({ fetch });
    const request = { stream, tools: [tool('odd'), PLAIN] };
    for (const sends of [2, 3]) {
      const { status, text } = await ask(proxy, request);
      expect([status, text.includes('Hello there')]).toEqual([200, true]);
      if (stream) expect(eventNames(text).at(-1)).toBe('message_stop');
      expect(asked).toHaveLength(sends);
    }
    const [first, second, third] = asked.map(declared);
    expect(second).toEqual(third);
    expect(second?.[1]).toEqual(first?.[1]);
    expect(second?.[0]).toEqual({
      name: 'odd',
      description: 'odd it',
      parametersJsonSchema: {
        type: 'object',
        properties: {
          a: { type: 'string', description: 'JSON Schema: {"type":"string","format":"odd"}' },
        },
      },
    });
    expect(warnings(proxy)).toEqual([
      expect.stringMatching(
        /^tool-changed: odd: sent in a simple form, refused by Gemini \(Gen.*supported\)$/,
      ),
      'tool-changed: odd: sent in a simple form, because Gemini has refused its declaration',
    ]);
    expect(told(proxy)).toMatchObject([
      { tool: 'odd', family: 'gemini-4', google: expect.stringContaining('not supported') },
    ]);
    // A mending is no retry.
    for (const line of proxy.lines) expect(line).not.toHaveProperty('retries');
  });

  test('is left out where the simple form is refused, too', async () => {
    const { fetch, names } = google(firstBad(({ name }) => name === 'odd'));
    await using proxy = await startProxy({ fetch });
    for (let i = 0; i < 2; i++) {
      const { status } = await ask(proxy, { ...streamed, tools: [PLAIN, tool('odd')] });
      expect(status).toBe(200);
    }
    expect(names()).toEqual(['plain odd', 'plain odd', 'plain', 'plain']);
    expect(warnings(proxy).at(-1)).toBe(
      'tool-changed: odd: left out, because Gemini has refused its declaration',
    );
    expect(told(proxy)).toHaveLength(2);
  });

  test('among many that are: each is found out, and the last mending leaves none to be named', async () => {
    const { asked, fetch } = google(firstBad(hasFormat));
    await using proxy = await startProxy({ fetch });
    const tools = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => tool(name));
    const sends: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = asked.length;
      expect((await ask(proxy, { tools })).status).toBe(200);
      sends.push(asked.length - before);
    }
    // Three are remembered from the first request, three from the second, and the last one from the third.
    expect(sends).toEqual([4, 4, 2]);
    expect(told(proxy)).toHaveLength(7);
  });

  test('however often Google says so, it is not asked for ever', async () => {
    const { asked, fetch } = google(() => 'Unable to submit request because `z` functionDeclaration `x` …');
    await using proxy = await startProxy({ fetch });
    expect((await ask(proxy, { tools: [tool('z'), PLAIN] })).status).toBe(400);
    // Simplified, then dropped, and then nothing is left to name.
    expect(asked).toHaveLength(3);
    const places = google((body) => (declared(body).length > 1 ? firstBad(() => true)(body) : undefined));
    await using other = await startProxy({ fetch: places.fetch });
    expect((await ask(other, { tools: ['a', 'b', 'c', 'd'].map((name) => tool(name)) })).status).toBe(400);
    expect(places.asked).toHaveLength(4);
  });

  test.each([
    'Request contains an invalid argument.',
    "* GenerateContentRequest.tools[0].tool_type: required one_of 'tool_type' must have one initialized field\n",
  ])('no mending of another refusal: %j', async (message) => {
    const { asked, fetch } = google(() => message);
    await using proxy = await startProxy({ fetch });
    const { status, text } = await ask(proxy, { tools: [tool('odd')] });
    expect([status, asked.length]).toEqual([400, 1]);
    expect(JSON.parse(text).error.message).toContain(message.trim());
  });

  test('that must be called is told of, in its own words', async () => {
    const { asked, fetch } = google(firstBad(({ name }) => name === 'odd'));
    await using proxy = await startProxy({ fetch });
    const request = { tools: [tool('odd'), PLAIN], tool_choice: { type: 'tool', name: 'odd' } };
    const { status, text } = await ask(proxy, request);
    expect([status, asked.length]).toEqual([400, 2]);
    expect(JSON.parse(text).error.message).toContain('function_declarations[0]');
  });

  test('by one generation of models may be taken by another', async () => {
    const { asked, fetch } = google(firstBad(hasFormat));
    await using proxy = await startProxy({ fetch });
    for (const model of ['gemini-4-argon', 'gemini-4-neon', 'gemini-3.8-flash'])
      await ask(proxy, { model, tools: [tool('odd')] });
    expect(asked.map((body) => declared(body).some(hasFormat))).toEqual([true, false, false, true, false]);
  });
});

test('a signature and a tool, refused in one answer, are both mended', async () => {
  const judge: Judge = (body) =>
    JSON.stringify(body).includes('c2lnbmVk') ? 'Corrupted thought signature.' : firstBad(hasFormat)(body);
  const signed = {
    candidates: [
      {
        content: { parts: [{ functionCall: { name: 'odd', args: {} }, thoughtSignature: 'c2lnbmVk' }] },
        finishReason: 'STOP',
      },
    ],
  };
  const { asked, fetch } = google(judge);
  let first = true;
  const once: Fetch = async (url, init, exchange) => {
    if (!first) return fetch(url, init, exchange);
    first = false;
    return text(signed);
  };
  await using proxy = await startProxy({ fetch: once });
  const tools = [tool('odd')];
  const { text: said } = await ask(proxy, { ...streamed, tools });
  const id = /"id":"(toolu_[^"]+)"/.exec(said)?.[1];
  const messages = [
    ...hello.messages,
    { role: 'assistant', content: [{ type: 'tool_use', id, name: 'odd', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'seen' }] },
  ];
  const { text: answered } = await ask(proxy, { ...streamed, tools, messages });
  expect(answered).toContain('Hello there');
  expect(asked).toHaveLength(3);
});

test('tools that are too much together are simplified together, and that list from then on', async () => {
  const judge: Judge = (body) =>
    declared(body).filter(hasFormat).length > 1
      ? 'The specified schema produces a constraint that has too many states for serving.'
      : undefined;
  const { asked, fetch } = google(judge);
  await using proxy = await startProxy({ fetch });
  const tools = [tool('a'), tool('b'), PLAIN];
  for (const list of [tools, tools, [tool('a'), PLAIN]]) {
    expect((await ask(proxy, { tools: list })).status).toBe(200);
  }
  expect(asked.map((body) => declared(body).filter(hasFormat).length)).toEqual([2, 0, 0, 1]);
  expect(told(proxy)).toMatchObject([{ tools: 2 }]);
  expect(warnings(proxy)).toHaveLength(2);
});

test('what is recorded depends on no earlier request, and plays again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quarantine-'));
  try {
    const refused: UpstreamPlay = () =>
      googleError(400, 'INVALID_ARGUMENT', 'Unable to … `odd` functionDeclaration `parameters` …');
    const good: UpstreamPlay = () => text(textChunk('Hello there', 'STOP'));
    {
      await using proxy = await recordingProxy(folder, [refused, good, refused, good]);
      for (const content of ['one', 'two']) {
        const request = { ...streamed, tools: [tool('odd')], messages: [{ role: 'user', content }] };
        expect((await ask(proxy, request)).text).toContain('Hello there');
      }
    }
    expect(await verifyRecording(folder, 2)).toEqual({ requests: 2, problems: [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what was blamed and was not to blame is forgotten: the same tool of another client goes out as it is', async () => {
  // Refused for its history, in words that mention a tool.
  const upstream = google((body) =>
    JSON.stringify(body.contents).includes('POISON')
      ? 'Invalid value at tools[0].function_declarations[0].parameters: not supported'
      : undefined,
  );
  await using proxy = await startProxy({ fetch: upstream.fetch });
  const tools = [tool('look'), tool('read')];
  const poison = { tools, messages: [{ role: 'user', content: 'POISON' }] };
  for (let i = 0; i < 2; i++) expect((await ask(proxy, poison)).status).toBe(400);
  expect(told(proxy)).toEqual([]);
  upstream.asked.length = 0;
  expect((await ask(proxy, { tools })).status).toBe(200);
  expect(declared(upstream.asked[0] ?? { contents: [] }).filter(hasFormat)).toHaveLength(2);
});
