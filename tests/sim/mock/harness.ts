/** A mock with everything injected, and an independent reading of what it sends. */
import { join } from 'node:path';
import type { GenerateContentResponse } from '../../../src/gemini/wire.ts';
import { type Clock, createSeededRandom, type Exchange } from '../../../src/lib/ports.ts';
import { createMockFetch, type MockOptions } from '../../../src/sim/mock/index.ts';
import { loadScenarios } from '../../../src/sim/scenarios.ts';
import { afterOf } from '../../support/manual-clock.ts';

export const SCENARIOS = loadScenarios(join(import.meta.dir, '../../../fixtures/scenarios'));

export type Note = { event: string; detail: Readonly<Record<string, unknown>> };

export function fakeExchange(caller = 'main'): Exchange & { notes: Note[] } {
  const notes: Note[] = [];
  return {
    id: 'exchange-1',
    labels: { caller },
    notes,
    note: (event, detail = {}) => void notes.push({ event, detail }),
  };
}

const noSleep = async () => {};
export const noWaiting: Clock = {
  monotonic: () => 0,
  wall: () => new Date(0),
  sleep: noSleep,
  after: afterOf(noSleep),
};

export function mockFetch(options: Partial<MockOptions> = {}) {
  return createMockFetch({
    scenarios: SCENARIOS,
    random: createSeededRandom(1),
    clock: noWaiting,
    ...options,
  });
}

export const BASE = 'http://mock.local/v1beta/models';

export function post(body: unknown, signal?: AbortSignal): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', body: text, ...(signal ? { signal } : {}) };
}

/**
 * Reads as the SDK does: splits at CRLF CRLF, cuts off `data: `, parses. Throws on anything that is not exactly that.
 */
export function readEvents(body: string): GenerateContentResponse[] {
  const events = body.split('\r\n\r\n');
  if (events.pop() !== '') throw new Error('the stream does not end with a blank line');
  return events.map((event) => {
    if (!event.startsWith('data: ') || event.includes('\n')) throw new Error(`not one data line: ${event}`);
    return JSON.parse(event.slice('data: '.length));
  });
}

/** One streamed answer, as its chunks. Throws on a refusal. */
export async function ask(
  fetch: ReturnType<typeof mockFetch>,
  model: string,
  body: unknown,
  exchange: Exchange = fakeExchange(),
): Promise<GenerateContentResponse[]> {
  const response = await fetch(`${BASE}/${model}:streamGenerateContent?alt=sse`, post(body), exchange);
  const text = await response.text();
  if (!response.ok) throw new Error(`refused: ${text}`);
  return readEvents(text);
}

export const partsOf = (chunks: readonly GenerateContentResponse[]) =>
  chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);

export const textOf = (chunks: readonly GenerateContentResponse[]) =>
  partsOf(chunks)
    .filter((part) => !part.thought)
    .map((part) => part.text ?? '')
    .join('');

export const userSays = (text: string) => ({ role: 'user', parts: [{ text }] });

/** Tools that take any argument. */
export const declare = (...names: string[]) => [
  {
    functionDeclarations: names.map((name) => ({
      name,
      description: name,
      parametersJsonSchema: { type: 'object', properties: {} },
    })),
  },
];
