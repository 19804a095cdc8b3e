import { describe, expect, test } from 'bun:test';
import { type KeysFacts, keysPage, lastingStates, noticeOf } from '../../src/inspector/figures/keys-page.ts';
import type { ModelState } from '../../src/keys/keys.ts';

const NOW = 1_000_000;
const MODEL = 'gemini-4-argon';
const state = (name: ModelState['state'], until: number, model = MODEL): ModelState => ({
  model,
  state: name,
  until,
});

/** One key, in use, that these states keep from its models. */
function factsOf(...models: ModelState[]): KeysFacts {
  return {
    standIn: undefined,
    states: [lastingStates({ fingerprint: 'k', state: 'in use', models }, NOW)],
    models: [MODEL],
    usable: () => models.length === 0,
    dateOf: (moment) => moment,
    now: NOW,
    lately: { sessions: new Map(), replaced: new Map(), byClient: new Map() },
    today: new Map(),
    keyRpm: undefined,
    budgets: [],
    clients: [],
  };
}

describe('what keeps a key from a model', () => {
  test.each<[string, ModelState[], row: string, cell: string, notice: string | undefined]>([
    [
      'a breaker',
      [state('open', NOW + 18_000)],
      'left out for gemini-4-argon',
      'left out again in 0:18',
      'It is tried again in 0:18.',
    ],
    [
      'a breaker whose time has passed',
      [state('open', NOW - 1)],
      'on trial for gemini-4-argon',
      'on trial with the next request',
      'It is tried again with the next request.',
    ],
    [
      'a breaker on trial, and a missing access that lasts longer',
      [state('denied', NOW + 3_000_000), state('half-open', NOW - 5_000)],
      'no access for gemini-4-argon',
      'no access again in 50:00',
      'It is tried again in 50:00.',
    ],
    [
      'the quota of a minute within that of the day',
      [state('cooling', NOW + 30_000), state('parked', NOW + 7_200_000)],
      'out today for gemini-4-argon',
      'out today again in 2 h 0 min',
      'It is tried again in 2 h 0 min.',
    ],
  ])('%s', (_name, models, row, cell, notice) => {
    const facts = factsOf(...models);
    const page = keysPage(facts);
    const [told] = page.models[0]?.cells ?? [];
    expect([page.keys[0]?.state, `${told?.state} ${told?.more}`, noticeOf(facts)?.more]).toEqual([
      row,
      cell,
      notice,
    ]);
  });

  test('a model that is asked only with the next request has no countdown', () => {
    const [key] = keysPage(factsOf(state('half-open', NOW - 5_000))).keys;
    expect([key?.until, key?.backWords]).toEqual([undefined, 'with the next request']);
  });
});
