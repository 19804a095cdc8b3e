import { describe, expect, test } from 'bun:test';
import { toGeminiRequest } from '../../src/translate/request/index.ts';
import { askedTier, toldTier } from '../../src/translate/service-tier.ts';
import { contextFor, requestOf } from '../support/translation.ts';

describe('the tier that is asked for', () => {
  const cases: [asked: unknown, sent: string | undefined, warned: boolean][] = [
    [undefined, undefined, false],
    [null, undefined, false],
    ['auto', undefined, false],
    ['standard_only', 'standard', false],
    ['flex', 'flex', false],
    ['priority', 'priority', false],
    ['gold', undefined, true],
    ['toString', undefined, true],
    [3, undefined, true],
  ];
  test.each(cases)('%p is sent as %p', (asked, sent, warned) => {
    const { body, warnings } = toGeminiRequest(requestOf({ service_tier: asked }), contextFor());
    expect(body.serviceTier as string | undefined).toBe(sent);
    expect(warnings.some(({ path }) => path === 'service_tier')).toBe(warned);
    expect(askedTier(asked).serviceTier as string | undefined).toBe(sent);
  });
});

test.each([
  [undefined, 'standard'],
  ['', 'standard'],
  ['unspecified', 'standard'],
  ['SERVICE_TIER_UNSPECIFIED', 'standard'],
  ['standard', 'standard'],
  ['PRIORITY', 'priority'],
  ['flex', 'flex'],
  ['a tier, no word', 'standard'],
])('the tier %p is told as %p', (google, told) => {
  expect(toldTier(google)).toBe(told);
});
