import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import * as words from '../../../../../src/http/ui/page/figures/words.ts';
import { money } from '../../../../../src/inspector/detail/usage.ts';

const table = <Value>(name: string, of: (value: Value) => string, rows: [Value, string][]) =>
  describe(name, () => {
    test.each(rows)('%p is %p', (value, text) => expect(of(value)).toBe(text));
  });

table('seconds', words.seconds, [
  [0, '0.00'],
  [411, '0.41'],
  [996, '1.0'],
  [31_900, '31.9'],
  [99_960, '100'],
]);
table('duration', words.duration, [
  [0.94, '0.9 ms'],
  [42, '42 ms'],
  [420, '0.42 s'],
  [31_900, '31.9 s'],
  [125_400, '2 min 5 s'],
]);
table('tokens', words.tokens, [
  [9_999, '9,999'],
  [84_310, '84.3 k'],
  [247_900, '248 k'],
  [999_600, '1.00 M'],
  [1_910_000, '1.91 M'],
  [61_000_000, '61.0 M'],
]);
table('dollars', words.dollars, [
  [0, '0'],
  [0.000041, '0.000041'],
  [0.0032, '0.0032'],
  [0.1747, '0.1747'],
  [0.05, '0.0500'],
  [0.99996, '1.00'],
  [12.4, '12.40'],
]);
table('percent', words.percent, [
  [0, '0 %'],
  [0.00001, '0.1 %'],
  [0.004, '0.4 %'],
  [0.5, '50 %'],
  [0.9965, '99.6 %'],
  [0.99999, '99.9 %'],
  [1, '100 %'],
]);
describe('the parts of a sum', () => {
  test.each<[number[], string[]]>([
    [
      [0.00004, 0.00162],
      ['$0.00004', '$0.00162', '$0.00166'],
    ],
    [
      [0.5, 0.25],
      ['$0.5000', '$0.2500', '$0.7500'],
    ],
    [
      [0.0000004, 0],
      ['$0.0000004', '$0.0000000', '$0.0000004'],
    ],
  ])('%p add up', (parts, told) => {
    const sum = parts.reduce((all, part) => all + part, 0);
    expect([...parts, sum].map(words.addable(parts, sum))).toEqual(told);
  });
  test('add up whatever they are', () => {
    const dollars = fc.integer({ min: 0, max: 10_000_000 }).map((millionths) => millionths / 10_000_000);
    fc.assert(
      fc.property(fc.array(dollars, { minLength: 1, maxLength: 8 }), (parts) => {
        const sum = parts.reduce((all, part) => all + part, 0);
        const exact = words.addable(parts, sum);
        const read = (value: number) => Number(exact(value).slice(1)) * 1e9;
        const all = parts.reduce((total, part) => total + Math.round(read(part)), 0);
        expect(all).toBe(Math.round(read(sum)));
      }),
    );
  });
});
table('cost', words.cost, [
  [{ dollars: 0.5 }, '$0.50'],
  [{ dollars: 0.5, unpriced: 2 }, '$0.50 + ?'],
  [{ unpriced: 1 }, '?'],
]);
table('money', words.money, [
  [0, '$0.00'],
  [0.0007, '$0.0007'],
  [0.00096, '$0.001'],
  [0.002, '$0.002'],
  [0.000041, '$0.000041'],
  [0.0527, '$0.0527'],
  [0.033, '$0.033'],
  [0.5, '$0.50'],
  [0.99996, '$1.00'],
  [1.06, '$1.06'],
]);
test('the proxy writes dollars as the page does', () => {
  for (const value of [0, 0.000041, 0.00096, 0.002, 0.0527, 0.5, 0.99996, 1.06, 12.4])
    expect(money(value)).toBe(words.money(value));
});
describe('the models of a request', () => {
  test.each<[string, Parameters<typeof words.modelTexts>[0], string[]]>([
    ['one has answered', { asked: 'a', answered: 'b', state: 'ended' }, ['a', 'b']],
    ['one may still answer', { asked: 'a', state: 'open' }, ['a', '…']],
    ['none has answered', { asked: 'a', state: 'ended' }, ['a', 'none']],
    ['none was asked', { asked: '', state: 'ended' }, ['', '']],
  ])('%s', (_name, row, [asked = '', answered = '']) =>
    expect(words.modelTexts(row)).toEqual({ asked, answered }),
  );
});
describe('the ends of a text', () => {
  const long = `${'The quota was used up. '.repeat(20)}Please retry in 21.4s. (quota-minute)`;
  test.each<[string, string, RegExp]>([
    ['a short one has no end of its own', 'Please retry in 21.4s.', /^$/],
    ['a long one ends with what to do', long, /^ .*Please retry in 21\.4s\. \(quota-minute\)$/],
    ['one without spaces is parted too', 'x'.repeat(400), /^x{56}$/],
  ])('%s', (_name, text, wanted) => {
    const [head, tail] = words.endsOf(text);
    expect(head + tail).toBe(text);
    expect(tail).toMatch(wanted);
  });
});
table('bytes', words.bytes, [
  [412, '412 B'],
  [6_100, '6.1 kB'],
  [142_000, '142 kB'],
  [4_200_000, '4.2 MB'],
  [999_700, '1.0 MB'],
]);
table('countdown', words.countdown, [
  [-5, '0:00'],
  [18_000, '0:18'],
  [64_620_000, '17 h 57 min'],
]);
table('short names of models', words.shortModel, [
  ['claude-haiku-4-5-20251001', 'haiku-4-5'],
  ['gemini-4-argon', '4-argon'],
  ['models/gemini-3.8-flash', '3.8-flash'],
  ['my-own', 'my-own'],
]);

test('one thing is told without a plural', () => {
  expect([
    words.plural(1, 'retry', 'retries'),
    words.plural(2, 'retry', 'retries'),
    words.plural(1_200, 'row'),
  ]).toEqual(['1 retry', '2 retries', '1,200 rows']);
});
