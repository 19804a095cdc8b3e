import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { closestTo, differenceOf, withLeast } from '../../src/sim/difference.ts';
import { type Noise, requestKey } from '../../src/sim/match.ts';

const request = (body: unknown, more: object = {}) => ({
  method: 'POST',
  path: '/v1/messages',
  query: '',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});

const NOISE: readonly Noise[] = [
  { at: ['metadata', 'user'], why: 'a test' },
  { at: ['system', '*', 'text'], pattern: /nonce=\d+;/, why: 'a test' },
  { at: ['**'], pattern: /(?<=took )\d+/g, why: 'a test' },
];
const key = (body: unknown, more?: object) => requestKey(request(body, more), NOISE);

describe('the key of a request', () => {
  test.each([
    ['the order of keys', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['a value that is noise', { a: 1, metadata: { user: 'x' } }, { a: 1, metadata: { user: 'y' } }],
    ['noise within a text', { system: [{ text: 'nonce=1; hi' }] }, { system: [{ text: 'nonce=22; hi' }] }],
    ['noise anywhere', { a: [{ b: 'took 1, took 2' }] }, { a: [{ b: 'took 33, took 4' }] }],
    ['white space of the JSON', '{"a":1}', '{ "a": 1 }'],
  ])('does not depend on %s', (_name, left, right) => {
    expect(key(left)).toBe(key(right));
  });

  test.each([
    ['the order of a list', { a: [1, 2] }, { a: [2, 1] }],
    ['a value', { a: 1 }, { a: 2 }],
    ['a key that is there or not', { a: 1 }, { a: 1, b: null }],
    ['noise in another place', { user: 'x' }, { user: 'y' }],
    ['text that is no JSON', 'a', 'b'],
  ])('depends on %s', (_name, left, right) => {
    expect(key(left)).not.toBe(key(right));
  });

  test('depends on method, path and query', () => {
    const keys = [
      key({}),
      key({}, { method: 'PUT' }),
      key({}, { path: '/x' }),
      key({}, { query: 'beta=true' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('takes noise out without touching the rest', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (rest, user) => {
        expect(key({ rest, metadata: { user } })).toBe(key({ rest, metadata: { user: 'other' } }));
      }),
    );
  });
});

describe('a difference', () => {
  test('names the places, shows both sides, and counts', () => {
    const left = request({ a: [1, { b: 'same start, one' }], c: 1 });
    const right = request({ a: [1, { b: 'same start, two' }], d: 1 });
    const { count, lines } = differenceOf(left, right, []);
    expect(count).toBe(3);
    expect(lines).toEqual([
      'a[1].b: "same start, one" ≠ "same start, two"',
      'c: 1 ≠ nothing',
      'd: nothing ≠ 1',
    ]);
  });

  test('cuts long texts around the first place that differs', () => {
    const long = 'word '.repeat(100);
    const [line = ''] = differenceOf(
      request({ a: `${long}one${long}` }),
      request({ a: `${long}two${long}` }),
      [],
    ).lines;
    expect(line).toContain('one');
    expect(line).toContain('two');
    expect(line.length).toBeLessThan(160);
  });

  test('is not a difference where it is noise', () => {
    const [left, right] = ['x', 'y'].map((user) => request({ metadata: { user } }));
    expect(differenceOf(left ?? request({}), right ?? request({}), NOISE).count).toBe(0);
  });

  const tool = (name: string, more: object = {}) => ({ name, ...more });
  test.each<[string, object, object, string[]]>([
    [
      'items with names by their names',
      { tools: [tool('A'), tool('B', { d: 1 }), tool('C')] },
      { tools: [tool('B', { d: 2 }), tool('C'), tool('D'), tool('E')] },
      ['tools: only recorded: A', 'tools: only now: D, E', 'tools[B].d: 1 ≠ 2'],
    ],
    [
      'that items with names have another order',
      { tools: [tool('A'), tool('B')] },
      { tools: [tool('B'), tool('A')] },
      ['tools: the same in another order'],
    ],
    [
      'items of which two have one name by their places',
      { tools: [tool('A'), tool('A', { d: 1 })] },
      { tools: [tool('A'), tool('A', { d: 2 })] },
      ['tools[1].d: 1 ≠ 2'],
    ],
    [
      'the conversation first, and from its front',
      { model: 'a', system: 'b', messages: [1, 2, 3] },
      { model: 'c', system: 'd', messages: [1, 3] },
      ['messages[1]: 2 ≠ 3', 'messages[2]: 3 ≠ nothing', 'model: "a" ≠ "c"', 'system: "b" ≠ "d"'],
    ],
    [
      'so few places of each part that every part is named',
      { messages: Array.from({ length: 20 }, () => 1), z: 1 },
      { messages: Array.from({ length: 20 }, () => 2), z: 2 },
      [...[0, 1, 2, 3, 4, 5].map((at) => `messages[${at}]: 1 ≠ 2`), 'messages: … and 14 more', 'z: 1 ≠ 2'],
    ],
  ])('names %s', (_name, left, right, lines) => {
    expect(differenceOf(request(left), request(right), []).lines).toEqual(lines);
  });

  test('the closest is the one with the fewest', () => {
    const candidates = [request({ a: 1, b: 2 }), request({ a: 1, b: 3, c: 1 }), request({})];
    expect(closestTo(request({ a: 1, b: 3 }), candidates, [])?.candidate.body).toBe('{"a":1,"b":2}');
    expect(closestTo(request({}), [], [])).toBeUndefined();
  });

  test.each<[string, object[], number]>([
    [
      'of two, the one whose conversation is closer',
      [
        { messages: [1], a: 1 },
        { messages: [2], a: 9, b: 9 },
      ],
      1,
    ],
    ['what only one side has counts whole', [{ x: { a: 1, b: 2, c: 3 } }, { y: 1, z: 2 }], 1],
    [
      'of equals, the first',
      [
        { messages: [2], a: 1 },
        { messages: [2], a: 2 },
      ],
      0,
    ],
  ])('the closest: %s', (_name, bodies, expected) => {
    const candidates = bodies.map((body) => request(body));
    const closest = closestTo(request({ messages: [2] }), candidates, []);
    expect(closest?.candidate).toBe(candidates[expected] ?? request({}));
  });

  test('the least: by the first figure, then by the next; all of them, in their order', () => {
    const items = ['a 1 9', 'b 0 3', 'c 0 2', 'd 0 2'];
    const measure = (item: string) => item.split(' ').slice(1).map(Number);
    expect(withLeast(items, measure)).toEqual(['c 0 2', 'd 0 2']);
    expect(withLeast([], measure)).toEqual([]);
  });
});
