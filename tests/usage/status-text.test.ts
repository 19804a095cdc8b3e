import { expect, test } from 'bun:test';
import { statusText, type Told } from '../../src/usage/status-text.ts';

const session = {
  model: 'gemini-4-argon',
  tokens_in: 3_000,
  tokens_cached: 27_000,
  tokens_out: 1_234,
  dollars: 0.42,
};
const status = { model: { id: 'claude-opus-5-5', display_name: 'Opus 5.5' } };

const CASES: readonly (readonly [string, Told | undefined, string])[] = [
  ['a session', { usage: { session } }, 'gemini-4-argon · 30.0k in (90 % cached), 1.2k out · $0.42'],
  [
    'without a price',
    { usage: { session: { ...session, dollars: null } } },
    'gemini-4-argon · 30.0k in (90 % cached), 1.2k out',
  ],
  [
    'with a price of some requests only',
    { usage: { session: { ...session, unpriced_calls: 2 } } },
    'gemini-4-argon · 30.0k in (90 % cached), 1.2k out · $0.42 + ?',
  ],
  ['before the first request', { models: { big: 'gemini-4-carbon' }, usage: {} }, 'gemini-4-carbon'],
  ['no proxy', undefined, 'Opus 5.5 · the proxy does not answer'],
  [
    'troubles',
    {
      keys: [
        { key: '#a1', state: 'in use', models: [] },
        { key: '#b2', state: 'refused', models: [] },
        { key: '#c3', state: 'in use', models: [{ model: 'gemini-4-argon', state: 'cooling' }] },
      ],
      breakers: { 'gemini-4-carbon': 'open', 'gemini-4-neon': 'half-open' },
      usage: { session, budget: { state: 'near', spent: 9, limit: 10 } },
    },
    'gemini-4-argon · 30.0k in (90 % cached), 1.2k out · $0.42 · ! key #b2 refused · ! key #c3 cooling for 4-argon · ! 4-carbon is down · ! 1 more',
  ],
  ['a text that would make a second line', { models: { big: 'a\nb\u001b[31m' } }, 'a b [31m'],
];

test.each(CASES)('%s', (_name, told, text) => {
  expect(statusText(told, status, 'the proxy does not answer')).toBe(text);
});
