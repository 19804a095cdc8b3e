import { describe, expect, test } from 'bun:test';
import { headerSeconds } from '../../src/gemini/waits.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');

describe('a retry-after of', () => {
  test.each([
    ['9', 9],
    ['0', 0],
    ['1.5', 2],
    ['3600', 3_600],
    ['36000', 36_000],
    ['172800', 172_800],
    ['Mon, 30 Nov 2026 12:00:30 GMT', 30],
    ['Tue, 01 Dec 2026 12:00:00 GMT', 86_400],
    ['Monday, 30-Nov-26 12:01:00 GMT', 60],
  ])('%p: %p s', (text, seconds) => {
    expect(headerSeconds(text, NOW)).toBe(seconds);
  });

  test.each([
    ['', 'nothing'],
    ['soon', 'a word'],
    ['-5', 'a negative figure'],
    ['172801', 'more than two days'],
    ['999999999', 'years'],
    ['1796040000', 'a moment, in seconds since the epoch'],
    ['5000', 'milliseconds'],
    ['30000', 'milliseconds'],
    ['60000', 'milliseconds'],
    ['1e3', 'a figure in a form that no header has'],
    ['Mon, 30 Nov 2026 11:59:00 GMT', 'a date that is over'],
    ['Mon, 30 Nov 2099 12:00:00 GMT', 'a date of another age'],
    ['2026-11-30T12:00:30Z', 'a date in another form than HTTP has'],
    ['Infinity', 'no figure'],
  ])('%p is not believed: %s', (text) => {
    expect(headerSeconds(text, NOW)).toBeUndefined();
  });
});
