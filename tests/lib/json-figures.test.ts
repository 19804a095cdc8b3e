import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { tryParseJson } from '../../src/lib/json.ts';
import { holdsTooMuch, infinityIn, JsonFigures, MOST_ELEMENTS } from '../../src/lib/json-figures.ts';
import { jsonShape } from '../../src/lib/json-text.ts';

function figuresOf(text: string, sizes: readonly number[] = []): JsonFigures {
  const figures = new JsonFigures();
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  for (const size of sizes) {
    figures.feed(bytes.subarray(at, at + size));
    at = Math.min(bytes.length, at + size);
  }
  figures.feed(bytes.subarray(at));
  return figures;
}

/** Values and keys. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const keys = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, member) => sum + countOf(member), 1 + keys);
}

/** Texts that look like JSON, in strings and as keys. */
const text = fc.string({
  unit: fc.constantFrom('"', '\\', ',', ':', '[', '{', '1', 'e', '9', 'ü', '𝄞', ' '),
});
const value = fc.jsonValue({ maxDepth: 4 });
const nested = fc.oneof(value, fc.dictionary(text, fc.oneof(text, value)), fc.array(text));
const slices = fc.array(fc.nat(7), { maxLength: 60 });

describe('the elements of a text', () => {
  test('are counted as the parser would make them, an empty list or object for one more', () => {
    fc.assert(
      fc.property(nested, (given) => {
        const { elements } = figuresOf(JSON.stringify(given));
        const count = countOf(given);
        expect(elements).toBeGreaterThanOrEqual(count);
        // A bracket counts as its first member; an empty one has none.
        expect(elements).toBeLessThanOrEqual(2 * count);
      }),
    );
  });

  test('are the same however the bytes are sliced', () => {
    fc.assert(
      fc.property(nested, slices, (given, sizes) => {
        const json = JSON.stringify(given);
        expect(figuresOf(json, sizes)).toMatchObject({ ...figuresOf(json) });
      }),
    );
  });

  test.each([
    ['a long string of brackets', JSON.stringify('[{,:'.repeat(1_000)), 1],
    ['a string that ends with backslashes', '["\\\\\\\\",1]', 3],
    ['a string that ends with an escaped quote', '["\\\\\\"",1]', 3],
    ['a string that never ends', `["${',['.repeat(100)}`, 2],
  ])('%s', (_name, json, elements) => {
    expect(figuresOf(json).elements).toBe(elements);
    for (let size = 0; size < 12; size++) expect(figuresOf(json, [size, 1, 1]).elements).toBe(elements);
  });
});

describe('the members of an object', () => {
  const keys = fc.uniqueArray(text, { maxLength: 6 });
  const object = keys.chain((names) =>
    fc.tuple(...names.map(() => fc.oneof(nested, fc.array(nested)))).map((values) => ({ names, values })),
  );
  const slice = (bytes: Uint8Array, from: number, to: number) =>
    Buffer.from(bytes).toString('utf8', from, to);

  test('are where the parser finds them, and so are the items of their lists, however the bytes are sliced', () => {
    fc.assert(
      fc.property(object, slices, ({ names, values }, sizes) => {
        const inner = names.map((name, at) => `${JSON.stringify(name)}: ${JSON.stringify(values[at])}`);
        const json = `{${inner.join(' , ')}}`;
        const bytes = new TextEncoder().encode(json);
        const members = (figuresOf(json, sizes).members ?? []).map(({ keyStart, keyEnd, list }) => ({
          name: JSON.parse(`"${slice(bytes, keyStart, keyEnd)}"`),
          items: list?.ends.map((end, at) =>
            slice(bytes, at ? (list.ends[at - 1] ?? 0) + 1 : list.start, end),
          ),
        }));
        const expected = names.map((name, at) => {
          const value = values[at];
          if (!Array.isArray(value)) return { name, items: undefined };
          return { name, items: value.length === 0 ? [''] : value.map((item) => JSON.stringify(item)) };
        });
        expect(members).toEqual(expected);
      }),
    );
  });

  test('are not noted where they are very many', () => {
    const json = JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, nth) => [nth, []])));
    expect(figuresOf(json).members).toBeUndefined();
  });

  test('are nested as deep as the parser finds them', () => {
    fc.assert(
      fc.property(nested, slices, (given, sizes) => {
        const json = JSON.stringify(given);
        expect(figuresOf(json, sizes).depth).toBe(jsonShape(json).depth);
      }),
    );
  });
});

describe('a number that no double holds', () => {
  test.each(['1e400', '-1e400', '1E+309', '0.1e999', `1${'0'.repeat(309)}`, `${'9'.repeat(200)}e200`])(
    '%s is suspected, and found with its place',
    (number) => {
      const json = `{"a":[1,{"b":${number}}],"e":"1e400","c":true}`;
      for (let size = 0; size < 20; size++) expect(figuresOf(json, [size, 1]).mayOverflow).toBe(true);
      expect(infinityIn(JSON.parse(json))).toEqual(['a', '1', 'b']);
    },
  );

  test('is suspected wherever there is one', () => {
    fc.assert(
      fc.property(nested, fc.constantFrom('1e999', '-1e309', '2.5E999'), (given, number) => {
        expect(figuresOf(`[${JSON.stringify(given)},${number}]`).mayOverflow).toBe(true);
      }),
    );
  });

  test('is not where there is none', () => {
    const json = '{"1e400":"1e400","a":[true,false,null,12,-3.25],"\\"1e400":0}';
    expect(figuresOf(json).mayOverflow).toBe(false);
    expect(infinityIn(JSON.parse(json))).toBeUndefined();
  });

  test('is found however deep, without a path for each value on the way', () => {
    const depth = 5_000;
    const steps = infinityIn(JSON.parse(`${'[0,'.repeat(depth)}1e400${']'.repeat(depth)}`));
    expect([steps?.length, new Set(steps)]).toEqual([depth, new Set(['1'])]);
  });
});

test('what holds more than is ever parsed is not JSON', () => {
  const most = `[${'0,'.repeat(MOST_ELEMENTS - 2)}0]`;
  expect([holdsTooMuch(most), Array.isArray(tryParseJson(most))]).toEqual([false, true]);
  const more = `[${'0,'.repeat(MOST_ELEMENTS)}0]`;
  expect([holdsTooMuch(more), tryParseJson(more)]).toEqual([true, undefined]);
  const text = JSON.stringify(','.repeat(2 * MOST_ELEMENTS));
  expect(holdsTooMuch(text)).toBe(false);
});

test('a body with a number that would lose digits is told, wherever it is cut', () => {
  const number = fc.constantFrom('1234567890123456', '1.0', '-0', '1e2', '1E400', '0.10');
  fc.assert(
    fc.property(number, fc.string(), fc.nat(20), (digits, text, size) => {
      const json = `{${JSON.stringify(text)}:[${digits}]}`;
      expect(figuresOf(json, [size, 1]).mayLoseDigits).toBe(true);
    }),
  );
  expect(figuresOf('{"a":[123456789012345,0,true,null],"b":"1.0 -0 1e2"}').mayLoseDigits).toBe(false);
});
