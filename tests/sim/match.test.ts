import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { closestTo, differenceOf } from '../../src/sim/difference.ts';
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

  test('the closest is the one with the fewest', () => {
    const candidates = [request({ a: 1, b: 2 }), request({ a: 1, b: 3, c: 1 }), request({})];
    expect(closestTo(request({ a: 1, b: 3 }), candidates, [])?.candidate.body).toBe('{"a":1,"b":2}');
    expect(closestTo(request({}), [], [])).toBeUndefined();
  });
});
