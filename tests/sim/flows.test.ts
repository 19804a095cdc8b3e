/** State machines: how far a conversation is, found from its history alone. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Chance } from '../../src/sim/mock/chance.ts';
import { chooseAnswer } from '../../src/sim/mock/choose.ts';
import { NO_ASIDES, readConversation } from '../../src/sim/mock/conversation.ts';
import { parseScenario } from '../../src/sim/scenario/read.ts';
import type { ApiContent } from '../../src/sim/validator/request.ts';

const SCENARIO = parseScenario(
  `
name: shop
description: A flow with every kind of way between states.
prompt: buy
rules:
  - { name: closing-time, when: { state: pay, request: 3 }, error: http-503 }
  - { name: rush, when: { request: 5 }, fault: slow-head }
flows:
  - name: buyer
    caller: [main, sdk]
    states:
      look:
        calls: [{ tool: [Look, Glance] }]
        next:
          - { result: { error: true }, to: sorry }
          - { result: { tool: Look, text: nothing left }, turn: { min: 2 }, to: sorry }
          - { unable: true, to: ask }
          - { to: pay }
      pay:
        calls: [{ tool: Pay }, { tool: Wrap }]
        next: [{ result: { text: more }, to: look }, { to: done }]
      ask:
        text: What do you want?
        next: [{ user: [tea, coffee], to: pay }]
      sorry: { text: Sorry. }
      done: { text: Done. }
  - name: errand
    caller: helper
    prompt: fetch
    states: { go: { text: Gone. } }
`,
  'shop.yaml',
);

const user = (text: string): ApiContent => ({ role: 'user', parts: [{ text }] });
const say = (text: string): ApiContent => ({ role: 'model', parts: [{ text }] });
/** A step: which tools were called, and the result of each. */
const did = (...results: [tool: string, output: string, failed?: 'failed'][]): ApiContent[] => [
  { role: 'model', parts: results.map(([name]) => ({ functionCall: { name } })) },
  {
    role: 'user',
    parts: results.map(([name, output, failed]) => ({
      functionResponse: { name, response: failed ? { error: output } : { output } },
    })),
  },
];

type Asked = { tools?: string[]; caller?: string; nth?: number; chosen?: boolean };

function answer(
  contents: ApiContent[],
  { tools = ['Look', 'Pay'], caller = 'main', nth = 1, chosen }: Asked = {},
) {
  const functionDeclarations = tools.map((name) => ({ name }));
  const conversation = readConversation({ contents, tools: [{ functionDeclarations }] }, NO_ASIDES);
  const chance = new Chance(1, 'test');
  return chooseAnswer([SCENARIO], { conversation, caller, nth, chance }, chosen ? 'shop' : undefined);
}

const stateOf = (contents: ApiContent[], asked: Asked = {}) => answer(contents, asked).source.split('/')[1];

describe('a flow', () => {
  test.each<[string, ApiContent[], string]>([
    ['begins with its prompt', [user('buy tea')], 'look'],
    ['does not begin without', [user('steal tea')], 'none'],
    ['moves with a step', [user('buy'), ...did(['Look', 'much'])], 'pay'],
    ['moves by another name of the tool', [user('buy'), ...did(['Glance', 'much'])], 'pay'],
    ['moves with a failed step', [user('buy'), ...did(['Look', 'dark', 'failed'])], 'sorry'],
    [
      'moves with one of two results',
      [user('buy'), ...did(['Look', 'x']), ...did(['Pay', 'ok'], ['Wrap', 'one more'])],
      'look',
    ],
    ['does not move by a turn too early', [user('buy'), ...did(['Look', 'nothing left'])], 'pay'],
    [
      'moves by the turn',
      [user('buy'), ...did(['Look', 'x']), ...did(['Pay', 'more']), ...did(['Look', 'nothing left'])],
      'sorry',
    ],
    ['goes to its end', [user('buy'), ...did(['Look', 'x']), ...did(['Pay', 'ok'])], 'done'],
    ['stays through a step that is not its own', [user('buy'), ...did(['Dance', 'x'])], 'look'],
    [
      'stays with a call that was never answered',
      [user('buy'), ...did(['Look', 'x']).slice(0, 1), user('buy')],
      'look',
    ],
    ['is over with other words', [user('buy'), ...did(['Look', 'x']), say('hm'), user('thanks')], 'none'],
    [
      'begins again with its prompt',
      [user('buy'), ...did(['Look', 'x']), say('hm'), user('buy more')],
      'look',
    ],
    [
      'is no longer over when its prompt comes again',
      [user('buy'), say('a'), user('thanks'), say('b'), user('buy')],
      'look',
    ],
  ])('%s', (_, contents, state) => {
    expect(stateOf(contents)).toBe(state);
  });

  test('waits for words where a state says so', () => {
    const asked = [user('buy'), say('What do you want?')];
    expect(stateOf([...asked, user('some coffee')], { tools: ['Pay'] })).toBe('pay');
    expect(stateOf([...asked, user('a house')], { tools: ['Pay'] })).toBe('none');
  });

  test('passes over what the client has no tools for, then and now', () => {
    expect(stateOf([user('buy')], { tools: ['Pay'] })).toBe('ask');
    expect(stateOf([user('buy'), ...did(['Look', 'x'])], { tools: ['Look'] })).toBe('done');
    expect(stateOf([user('buy'), ...did(['Look', 'x'])], { tools: ['Wrap'] })).toBe('pay');
  });

  test('is for its callers', () => {
    expect(stateOf([user('buy')], { caller: 'sdk' })).toBe('look');
    expect(stateOf([user('buy')], { caller: 'helper' })).toBe('none');
    expect(stateOf([user('fetch it')], { caller: 'helper' })).toBe('go');
  });

  test('chosen by name takes any words, and the later flows only theirs', () => {
    expect(stateOf([user('good morning')], { chosen: true })).toBe('look');
    expect(stateOf([user('good morning')], { chosen: true, caller: 'helper' })).toBe('none');
    expect(stateOf([user('hi'), ...did(['Look', 'x']), say('a'), user('thanks')], { chosen: true })).toBe(
      'look',
    );
  });

  const step = fc.constantFrom(
    did(['Look', 'x']),
    did(['Pay', 'more']),
    did(['Pay', 'ok']),
    did(['Dance', 'x']),
    [say('hm'), user('buy')],
  );

  test('gives the same answer to the same history, whatever was asked before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const contents = [user('buy'), ...steps.flat()];
        const whole = stateOf(contents);
        for (let end = 0; end <= steps.length; end++) stateOf([user('buy'), ...steps.slice(0, end).flat()]);
        return stateOf(contents) === whole && whole !== 'none';
      }),
    );
  });
});

describe('rules beside a flow', () => {
  const paying = [user('buy'), ...did(['Look', 'x'])];

  test('come first where their state and their request are', () => {
    expect(answer(paying, { nth: 3 }).reply).toEqual({
      kind: 'refusal',
      refusal: expect.objectContaining({ name: 'http-503' }),
    });
    expect(stateOf(paying, { nth: 2 })).toBe('pay');
    expect(stateOf([user('buy')], { nth: 3 })).toBe('look');
  });

  test('with a fault alone spoil the answer that comes after them', () => {
    const spoilt = answer(paying, { nth: 5 });
    expect(spoilt.source).toBe('shop/pay');
    expect(spoilt.faults.map(({ name }) => name)).toEqual(['slow-head']);
    expect(answer(paying, { nth: 4 }).faults).toEqual([]);
  });
});
