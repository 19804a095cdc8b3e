/**
 * How the mock carries out a scenario's answer: calls by the tool's schema, pace, errors, faults, the count of
 * requests.
 */
import { describe, expect, test } from 'bun:test';
import { SCENARIO_ERRORS } from '../../../src/sim/scenario/faults.ts';
import { parseScenario } from '../../../src/sim/scenario/read.ts';
import { ask, BASE, fakeExchange, mockFetch, noWaiting, partsOf, post, textOf, userSays } from './harness.ts';

const scenarioOf = (rules: string) => parseScenario(`name: t\ndescription: d\nrules:\n${rules}`, 't.yaml');
const fetchOf = (rules: string) => mockFetch({ scenarios: [scenarioOf(rules)] });
const MODEL = 'gemini-4-argon';

async function callOf(args: string, schema: object | undefined) {
  const fetch = fetchOf(`  - { name: r, calls: [{ tool: Do, args: ${args} }] }`);
  const parametersJsonSchema = schema && { type: 'object', ...schema };
  const functionDeclarations = [
    { name: 'Do', description: 'd', ...(schema ? { parametersJsonSchema } : {}) },
  ];
  const chunks = await ask(fetch, MODEL, { contents: [userSays('go')], tools: [{ functionDeclarations }] });
  return partsOf(chunks).flatMap((part) => part.functionCall ?? [])[0]?.args;
}

describe('a call', () => {
  const text = { type: 'string' };

  test.each<[string, string, object | undefined, object]>([
    ['has what the rule says', '{ a: x }', { properties: { a: text } }, { a: 'x' }],
    [
      'has what the schema requires and the rule leaves out',
      '{ a: x }',
      {
        properties: { a: text, b: { type: 'integer', minimum: 3 }, c: { enum: ['on', 'off'] }, d: text },
        required: ['b', 'c'],
      },
      { b: 3, c: 'on', a: 'x' },
    ],
    ['lacks what the schema does not know', '{ a: x, z: y }', { properties: { a: text } }, { a: 'x' }],
    ['keeps all where the schema takes anything', '{ a: x, z: y }', { properties: {} }, { a: 'x', z: 'y' }],
    ['keeps all where there is no schema', '{ a: x }', undefined, { a: 'x' }],
  ])('%s', async (_, args, schema, expected) => {
    expect(await callOf(args, schema)).toEqual(expected as Record<string, never>);
  });
});

describe('errors', () => {
  test.each([...SCENARIO_ERRORS])('%s is a body as Google writes it', async (name) => {
    const body = post({ contents: [userSays('go')] });
    const response = await fetchOf(`  - { name: r, error: ${name} }`)(
      `${BASE}/${MODEL}:generateContent`,
      body,
      fakeExchange(),
    );
    const { error } = JSON.parse(await response.text());
    expect(error.code).toBe(response.status);
    expect(error.status).toMatch(/^[A-Z_]+$/);
    expect(error.message.length).toBeGreaterThan(10);
    for (const detail of error.details ?? [])
      expect(detail['@type']).toStartWith('type.googleapis.com/google.rpc.');
  });

  test('the wait is exact in the sentence, and whole seconds in RetryInfo', async () => {
    const fetch = fetchOf('  - { name: r, error: { name: minute-quota, retry_after: 12.3 } }');
    const exchange = fakeExchange();
    const response = await fetch(
      `${BASE}/${MODEL}:streamGenerateContent?alt=sse`,
      post({ contents: [userSays('go')] }),
      exchange,
    );
    const text = await response.text();
    expect(text).toContain('Please retry in 12.3s.');
    expect(text).toContain('"retryDelay": "12s"');
    expect(exchange.notes.find(({ event }) => event === 'refusal')?.detail).toMatchObject({ code: 429 });
  });
});

describe('faults', () => {
  test('strike the answer that they stand beside, and are noted', async () => {
    const fetch = fetchOf('  - { name: r, text: hello there, fault: [cut frame=1, slow-head] }');
    const exchange = fakeExchange();
    const response = await fetch(
      `${BASE}/${MODEL}:streamGenerateContent?alt=sse`,
      post({ contents: [userSays('go')] }),
      exchange,
    );
    expect(await response.text()).not.toContain('finishReason');
    const faults = exchange.notes
      .filter(({ event }) => event === 'fault')
      .map(({ detail }) => detail['fault']);
    expect(faults.toSorted()).toEqual(['cut frame=1', 'slow-head']);
  });
});

describe('the count of requests', () => {
  const rules =
    '  - { name: second, when: { request: 2 }, text: second }\n  - { name: more, calls: [{ tool: Do }], when: { user: work } }\n  - { name: r, text: other }';
  const tools = [{ functionDeclarations: [{ name: 'Do', description: 'd' }] }];
  const said = (fetch: ReturnType<typeof mockFetch>, prompt: string, caller = 'main') =>
    ask(fetch, MODEL, { contents: [userSays(prompt)], tools }, fakeExchange(caller)).then(textOf);

  test('goes on while a turn goes on', async () => {
    const fetch = fetchOf(rules);
    expect([await said(fetch, 'work'), await said(fetch, 'work')]).toEqual(['', 'second']);
  });

  test('is of a conversation and a caller', async () => {
    const fetch = fetchOf(rules);
    await said(fetch, 'work');
    expect([await said(fetch, 'work', 'sdk'), await said(fetch, 'work harder')]).toEqual(['', '']);
  });

  test('begins anew after the answer that ends the turn', async () => {
    const fetch = fetchOf(rules);
    expect([await said(fetch, 'rest'), await said(fetch, 'rest')]).toEqual(['other', 'other']);
    expect([await said(fetch, 'work'), await said(fetch, 'work'), await said(fetch, 'work')]).toEqual([
      '',
      'second',
      '',
    ]);
  });

  test('is forgotten when nobody asks for long', async () => {
    let now = 0;
    const fetch = mockFetch({
      scenarios: [scenarioOf(rules)],
      clock: { ...noWaiting, monotonic: () => now },
    });
    await said(fetch, 'work');
    now = 3_600_000;
    expect(await said(fetch, 'work')).toBe('');
  });
});

describe('pace', () => {
  const FILE =
    'name: t\ndescription: d\npace: { first_ms: 1000, tokens_per_second: 10 }\nrules: [{ name: r, text: 123456789 123456789 123456789 123456789 }]';

  async function waited(pace: 'instant' | 'human'): Promise<number> {
    let total = 0;
    const sleep = async (ms: number) => {
      total += ms;
    };
    const fetch = mockFetch({
      scenarios: [parseScenario(FILE, 't.yaml')],
      clock: { ...noWaiting, sleep },
      pace,
    });
    await ask(fetch, MODEL, { contents: [userSays('go')] });
    return total;
  }

  test('is the scenario’s own where the mock is human', async () => {
    const total = await waited('human');
    // Ten tokens at ten a second, after a wait of half to one and a half seconds.
    expect(total).toBeGreaterThanOrEqual(1_500);
    expect(total).toBeLessThanOrEqual(2_500);
  });

  test('is none where the mock is instant', async () => {
    expect(await waited('instant')).toBe(0);
  });
});
