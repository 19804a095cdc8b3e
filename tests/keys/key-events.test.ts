import { expect, test } from 'bun:test';
import { type KeyEvent, keyEventText, type StreamsEvent } from '../../src/keys/key-events.ts';

const until = Date.UTC(2026, 10, 30, 0, 16, 45);
const key = { kind: 'key', key: 'a' } as const;
const model = { kind: 'model', key: 'a', model: 'big', until } as const;
const breaker = { kind: 'breaker', key: 'a', model: 'big', until, openings: 1 } as const;
const streams = { kind: 'streams', model: 'big', until, openings: 1 } as const;

const EVENTS: readonly (readonly [KeyEvent | StreamsEvent, string])[] = [
  [{ ...key, state: 'in use' }, 'key #a: works again'],
  [{ ...key, state: 'out', why: 'key' }, 'key #a: refused by Google; left out, but for a test every hour'],
  [{ ...key, state: 'out' }, 'key #a: refused; left out, but for a test every hour'],
  [
    { ...key, state: 'refused', why: 'billing' },
    'key #a: billing: out of credit, at its spending cap, or without billing; it is the last, and asked all the same',
  ],
  [
    { ...model, state: 'parked' },
    "key #a: the day's quota for big is used up; not used for it until midnight Pacific",
  ],
  [{ ...model, state: 'denied' }, 'key #a: has no access to big'],
  [{ ...model, state: 'free' }, 'key #a: has access to big again'],
  [
    { ...breaker, state: 'open', cause: 'overloaded' },
    'key #a: big keeps failing; not asked until 2026-11-30T00:16:45.000Z (overloaded)',
  ],
  [{ ...breaker, state: 'open' }, 'key #a: big keeps failing; not asked until 2026-11-30T00:16:45.000Z'],
  [{ ...breaker, state: 'half-open' }, 'key #a: big is tried with one request'],
  [{ ...breaker, state: 'closed' }, 'key #a: big works again'],
  [{ ...streams, state: 'open' }, 'streams of big keep breaking: for a while whole answers are asked for'],
  [{ ...streams, state: 'closed' }, 'streams of big work again'],
];

test.each(EVENTS)('%j', (event, text) => {
  expect(keyEventText(event)).toBe(text);
});
