import { describe, expect, test } from 'bun:test';
import {
  type Address,
  readAddress,
  tabOf,
  withQuery,
  writeAddress,
} from '../../../../../src/http/ui/page/data/address.ts';

describe('an address', () => {
  test.each([
    { view: 'requests', query: {} },
    { view: 'requests', query: { sign: 'failed,slow', q: 'a & b = c?' } },
    { view: 'request', id: 'req_1/ü?', query: { tab: 'changes', warning: '3' } },
    { view: 'keys', query: {} },
    { view: 'charts', query: { range: '7d' } },
  ] as Address[])('is read as it was written: %p', (address) => {
    expect(readAddress(writeAddress(address))).toEqual(address);
  });

  test.each(['', '#', '#/nothing', '#nonsense/x', '#/requests', '#/requests/'])(
    '%p leads to the list',
    (hash) => {
      expect(readAddress(hash)).toEqual({ view: 'requests', query: {} });
    },
  );

  test('with a broken escape names the request as it stands there', () => {
    expect(readAddress('#/requests/%zz')).toMatchObject({ view: 'request', id: '%zz' });
  });

  test('loses a choice that is made empty', () => {
    expect(withQuery({ view: 'requests', query: { q: 'x', flat: '1' } }, { q: '' }).query).toEqual({
      flat: '1',
    });
  });

  test('names a tab, or means the first one', () => {
    expect(tabOf(readAddress('#/requests/a?tab=usage'))).toBe('usage');
    expect(tabOf(readAddress('#/requests/a?tab=unknown'))).toBe('conversation');
  });
});
