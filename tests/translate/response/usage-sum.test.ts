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
