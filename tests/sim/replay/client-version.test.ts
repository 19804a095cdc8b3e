import { describe, expect, test } from 'bun:test';
import { oldAgeText } from '../../../src/sim/replay/age.ts';
import { clientVersionIn, versionGap } from '../../../src/sim/replay/client-version.ts';

describe('the version of a client', () => {
  test.each([
    ['claude-cli/2.1.330 (external, sdk-cli)', { product: 'claude-cli', version: '2.1.330' }],
    ['Anthropic/JS 0.94.0', { product: 'Anthropic/JS', version: '0.94.0' }],
    ['Anthropic/Python 0.71.0', { product: 'Anthropic/Python', version: '0.71.0' }],
    ['python-requests/2.32', { product: 'python-requests', version: '2.32' }],
    ['Mozilla', undefined],
    ['x/y', undefined],
  ])('is read from %p', (agent, expected) => {
    expect(clientVersionIn({ 'user-agent': agent })).toEqual(expected);
  });

  test('is not there without a header', () => {
    expect(clientVersionIn({})).toBeUndefined();
  });

  const of = (version: string, product = 'claude-cli') => ({ product, version });
  test.each([
    ['older', '2.1.99', ['2.1.330', '2.1.329'], 'claude-cli 2.1.99 is older than the recorded 2.1.330'],
    ['newer', '2.2', ['2.1.330'], 'claude-cli 2.2 is newer than the recorded 2.1.330'],
    [
      'between two',
      '2.1.330',
      ['2.1.329', '2.1.331'],
      'claude-cli 2.1.330 is older than the recorded 2.1.331',
    ],
    ['the same', '2.1.330', ['2.1.330'], undefined],
    ['one of the same', '2.1.330', ['2.1.329', '2.1.330'], undefined],
  ])('is %s', (_name, version, recorded, expected) => {
    expect(
      versionGap(
        of(version),
        recorded.map((one) => of(one)),
      ),
    ).toBe(expected);
  });

  test('is not compared with that of another product', () => {
    expect(versionGap(of('1.0.0'), [of('2.0.0', 'Anthropic/JS')])).toBeUndefined();
  });
});

test.each([
  ['2026-01-01T00:00:00.000Z', 'recorded 30 days ago'],
  ['2026-01-02T00:00:00.000Z', undefined],
  ['not a date', undefined],
])('the age of a recording of %s', (at, expected) => {
  expect(oldAgeText(at, new Date('2026-01-31T12:00:00Z'))).toBe(expected);
});
