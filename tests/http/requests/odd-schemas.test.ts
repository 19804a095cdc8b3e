/**
 * MCP servers whose schemas Google would refuse, and schemas made to take long, before a mock that refuses what Google
 * does.
 */
import { describe, expect, test } from 'bun:test';
import { hello, startProxy, type TestProxy } from '../../support/proxy.ts';
import { streamed } from '../../support/recording.ts';

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const GOOD = {
  name: 'Bash',
  input_schema: object({ command: { type: 'string' } }, { required: ['command'] }),
};
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const definitions = (count: number, make: (index: number) => object) =>
  Object.fromEntries(range(count).map((index) => [`n${index}`, make(index)]));
const to = (index: number) => ({ $ref: `#/$defs/n${index}` });

const KINDS: readonly (readonly [string, object])[] = [
  ['a required name that is not declared', object({ jql: {} }, { required: ['jql', 'cloudId'] })],
  ['one in items', object({ a: { type: 'array', items: object({}, { required: ['y'] }) } })],
  ['one in a branch', object({ a: {} }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] })],
  [
    'one beside a reference',
    object({ a: { ...to(0), required: ['x'] } }, { $defs: definitions(1, () => object({})) }),
  ],
  ['PHP', object([], { required: [] })],
  ['null for properties', { type: 'object', properties: null }],
  ['draft 3', object({ a: { type: 'string', required: true }, b: { type: 'any', required: false } })],
  ['a tuple', object({ a: { type: 'array', items: [{ type: 'string' }], additionalItems: false } })],
  ['null for a schema', object({ a: null, b: 'string', c: { items: null } })],
  ['a reference to nowhere', object({ a: { $ref: 'https://example.com/a.json' } })],
  ['a reference to nowhere under a keyword of its own', object({ a: { 'x-ui': { $ref: '#/nowhere' } } })],
  [
    'what is referred to under such a keyword',
    {
      ...object({ a: { $ref: '#/components/schemas/Pet' } }, { required: ['a'] }),
      components: {
        schemas: {
          Pet: object({ owner: { $ref: '#/components/schemas/Owner' } }, { required: ['owner', 'age'] }),
          Owner: object({ pet: { $ref: '#/components/schemas/Pet' } }, { required: ['pet'] }),
        },
      },
    },
  ],
  [
    'definitions out of sight',
    object({ a: { properties: { x: to(0) }, $defs: definitions(1, () => ({})) } }),
  ],
  [
    'a circle',
    object(
      { a: to(0) },
      { $defs: definitions(1, () => object({ l: to(0), r: to(0) }, { required: ['l', 'r'] })) },
    ),
  ],
  [
    'a circle through a map',
    object({ a: to(0) }, { $defs: definitions(1, () => ({ additionalProperties: to(0) })) }),
  ],
  [
    'a root whose references branch',
    { ...to(0), $defs: definitions(60, (at) => ({ allOf: [to(at + 1), to(at + 1)] })) },
  ],
  ['unions of each other', { ...to(0), $defs: definitions(12, () => ({ anyOf: range(12).map(to) })) }],
  [
    'anchors',
    object(
      definitions(900, (at) => ({ $ref: `#a${at}` })),
      { $defs: definitions(900, (at) => ({ $anchor: `a${at}` })) },
    ),
  ],
  ['constants', object(definitions(2_000, (at) => ({ const: at })))],
  ['depth', range(150).reduce<object>((inner) => object({ a: inner }), object({ z: {} }))],
];

const warned = ({ lines }: TestProxy) => lines.some(({ google }) => google !== undefined);

describe('a tool with an odd schema', () => {
  test.each(KINDS)('%s', async (_name, input_schema) => {
    await using proxy = await startProxy();
    const tools = [GOOD, { name: 'odd', input_schema }];
    const answer = await proxy.send('/v1/messages', { ...hello, ...streamed, tools });
    expect([answer.status, (await answer.text()).includes('message_stop')]).toEqual([200, true]);
    const count = await proxy.send('/v1/messages/count_tokens', { ...hello, tools });
    expect([count.status, await count.json()]).toEqual([200, { input_tokens: expect.any(Number) }]);
    // Nothing was refused and mended: the first request was right.
    expect(warned(proxy)).toBe(false);
  });
});

describe('an answer with an odd schema', () => {
  const ofSize = KINDS.filter(([name]) => name !== 'depth');

  test.each(ofSize)('%s', async (_name, schema) => {
    await using proxy = await startProxy();
    const format = { type: 'json_schema', schema };
    for (const more of [{ output_config: { format } }, { output_format: format }]) {
      const response = await proxy.send('/v1/messages', { ...hello, ...more });
      expect(response.status).toBe(200);
      await response.text();
    }
  });

  test('that is too deep is refused by name', async () => {
    await using proxy = await startProxy();
    const format = { type: 'json_schema', schema: KINDS.at(-1)?.[1] };
    const response = await proxy.send('/v1/messages', { ...hello, output_config: { format } });
    const { error } = await response.json();
    expect([response.status, error.message]).toEqual([
      400,
      expect.stringContaining('output_config.format.schema: the schema is too large'),
    ]);
  });
});
