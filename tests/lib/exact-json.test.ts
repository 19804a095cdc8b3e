import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { exactNumber, isRawNumber, parseExact, parseKeepingDigits } from '../../src/lib/exact-json.ts';
import { canonicalJson, isObject, type Json } from '../../src/lib/json.ts';
import { endOfString, jsonShape, withoutStrayCommas } from '../../src/lib/json-text.ts';
import { wellFormedObject } from '../../src/lib/well-formed.ts';

const LOSSY = [
  '1234567890123456789',
  '-9223372036854775808',
  '1.0',
  '1e400',
  '-0',
  '0.1000000000000000055',
  '1E5',
  '2.50',
];
const PLAIN = ['0', '12', '-7', '123456789012345', '0.5', '-2.25', '9007199254740992'];

/** JSON as other programs write it, with any digits and spaces. */
const spaces = fc.constantFrom('', ' ', '\n  ');
const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...LOSSY, ...PLAIN, 'true', 'null'),
    fc.string().map((text) => JSON.stringify(text)),
    fc
      .tuple(fc.array(tie('value'), { maxLength: 4 }), spaces)
      .map(([items, s]) => `[${s}${items.join(`${s},`)}]`),
    fc
      .uniqueArray(fc.tuple(fc.string(), tie('value')), { maxLength: 4, selector: ([key]) => key })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(', ')}}`),
  ),
})).value;

const compact = (text: string): string =>
  text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_all, string = '') => string);

describe('numbers that JavaScript would change', () => {
  test.each(LOSSY)('%s keeps its digits', (digits) => {
    const value = parseExact(`{"a":[${digits}]}`);
    expect(JSON.stringify(value)).toBe(`{"a":[${digits}]}`);
    expect(isRawNumber(exactNumber(digits))).toBe(true);
    expect(isObject(exactNumber(digits))).toBe(false);
    expect(jsonShape(`[${digits}]`).exact).toBe(false);
  });

  test.each(PLAIN)('%s is a plain number', (digits) => {
    expect(exactNumber(digits)).toBe(Number(digits));
    expect(jsonShape(`[${digits}]`).exact).toBe(true);
  });

  test('are looked for outside of texts only', () => {
    expect(jsonShape(String.raw`{"1.0":"12345678901234567890 \" 1.0","a":1}`)).toEqual({
      depth: 1,
      values: 2,
      exact: true,
    });
  });

  test('of any JSON come out as they were written, and all else as well', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        // JavaScript orders keys that are numbers by their value.
        fc.pre(!/"\d+":/.test(text) && !text.includes('__proto__'));
        expect(JSON.stringify(parseKeepingDigits(text))).toBe(compact(text));
        expect(jsonShape(text).exact).toBe(JSON.stringify(JSON.parse(text)) === compact(text));
      }),
    );
  });

  test('are the same number to a hash, and no text to mend', () => {
    const [exact, lossy] = [
      parseExact('{"id":1234567890123456789,"f":1.0}'),
      { f: 1, id: 1234567890123456800 },
    ];
    expect(canonicalJson(exact)).toBe(canonicalJson(lossy));
    const mended = wellFormedObject({ a: '\ud83d', id: exactNumber('1.0') as Json });
    expect(JSON.stringify(mended)).toBe('{"a":"\ufffd","id":1.0}');
  });
});

describe('the shape of a JSON text', () => {
  test('its depth is that of its value', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonShape(JSON.stringify(value)).depth).toBe(depthOf(value));
      }),
    );
  });

  test('a text ends at its quote, however many backslashes stand before it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\\', '"', 'a') }), fc.string(), (text, after) => {
        const json = JSON.stringify(text);
        expect(endOfString(`${json}${after}`, 0)).toBe(json.length - 1);
      }),
    );
  });

  test.each([
    ['[,1,,2,]', '[1,2]'],
    ['{ , "a":1 ,, "b":[ , ] , }', '{  "a":1 , "b":[  ]  }'],
    ['{"a":",,]","b":"\\",,"}', '{"a":",,]","b":"\\",,"}'],
    ['[,,,,]', '[]'],
  ])('%p without stray commas is %p', (text, mended) => {
    expect(withoutStrayCommas(text)).toBe(mended);
  });

  test('sound JSON has no stray comma', () => {
    fc.assert(fc.property(jsonText, (text) => expect(withoutStrayCommas(text)).toBe(text)));
  });
});
