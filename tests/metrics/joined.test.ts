import { describe, expect, test } from 'bun:test';
import { type Counted, summed, textOf } from '../../src/metrics/joined.ts';

const counter = (...values: Counted['values']): Counted => ({
  name: 'n',
  help: 'h',
  type: 'counter',
  values,
});

test('equal series are added, others stand beside each other', () => {
  const sums = summed([
    [counter({ value: 1, labels: { a: 'x' } }, { value: 2, labels: { a: 'y' } })],
    [counter({ value: 10, labels: { a: 'x' } })],
  ]);
  expect(textOf(sums)).toBe('# HELP n h\n# TYPE n counter\nn{a="x"} 11\nn{a="y"} 2\n');
});

test('the parts of a histogram are added each by itself', () => {
  const part = (metricName: string, value: number, le?: number) => ({
    metricName,
    value,
    labels: le === undefined ? {} : { le },
  });
  const one: Counted = {
    name: 'h',
    help: 'h',
    type: 'histogram',
    values: [part('h_bucket', 1, 0.5), part('h_bucket', 2, 1), part('h_sum', 1.25), part('h_count', 2)],
  };
  expect(
    textOf(summed([[one], [one]]))
      .split('\n')
      .slice(2, 6),
  ).toEqual(['h_bucket{le="0.5"} 2', 'h_bucket{le="1"} 4', 'h_sum 2.5', 'h_count 4']);
});

test('gauges of other processes are not added', () => {
  expect(summed([[{ name: 'g', help: '', type: 'gauge', values: [{ value: 1, labels: {} }] }]])).toEqual([]);
});

describe('a label', () => {
  test.each([
    ['a quote', 'a"b', 'a\\"b'],
    ['a backslash', 'a\\b', 'a\\\\b'],
    ['a new line', 'a\nb', 'a\\nb'],
    ['other letters', 'ä😀', 'ä😀'],
  ])('with %s is escaped', (_, value, text) => {
    expect(textOf([counter({ value: 1, labels: { a: value } })])).toContain(`n{a="${text}"} 1`);
  });
});
