import { describe, expect, test } from 'bun:test';
import { type Sum, sumsOf, textPlace } from '../../../../../src/http/ui/page/request/timeline.ts';
import { totalsOf } from '../../../../../src/inspector/rows/spans.ts';
import type { Span } from '../../../../../src/inspector/shapes.ts';

describe('the sums of where the time went', () => {
  test.each<[string, readonly Span[], number, readonly [Sum['kind'], number, string | undefined][]]>([
    [
      'of a failed request have the part of this proxy',
      [
        { kind: 'proxy', from: 0, to: 5 },
        { kind: 'failed', from: 5, to: 8 },
        { kind: 'proxy', from: 8, to: 10 },
      ],
      10,
      [
        ['proxy', 7, '70 %'],
        ['failed', 3, '30 %'],
      ],
    ],
    [
      'stand in the order of time, and the smallest parts have no percentage',
      [
        { kind: 'proxy', from: 0, to: 4 },
        { kind: 'failed', from: 4, to: 100 },
        { kind: 'waiting', from: 100, to: 1_000 },
      ],
      1_000,
      [
        ['proxy', 4, undefined],
        ['failed', 96, '10 %'],
        ['waiting', 900, '90 %'],
      ],
    ],
    [
      'count until now what goes on',
      [
        { kind: 'proxy', from: 0, to: 50 },
        { kind: 'first', from: 50 },
      ],
      500,
      [
        ['proxy', 50, '10 %'],
        ['first', 450, '90 %'],
      ],
    ],
    [
      'need no percentage where there is one part',
      [{ kind: 'proxy', from: 0, to: 9 }],
      9,
      [['proxy', 9, undefined]],
    ],
  ])('%s', (_name, spans, nowMs, sums) => {
    const found = sumsOf(totalsOf(spans), nowMs);
    expect(found.map(({ kind, ms, share }) => [kind, ms, share] as const)).toEqual([...sums]);
  });
});

describe('the text of a bar or a mark', () => {
  const short = '200 after 4 ms';
  const long = 'a'.repeat(60);
  test.each<[string, number, number, string, 'left' | 'right' | 'below']>([
    ['behind its end', 0, 10, short, 'left'],
    ['before its beginning, where nothing is left behind its end', 60, 100, short, 'right'],
    ['below a bar that leaves no room', 1, 99, short, 'below'],
    ['below a mark in the middle, where the text is long', 50, 50, long, 'below'],
    ['behind a mark in the middle, where the text is short', 50, 50, short, 'left'],
    ['below, where not even the whole line is enough', 0, 0, long.repeat(3), 'below'],
  ])('stands %s', (_name, from, to, text, side) => {
    const { isBelow, style } = textPlace(from, to, text);
    expect(isBelow ? 'below' : Object.keys(style)[0]).toBe(side);
  });
});
