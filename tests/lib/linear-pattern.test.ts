import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { linearPattern } from '../../src/lib/linear-pattern.ts';
import { PatternError } from '../../src/lib/pattern-steps.ts';

const found = (pattern: string, text: string) =>
  linearPattern(pattern)
    .find(text)
    .map(({ start, length }) => text.slice(start, start + length));

describe('a pattern', () => {
  test.each([
    ['ACME-\\d+', 'see ACME-12 and ACME-x, ACME-345', ['ACME-12', 'ACME-345']],
    ['(?i)acme-[a-f]{2,3}', 'Acme-AB aCMe-abcd acme-a', ['Acme-AB', 'aCMe-abc']],
    ['colou?r', 'color colour colr', ['color', 'colour']],
    ['(?:a|bc)+', 'xabcay', ['abca']],
    ['^id', 'id\nid id', ['id', 'id']],
    ['end$', 'end end\nend', ['end', 'end']],
    ['\\bkey\\b', 'key keys key', ['key', 'key']],
    ['k[^ ]*', 'k1 k"2', ['k1', 'k']],
    ['x.*y', 'x1y"x2y\nx3', ['x1y', 'x2y']],
    ['x.*y', 'x\\ny', []],
    ['x.+?y', 'x1y2y', ['x1y2y']],
    ['a{2}', 'aaaaa', ['aaaaa']],
    ['\\.\\\\', '.\\', ['.\\']],
    ['é+', Buffer.from('aéb').toString('latin1'), [Buffer.from('é').toString('latin1')]],
    ['[\\d-]+', 'a-1-b', ['-1-']],
  ])('%s in %p', (pattern, text, expected) => {
    expect(found(pattern, text)).toEqual(expected);
  });

  test.each([
    ['(', '"(" without'],
    [')', '")" without'],
    ['[a', '"[" without'],
    ['*a', 'nothing to repeat'],
    ['a*', 'empty text'],
    ['(?=a)', 'not known'],
    ['(a)\\1', 'not known'],
    ['[z-a]', 'backwards'],
    ['a{3,2}', 'the count {3,2} has the larger number first'],
    ['a{9999}', 'the count {9999} is above 1000'],
    ['(a{900}){900}', 'too long'],
  ])('%s is refused: %s', (pattern, why) => {
    expect(() => linearPattern(pattern)).toThrow(PatternError);
    expect(() => linearPattern(pattern)).toThrow(why);
  });

  test('finds what JavaScript would, joined', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '\\d', '.', '(a|bb)', '(?:ab)', '1');
    const times = fc.constantFrom('', '', '+', '{1,2}', '?');
    const pattern = fc
      .array(fc.tuple(atom, times), { minLength: 1, maxLength: 4 })
      .map((parts) => `b${parts.map((part) => part.join('')).join('')}`);
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 12 }),
        (source, text) => {
          const covered = new Set<number>();
          for (let from = 0; from < text.length; from++) {
            for (let to = from + 1; to <= text.length; to++) {
              if (new RegExp(`^(?:${source})$`).test(text.slice(from, to)))
                for (let at = from; at < to; at++) covered.add(at);
            }
          }
          const ours = linearPattern(source).find(text);
          const marked = ours.flatMap(({ start, length }) => Array.from({ length }, (_, i) => start + i));
          expect(marked).toEqual([...covered].sort((a, b) => a - b));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test.each(['(a+)+b', '(a|a)*b', '(a|aa)+b', 'a?'.repeat(30) + 'a'.repeat(30), '.*.*.*b', '([a-c]+)*d'])(
    '%s takes so many steps for each character, and no more',
    (source) => {
      const pattern = linearPattern(source);
      const cost = (length: number) => pattern.measure('a'.repeat(length)).steps;
      expect(cost(3_000) - cost(2_000)).toBe(cost(2_000) - cost(1_000));
    },
  );
});
