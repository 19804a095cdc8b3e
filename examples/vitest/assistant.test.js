import { join } from 'node:path';
import { startMock } from 'gemini-claude-proxy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer } from './assistant.js';

let mock;
beforeAll(async () => {
  mock = await startMock({ scenarios: join(import.meta.dirname, 'scenarios'), strict: true });
});
afterAll(() => mock?.stop());

/** Behind this header each test has a world of its own: its requests, its faults, its counters. */
const world = (testId) => ({
  baseURL: mock.url,
  apiKey: 'any',
  maxRetries: 0,
  defaultHeaders: { 'x-test-id': testId },
});

test('the tool is asked, and its result is told', async () => {
  expect(await answer('What is the weather in Oslo?', world('oslo'))).toBe('There is rain in Oslo.');
  const requests = await mock.requests({ testId: 'oslo' });
  expect(requests.map(({ answer }) => [answer.stop_reason, answer.source])).toEqual([
    ['tool_use', 'weather/look'],
    ['end_turn', 'weather/tell'],
  ]);
  expect(requests[1].body.messages.at(-1).content).toMatchObject([{ type: 'tool_result', content: 'rain' }]);
});

test('an overloaded model is an error for the user, after the proxy has tried again', async () => {
  await mock.faults('http-503', { testId: 'overloaded' });
  const asking = answer('What is the weather in Rome?', world('overloaded'));
  await expect(asking).rejects.toMatchObject({ status: 529 });
  const { attempts } = await mock.lastRequest({ testId: 'overloaded' });
  expect(attempts.length).toBeGreaterThan(1);
  await mock.reset({ testId: 'overloaded' });
  expect(await answer('What is the weather in Rome?', world('overloaded'))).toBe('There is sun in Rome.');
});

test('a misspelt question, which no scenario names, is an error that names the nearest one', async () => {
  const asking = answer('What is the wether in Oslo?', world('unknown'));
  await expect(asking).rejects.toThrow(/404.*weather/s);
});

describe('ten at the same time do not disturb each other', () => {
  const ten = Array.from({ length: 10 }, (_, index) => index);
  test.concurrent.for(ten)('%i', async (index, { expect }) => {
    const testId = `parallel-${index}`;
    const isRefused = index % 2 === 1;
    if (isRefused) await mock.faults('http-400', { testId });
    const asking = answer(`What is the weather in Town${index}?`, world(testId));
    if (isRefused) await expect(asking).rejects.toMatchObject({ status: 400 });
    else expect(await asking).toBe(`There is fog in Town${index}.`);
    const requests = await mock.requests({ testId });
    expect(requests).toHaveLength(isRefused ? 1 : 2);
    expect(JSON.stringify(requests[0].body)).toContain(`Town${index}?`);
  });
});
