import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { holds, placesIn } from '../../../../src/http/ui/page/marks.ts';

describe('marks', () => {
  test.each<[string, string, string[]]>([
    ['in any case', 'ParseLocal, parselocal', ['ParseLocal', 'parselocal']],
    ['as JSON writes them', '{"a": "say \\"parselocal\\""}', ['parselocal']],
    ['nowhere', 'parse local', []],
  ])('stand %s', (_how, text, marked) =>
    expect(placesIn(text, 'parseLocal').map(([from, to]) => text.slice(from, to))).toEqual(marked),
  );

  test('stand where JSON has escaped what was searched for', () => {
    const text = '"say \\"good day\\""';
    expect(placesIn(text, '"good day"').map(([from, to]) => text.slice(from, to))).toEqual([
      '\\"good day\\"',
    ]);
  });

  test('never overlap, and are where the words are', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1, maxLength: 4 }), (text, words) => {
        let end = 0;
        for (const [from, to] of placesIn(text, words)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(holds(text.slice(from, to), words)).toBe(true);
          end = to;
        }
      }),
    );
  });
});
