import { describe, expect, test } from 'bun:test';
import {
  choicesOf,
  countSigns,
  isFiltering,
  matches,
  readFilters,
  toggled,
} from '../../../../../src/http/ui/page/list/filters.ts';
import type { Row } from '../../../../../src/inspector/shapes.ts';

const row = (own: Partial<Row>): Row => ({
  id: 'a',
  at: 0,
  thread: 't',
  caller: 'main',
  says: '',
  asked: 'claude-opus-5-5',
  answered: 'gemini-4-argon',
  key: '3f9c',
  state: 'ended',
  sign: 'ordinary',
  spans: [],
  warnings: 0,
  ...own,
});

const filtersOf = (query: Record<string, string>, found?: ReadonlySet<string>) =>
  readFilters({ view: 'requests', query }, found);

describe('a row is shown', () => {
  const cases: [string, Record<string, string>, Partial<Row>, boolean][] = [
    ['without filters', {}, {}, true],
    ['with one of the signs', { sign: 'failed,slow' }, { sign: 'slow' }, true],
    ['not with another sign', { sign: 'failed' }, { sign: 'ordinary' }, false],
    ['with one of the callers', { caller: 'main,title' }, { caller: 'title' }, true],
    ['not where one of two kinds differs', { caller: 'main', key: 'a41c' }, {}, false],
    ['not without a client where a client is chosen', { client: 'alice' }, {}, false],
    ['by the model that answered', { model: 'gemini-4-argon' }, {}, true],
  ];
  test.each(cases)('%s', (_, query, own, shown) => {
    expect(matches(row(own), filtersOf(query))).toBe(shown);
  });

  test('only where a search has found it', () => {
    expect(matches(row({}), filtersOf({}, new Set(['a'])))).toBe(true);
    expect(matches(row({}), filtersOf({}, new Set()))).toBe(false);
  });
});

test('a search that has found nothing is a filter', () => {
  expect(isFiltering(filtersOf({}, new Set()))).toBe(true);
  expect(isFiltering(filtersOf({}))).toBe(false);
});

test('a choice is put into the list, and taken out again', () => {
  expect(toggled(undefined, 'failed')).toBe('failed');
  expect(toggled('failed', 'slow')).toBe('failed,slow');
  expect(toggled('failed,slow', 'failed')).toBe('slow');
  expect(toggled('slow', 'slow')).toBe('');
});

test('the choices are the values of the rows, each once and in order', () => {
  const choices = choicesOf([
    row({ caller: 'title' }),
    row({ client: 'bob' }),
    row({ client: 'alice', key: undefined }),
  ]);
  expect(choices).toEqual({
    caller: ['main', 'title'],
    model: ['gemini-4-argon'],
    key: ['3f9c'],
    client: ['alice', 'bob'],
  });
});

test('the signs are counted, ordinary rows are not', () => {
  expect(
    countSigns([row({ sign: 'failed' }), row({ sign: 'slow' }), row({ sign: 'slow' }), row({})]),
  ).toEqual({
    failed: 1,
    slow: 2,
    changed: 0,
  });
});
