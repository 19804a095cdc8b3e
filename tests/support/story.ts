/** Stories of requests, for what listens to them. */
import type { TraceEvent, TraceFact } from '../../src/trace/events.ts';

type Timed = readonly [ms: number, fact: TraceFact];

export const story = (events: readonly Timed[]): TraceEvent[] =>
  events.map(([ms, fact]) => ({ ...fact, ms }));

export const RECEIVED = {
  type: 'received',
  at: new Date('2026-11-20T12:00:00Z'),
  method: 'POST',
  path: '/v1/messages',
} as const satisfies TraceFact;

export const ASKED = {
  type: 'asked',
  model: 'big-1',
  stream: true,
  caller: 'main',
  asker: 'asker-1',
  session: 'session-1',
} as const satisfies TraceFact;

export const CHOSEN = {
  type: 'chosen',
  model: 'model-a',
  key: '3f9c',
  why: 'home',
} as const satisfies TraceFact;

export const attempt = (number: number, changes: { model?: string; key?: string } = {}): TraceFact => ({
  type: 'attempt',
  model: 'model-a',
  key: '3f9c',
  streamed: true,
  paidBy: number === 1 ? 'first' : 'retry',
  ...changes,
});

export const failure = (): Extract<TraceFact, { type: 'failure' }> => ({
  type: 'failure',
  class: 'overloaded',
  status: 503,
  message: 'The model is overloaded.',
});
