import { describe, expect, test } from 'bun:test';
import { type KeysFacts, keysPage, lastingStates, noticeOf } from '../../src/inspector/figures/keys-page.ts';
import type { KeyState, ModelState } from '../../src/keys/keys.ts';

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
      'left out tried again in 0:18',
      'It is tried again in 0:18.',
    ],
    [
      'a breaker whose time has passed',
      [state('open', NOW - 1)],
      'on trial for gemini-4-argon',
      'on trial tried with the next request',
      'It is tried with the next request.',
    ],
    [
      'a breaker on trial, and a missing access that lasts longer',
      [state('denied', NOW + 3_000_000), state('half-open', NOW - 5_000)],
      'no access for gemini-4-argon',
      'no access tried again in 50:00',
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

  const out: KeyState = { fingerprint: 'bad', state: 'out', why: 'key', models: [] };
  const free: KeyState = { fingerprint: 'good', state: 'in use', models: [] };
  const parked: KeyState = { fingerprint: 'used', state: 'in use', models: [state('parked', NOW + 1_000)] };
  test.each<[string, KeyState[], string]>([
    ['the only other', [out, free], 'Google does not serve #bad; the other key answers.'],
    ['all others', [out, free, free], 'Google does not serve #bad; the other keys answer.'],
    [
      'not the only other',
      [out, parked],
      'Google does not serve #bad; the other key does not serve every model now.',
    ],
    [
      'some of the others',
      [out, free, parked],
      'Google does not serve #bad; 1 of the other 2 keys can be used for every model now.',
    ],
    [
      'none of the others',
      [out, parked, parked],
      'Google does not serve #bad; none of the other 2 keys can be used for every model now.',
    ],
    ['none', [out, out], 'Google serves no key.'],
  ])('beside a key that is out, %s can be used', (_name, states, text) => {
    const facts = { ...factsOf(), states, usable: () => true };
    expect([noticeOf(facts)?.text, keysPage(facts).headline]).toEqual([text, text]);
  });

  test.each<[string, KeyState, object]>([
    [
      'only tested at a time',
      { ...out, testedAt: NOW + 3_600_000 },
      { until: NOW + 3_600_000, back: 'tested', backWords: 'or before, by a reload or a key test' },
    ],
    ['tested by nobody but people', out, { backWords: 'tested by a reload or a key test' }],
    ['tried again', { ...free, models: [state('open', NOW + 9)] }, { until: NOW + 9, back: 'tried again' }],
    ['well again', parked, { until: NOW + 1_000, back: 'again', backWords: 'midnight Pacific' }],
  ])('nothing is promised of a key that is %s', (_name, key, told) =>
    expect(keysPage({ ...factsOf(), states: [key] }).keys[0]).toMatchObject(told),
  );

  test('a model that is asked only with the next request has no countdown', () => {
    const [key] = keysPage(factsOf(state('half-open', NOW - 5_000))).keys;
    expect([key?.until, key?.backWords]).toEqual([undefined, 'tried with the next request']);
  });
});
