import { describe, expect, test } from 'bun:test';
import { noCounts } from '../../src/usage/counts.ts';
import { wholeUnits } from '../../src/usage/reader.ts';
import { jsonReport, type Report, tableReport } from '../../src/usage/report.ts';
import { readSince } from '../../src/usage/since.ts';

const NOW = Date.UTC(2026, 10, 30, 12);
const span = { since: Date.UTC(2026, 10, 1), until: NOW };
const source = { page: 'https://example.com', date: '2026-11-22' };
const counts = (changes: object) => ({ ...noCounts(), ...changes });
const paid = counts({
  requests: 4,
  calls: 5,
  in: 3_000,
  cached: 9_000,
  out: 1_234,
  dollars: 1.5,
  listDollars: 3,
});
const unknown = counts({ requests: 1, calls: 1, in: 10, out: 5, unpriced: 1, errors: 1 });

const report: Report = {
  by: 'key',
  ...span,
  isPaid: true,
  rows: [
    { name: '3f9c', ...paid },
    { name: '', ...unknown },
  ],
  total: counts({
    requests: 5,
    calls: 6,
    in: 3_010,
    cached: 9_000,
    out: 1_239,
    dollars: 1.5,
    listDollars: 3,
    unpriced: 1,
    errors: 1,
  }),
  sources: { google: source, list: source },
};

describe('the table', () => {
  test('has a row for each, a total, and marks what is a list price and what is not known', () => {
    const lines = tableReport(report).split('\n');
    expect(lines.slice(0, 6)).toEqual([
      'key     requests  errors     in  cached   out       cost  list price of Anthropic',
      '─'.repeat(81),
      '#3f9c          4          12.0k    75 %  1.2k      $1.50                    $3.00',
      '(none)         1       1     10     0 %     5          ?',
      '─'.repeat(81),
      'total          5       1  12.0k    75 %  1.2k  $1.50 + ?                    $3.00',
    ]);
    expect(lines.join('\n')).toContain('1 calls are of models or tiers whose price is not known');
  });

  test('keeps a name that a client has made up in its line, and from the terminal', () => {
    const rows = [{ name: 'a\u001b[2J\nb\u202ec', ...paid }];
    const lines = tableReport({ ...report, by: 'asked', rows }).split('\n');
    expect(lines[2]).toStartWith('a [2J b c ');
  });

  test('of a mock says that nothing was paid', () => {
    expect(tableReport({ ...report, isPaid: false })).toContain('nothing of this was paid for');
    expect(tableReport({ ...report, rows: [] })).toEndWith(
      'Nothing was counted in this time. What is counted is written every two seconds.\n',
    );
  });
});

describe('the JSON', () => {
  test('has null where no price is known, never 0', () => {
    const { rows, total } = jsonReport(report, 'key', span);
    expect(rows.map(({ dollars, unpriced_calls }) => [dollars, unpriced_calls])).toEqual([
      [1.5, 0],
      [null, 1],
    ]);
    expect(total).toMatchObject({ dollars: 1.5, list_dollars: 3, cached_share: 9_000 / 12_010 });
  });

  test('of nothing is complete', () => {
    expect(jsonReport(undefined, 'day', span)).toMatchObject({ by: 'day', rows: [], total: { requests: 0 } });
  });
});

test.each([
  ['7d', NOW - 7 * 86_400_000],
  ['24h', NOW - 86_400_000],
  ['2w', NOW - 14 * 86_400_000],
  ['today', Date.UTC(2026, 10, 30)],
  ['2026-11-01', Date.UTC(2026, 10, 1)],
  ['2026-11-01T06:30', Date.UTC(2026, 10, 1, 6, 30)],
  ['yesterday', undefined],
  ['2026-13-01', undefined],
  ['2026-02-30', undefined],
  ['2026-02-30T06:30', undefined],
  ['', undefined],
])('since %p', (text, ms) => {
  expect(readSince(text, NOW)).toBe(ms);
});

test('what is told begins with the unit by which it is kept: sessions by the day, all others by the hour', () => {
  const asked = { since: Date.UTC(2026, 10, 29, 17, 10), until: NOW };
  expect(wholeUnits('model', asked)).toEqual({ since: Date.UTC(2026, 10, 29, 17), until: NOW });
  expect(wholeUnits('session', asked)).toEqual({ since: Date.UTC(2026, 10, 29), until: NOW });
});
