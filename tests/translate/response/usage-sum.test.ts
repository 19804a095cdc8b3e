import { expect, test } from 'bun:test';
import { UsageSum } from '../../../src/translate/response/usage-sum.ts';

test('counts grow within a request, and are added up over requests', () => {
  const sum = new UsageSum();
  sum.add({ promptTokenCount: 10, candidatesTokenCount: 1 });
  expect(sum.add({ promptTokenCount: 10, candidatesTokenCount: 4, totalTokenCount: 14 })).toEqual({
    promptTokenCount: 10,
    candidatesTokenCount: 4,
    totalTokenCount: 14,
  });
  sum.nextRequest();
  expect(sum.add({ promptTokenCount: 10, thoughtsTokenCount: 2 })).toEqual({
    promptTokenCount: 20,
    candidatesTokenCount: 4,
    thoughtsTokenCount: 2,
    totalTokenCount: 14,
  });
  const last = {
    promptTokenCount: 11,
    cachedContentTokenCount: 8,
    candidatesTokenCount: 3,
    totalTokenCount: 20,
  };
  expect(sum.add({ ...last, serviceTier: 'standard' })).toEqual({
    promptTokenCount: 21,
    cachedContentTokenCount: 8,
    candidatesTokenCount: 7,
    totalTokenCount: 20,
    serviceTier: 'standard',
  });
  sum.nextRequest();
  expect(sum.add({ candidatesTokenCount: 1 })).toMatchObject({
    promptTokenCount: 21,
    candidatesTokenCount: 8,
  });
});

test('a request of its own is added, and says nothing of the window', () => {
  const sum = new UsageSum();
  sum.add({ promptTokenCount: 10, candidatesTokenCount: 1, totalTokenCount: 11 });
  const aside = { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 900 };
  expect(sum.aside(aside)).toEqual({ promptTokenCount: 13, candidatesTokenCount: 5, totalTokenCount: 11 });
  expect(sum.add({ promptTokenCount: 10, candidatesTokenCount: 2 })).toEqual({
    promptTokenCount: 13,
    candidatesTokenCount: 6,
  });
  sum.nextRequest();
  sum.add({ promptTokenCount: 20, candidatesTokenCount: 3 });
  expect(sum.requests).toEqual([
    { promptTokenCount: 3, candidatesTokenCount: 4 },
    { promptTokenCount: 10, candidatesTokenCount: 2 },
    { promptTokenCount: 20, candidatesTokenCount: 3 },
  ]);
});
