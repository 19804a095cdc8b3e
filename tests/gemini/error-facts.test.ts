import { describe, expect, test } from 'bun:test';
import { hasNoQuota, isDailyQuota, retryDelaySeconds } from '../../src/gemini/error-facts.ts';
import { UpstreamError } from '../../src/gemini/errors.ts';

const TWO_DAYS = 172_800;

describe('the seconds to wait', () => {
  test.each([
    ['Please retry in 47s.', 47],
    ['Please retry in 12.3s.', 13],
    ['Please retry in 853.18ms.', 1],
    ['Please retry in 3h22m10.5s.', 12_131],
    ['Your quota will reset after 2h7m23s.', 7_643],
    ['Individual quota reached. Resets in 9h22m20s.', 33_740],
    ['Please retry in 0s', 0],
    ['Please retry in 48h.', TWO_DAYS],
    ['Please retry in 48h1s.', undefined],
    ['Please retry in 99999999999999s.', undefined],
    ['Please retry in -5s.', undefined],
    ['Please retry in ..s.', undefined],
    ['Please retry in a moment.', undefined],
    ['', undefined],
  ])('%p: %p', (message, seconds) => {
    expect(retryDelaySeconds(undefined, message)).toBe(seconds);
  });

  test.each([
    ['26s', 27],
    ['0.5s', 2],
    ['172801s', undefined],
    ['30000s', undefined],
    ['36000s', 36_001],
    ['-5s', undefined],
    ['99999999999999s', undefined],
    ['soon', undefined],
    [12, undefined],
  ])('of RetryInfo %p: %p, a second more for the fraction that Google cuts off', (retryDelay, seconds) => {
    expect(retryDelaySeconds({ details: [{ retryDelay }] }, '')).toBe(seconds);
  });

  test('of the reset that ErrorInfo names', () => {
    const details = [{ reason: 'QUOTA_EXHAUSTED', metadata: { quotaResetDelay: '373.801628ms' } }];
    expect(retryDelaySeconds({ details }, '')).toBe(2);
    expect(retryDelaySeconds({ details: [{ metadata: 'x' }, { retryDelay: '26s' }] }, '')).toBe(27);
  });
});

const error = (message: string, details: { [key: string]: string | number }[] = []) =>
  new UpstreamError('status', message, { status: 429, google: { details } });

test('a quota of the day is known by its id, or by the sentence', () => {
  expect(isDailyQuota(error('x', [{ quotaId: 'GenerateRequestsPerDayPerProject' }]))).toBe(true);
  expect(isDailyQuota(error("limit 'requests per day' of the service"))).toBe(true);
  expect(isDailyQuota(error('requests per minute'))).toBe(false);
});

test('no quota at all is known by the sentence, or by its value, as a text or a number', () => {
  expect(hasNoQuota(error('Quota exceeded, limit: 0, model: x'))).toBe(true);
  expect(hasNoQuota(error('Quota exceeded, limit: 0. Please retry in 20s.'))).toBe(true);
  expect(hasNoQuota(error('x', [{ quotaValue: '0' }]))).toBe(true);
  expect(hasNoQuota(error('x', [{ quotaValue: 0 }]))).toBe(true);
  expect(hasNoQuota(error('x', [{ quotaValue: '05' }]))).toBe(false);
});
