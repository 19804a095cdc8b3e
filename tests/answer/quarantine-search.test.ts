/** Google refuses a tool without saying which: the turn is answered all the same, and what was learnt is remembered. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRecording } from '../../src/compose/verify-recording.ts';
import type { GenerateContentRequest } from '../../src/gemini/wire.ts';
import type { Fetch } from '../../src/lib/ports.ts';
import { googleError, googleStream, hello, startProxy, type TestProxy, textChunk } from '../support/proxy.ts';
import { recordingProxy, streamed } from '../support/recording.ts';

const NOTHING_SAID = 'Request contains an invalid argument.';
const tool = (name: string) => ({
  name,
  description: `${name} it`,
  input_schema: { type: 'object', properties: { a: { type: 'string', minLength: 1 } } },
});
const toolsOf = (count: number) => Array.from({ length: count }, (_, index) => tool(`t${index}`));

type Body = GenerateContentRequest;

/** Refuses the request as long as it holds one of `odd` in the client's form. */
function google(odd: readonly string[], refusal = NOTHING_SAID) {
  const asked: string[][] = [];
  const counted: string[][] = [];
  const fetch: Fetch = async (url, init) => {
    const parsed = JSON.parse(String(init.body));
    const isCount = url.includes(':countTokens');
    const body: Body = isCount ? parsed.generateContentRequest : parsed;
    const declared = body.tools?.flatMap(({ functionDeclarations = [] }) => functionDeclarations) ?? [];
    const whole = declared.filter((one) => JSON.stringify(one).includes('"minLength":'));
    const simple = declared.filter((one) => !whole.includes(one)).map(({ name }) => name);
    (isCount ? counted : asked).push(simple);
    if (whole.some(({ name }) => odd.includes(name))) return googleError(400, 'INVALID_ARGUMENT', refusal);
    return isCount ? Response.json({ totalTokens: 7 }) : googleStream(textChunk('Hello there', 'STOP'));
  };
  return { asked, counted, fetch };
}

async function ask(proxy: TestProxy, tools: object[], path = '/v1/messages') {
  const response = await proxy.send(path, { ...hello, ...(path === '/v1/messages' ? streamed : {}), tools });
  return { status: response.status, text: await response.text() };
}

describe('a tool that Google refuses and does not name', () => {
  test.each([
    ['among very many', 40, NOTHING_SAID],
    ['by a sentence about a schema', 6, 'A schema of this request is not supported.'],
  ])('%s: is found, over a few answers, and all are answered', async (_name, count, refusal) => {
    const { asked, fetch } = google(['t3'], refusal);
    await using proxy = await startProxy({ fetch });
    const sends: number[] = [];
    while (asked.at(-1)?.join() !== 't3') {
      const before = asked.length;
      const { status, text } = await ask(proxy, toolsOf(count));
      expect([status, text.includes('Hello there')]).toEqual([200, true]);
      sends.push(asked.length - before);
      expect(sends.length).toBeLessThan(10);
    }
    expect(Math.max(...sends)).toBeLessThanOrEqual(6);
    // From then on the tool goes out in simple form at once, also in another list of tools.
    const before = asked.length;
    await ask(proxy, toolsOf(count));
    await ask(proxy, [...toolsOf(4), tool('new')]);
    expect(asked.slice(before)).toEqual([['t3'], ['t3']]);
    // No request of the search was a retry.
    for (const line of proxy.lines) expect(line).not.toHaveProperty('retries');
    const told = proxy.lines.filter(({ level, google: said }) => level === 'warn' && said !== undefined);
    expect(told.at(-1)).toMatchObject({ tools: 't3' });
  });

  test('is not searched anew where others come and go', async () => {
    const { asked, fetch } = google(['t3']);
    await using proxy = await startProxy({ fetch });
    const suspected: number[] = [];
    for (let count = 30; count < 40; count++) {
      expect((await ask(proxy, toolsOf(count))).status).toBe(200);
      suspected.push(asked.at(-1)?.length ?? 0);
    }
    // Each answer leaves fewer suspects, and none starts again with all of them.
    expect(suspected).toEqual(suspected.toSorted((one, other) => other - one));
    expect(asked.length).toBeLessThan(20);
    expect(asked.at(-1)).toEqual(['t3']);
  });

  test('beside another one that comes later', async () => {
    const odd = ['t3'];
    const { asked, fetch } = google(odd);
    await using proxy = await startProxy({ fetch });
    await ask(proxy, toolsOf(30));
    odd.push('t33');
    for (let i = 0; i < 8; i++) {
      const before = asked.length;
      expect((await ask(proxy, toolsOf(36))).status).toBe(200);
      expect(asked.length - before).toBeLessThanOrEqual(7);
    }
    expect(asked.at(-1)).toContain('t33');
    expect(asked.at(-1)).toEqual(asked.at(-2) ?? []);
  });

  test('while Google names another one, is found as well', async () => {
    const { asked, fetch } = google(['t3', 't35']);
    const both: Fetch = async (url, init, exchange) => {
      const { tools }: Body = JSON.parse(String(init.body));
      const declared = tools?.[0]?.functionDeclarations ?? [];
      const at = declared.findIndex(
        (one) => one.name === 't20' && JSON.stringify(one).includes('"minLength":'),
      );
      const isLate = !JSON.stringify(declared.find(({ name }) => name === 't35')).includes('"minLength":');
      if (at < 0 || !isLate) return fetch(url, init, exchange);
      asked.push([]);
      const place = `* GenerateContentRequest.tools[0].function_declarations[${at}].parameters: bad`;
      return googleError(400, 'INVALID_ARGUMENT', place);
    };
    await using proxy = await startProxy({ fetch: both });
    for (let i = 0; i < 3; i++) {
      const before = asked.length;
      expect((await ask(proxy, toolsOf(40))).status).toBe(200);
      expect(asked.length - before).toBeLessThanOrEqual(8);
    }
    expect(asked.at(-1)).toContain('t20');
  });

  test('for a count of tokens just so', async () => {
    const { asked, counted, fetch } = google(['t3']);
    await using proxy = await startProxy({ fetch });
    for (let i = 0; i < 2; i++) {
      const { status, text } = await ask(proxy, toolsOf(30), '/v1/messages/count_tokens');
      expect([status, JSON.parse(text)]).toEqual([200, { input_tokens: 7 }]);
    }
    expect(counted.at(-1)).toContain('t3');
    expect(asked).toEqual([]);
  });

  test('of several all go out simple, and that list from then on', async () => {
    const { asked, fetch } = google(['t1', 't22']);
    await using proxy = await startProxy({ fetch });
    for (const sends of [6, 7]) {
      expect((await ask(proxy, toolsOf(24))).status).toBe(200);
      expect(asked).toHaveLength(sends);
      expect(asked.at(-1)).toHaveLength(24);
    }
  });

  test('where it is no tool, the refusal is told, and those tools are not searched again', async () => {
    const { asked, fetch } = google([]);
    const refuse: Fetch = async (url, init, exchange) => {
      await fetch(url, init, exchange);
      return googleError(400, 'INVALID_ARGUMENT', NOTHING_SAID);
    };
    await using proxy = await startProxy({ fetch: refuse });
    const sends: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = asked.length;
      const { status, text } = await ask(proxy, toolsOf(30));
      expect([status, JSON.parse(text).error.message]).toEqual([400, expect.stringContaining(NOTHING_SAID)]);
      sends.push(asked.length - before);
    }
    expect(sends).toEqual([7, 1, 1]);
  });
});

/** Refuses the request as long as `word` occurs in a declaration. */
function refusingWord(word: string, refusal: string) {
  const asked: string[] = [];
  const fetch: Fetch = async (_url, init) => {
    const body: Body = JSON.parse(String(init.body));
    asked.push(JSON.stringify(body.tools));
    return JSON.stringify(body.tools).includes(word)
      ? googleError(400, 'INVALID_ARGUMENT', refusal)
      : googleStream(textChunk('Hello there', 'STOP'));
  };
  return { asked, fetch };
}

const inside = (name: string, schema: object) => ({
  name,
  input_schema: { type: 'object', properties: schema },
});
const OTHERS = [
  inside('Bash', { command: { type: 'string' } }),
  inside('Read', { path: { type: 'string' } }),
];
const NESTED = { type: 'array', items: { type: 'object', patternProperties: { odd: {} } } };
const PLACED = 'schema at properties.a.items must be a boolean or an object';

describe('what Google refuses in the simple form, too, in the very same words', () => {
  test.each([
    ['by the place in it', PLACED, { a: NESTED }, /"Bash".*"Read"/],
    [
      'by a place that is gone',
      'schema at properties.a.items.patternProperties must be a boolean or an object',
      { a: NESTED },
      /"Bash".*"Read"/,
    ],
    ['for the text of its schema', 'Invalid schema', { a: NESTED }, /"Bash".*"x".*"Read"/],
    ['for a name in it', 'Invalid schema', { odd: { minLength: 1 } }, /"Bash".*"Read"/],
    ['of one that is bare as it is', 'Invalid schema', { odd: { type: 'string' } }, /"Bash".*"Read"/],
    ['that tells its name', "Invalid schema for function 'x': bad", { odd: {} }, /"Bash".*"Read"/],
    [
      'at its place',
      'reference to undefined schema at properties.odd',
      { odd: { type: 'string' } },
      /"Bash".*"Read"/,
    ],
  ])('%s: the session goes on without it', async (_name, refusal, schema, left) => {
    const { asked, fetch } = refusingWord('odd', refusal);
    await using proxy = await startProxy({ fetch });
    const tools = [OTHERS[0], inside('x', schema), OTHERS[1]] as object[];
    for (let i = 0; i < 2; i++) {
      const before = asked.length;
      const { status, text } = await ask(proxy, tools);
      expect([status, text.includes('Hello there')]).toEqual([200, true]);
      expect(asked.length - before).toBeLessThanOrEqual(i === 0 ? 4 : 1);
    }
    expect(asked.at(-1)).toMatch(left);
    const told = proxy.lines.filter(({ level, google }) => level === 'warn' && google === refusal);
    expect(told.length).toBeGreaterThan(0);
  });

  test.each(['', ' where another one is to blame, too'])('among very many%s', async (more) => {
    const { asked, fetch } = refusingWord('odd', NOTHING_SAID);
    await using proxy = await startProxy({ fetch });
    const tools = toolsOf(40);
    tools[7] = inside('t7', { a: NESTED }) as never;
    if (more !== '') tools[33] = inside('t33', { a: NESTED }) as never;
    for (let i = 0; i < 8; i++) {
      const before = asked.length;
      expect((await ask(proxy, tools)).status).toBe(200);
      expect(asked.length - before).toBeLessThanOrEqual(i === 0 ? 7 : 4);
    }
    const sent = JSON.parse(asked.at(-1) ?? '')[0].functionDeclarations;
    expect(sent).toHaveLength(40);
    expect(asked.at(-1) === asked.at(-2)).toBe(true);
  });

  test('none is left out for a sentence that is about nothing in particular', async () => {
    const { asked, fetch } = refusingWord('"t5"', NOTHING_SAID);
    await using proxy = await startProxy({ fetch });
    for (const sends of [7, 8]) {
      expect((await ask(proxy, toolsOf(25))).status).toBe(400);
      expect(asked).toHaveLength(sends);
    }
    for (const sent of asked) expect(JSON.parse(sent)[0].functionDeclarations).toHaveLength(25);
  });
});

test('a search is recorded and plays again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quarantine-search-'));
  try {
    const refused = () => googleError(400, 'INVALID_ARGUMENT', NOTHING_SAID);
    const good = () => googleStream(textChunk('Hello there', 'STOP'));
    {
      await using proxy = await recordingProxy(folder, [refused, refused, good]);
      expect((await ask(proxy, toolsOf(30))).text).toContain('Hello there');
    }
    expect(await verifyRecording(folder, 1)).toEqual({ requests: 1, problems: [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
