/** Scenario files: how they are read, and what is said about a wrong one. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chance } from '../../src/sim/mock/chance.ts';
import { type Answer, chooseAnswer, spokenText } from '../../src/sim/mock/choose.ts';
import { NO_ASIDES, readConversation } from '../../src/sim/mock/conversation.ts';
import { parseScenario } from '../../src/sim/scenario/read.ts';
import { loadScenarios } from '../../src/sim/scenarios.ts';
import type { ApiRequest } from '../../src/sim/validator/request.ts';
import { SCENARIOS } from './mock/harness.ts';

const file = (rules: string, head = '') => `name: t\ndescription: d\n${head}rules:\n${rules}`;

const request = (contents: ApiRequest['contents'], tools: string[] = []): ApiRequest => ({
  contents: contents ?? [],
  tools: [{ functionDeclarations: tools.map((name) => ({ name })) }],
});

const user = (text: string) => ({ role: 'user', parts: [{ text }] });
const call = (name: string) => ({ role: 'model', parts: [{ functionCall: { name } }] });
const result = (name: string, response: Record<string, string>) => ({
  role: 'user',
  parts: [{ functionResponse: { name, response } }],
});

type Asked = { caller?: string; nth?: number; chosen?: boolean };

function answerTo(yaml: string, body: ApiRequest, { caller = 'main', nth = 1, chosen }: Asked = {}): Answer {
  const scenario = parseScenario(yaml, 't.yaml');
  const conversation = readConversation(body, { ...NO_ASIDES, tags: scenario.asides });
  const chance = new Chance(1, 'test');
  return chooseAnswer([scenario], { conversation, caller, nth, chance }, chosen ? scenario.name : undefined);
}

/** The rule or state of `yaml` that answers; `none` where none does. */
const ruleFor = (yaml: string, body: ApiRequest, asked: Asked = {}): string =>
  answerTo(yaml, body, asked).source.split('/')[1] ?? '';

const spoken = ({ reply }: Answer) => {
  if (reply.kind !== 'speech') throw new Error('refused');
  return reply;
};

describe('loading', () => {
  test('the shipped files are in the order in which they are asked, the default last', () => {
    const orders = SCENARIOS.map((scenario) => scenario.order);
    expect(orders).toEqual(orders.toSorted((a, b) => a - b));
    expect(SCENARIOS.at(-1)?.name).toBe('default');
  });

  test('a folder is read by its yaml and json files, ordered by `order`', () => {
    const folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
    const write = (name: string, order: number) =>
      writeFileSync(
        join(folder, name),
        file('  - { name: r, text: x }', `order: ${order}\n`).replace('name: t', `name: ${name}`),
      );
    write('a.yaml', 5);
    write('b.yaml', -1);
    const rules = [{ name: 'r', text: 'x' }];
    writeFileSync(join(folder, 'c.json'), JSON.stringify({ name: 'c', description: 'd', rules }));
    writeFileSync(join(folder, 'notes.txt'), 'not a scenario');
    expect(loadScenarios(folder).map((scenario) => scenario.name)).toEqual(['b.yaml', 'c', 'a.yaml']);
    write('d.yaml', 0);
    writeFileSync(join(folder, 'e.yaml'), file('  - { name: r, text: x }').replace('name: t', 'name: c'));
    expect(() => loadScenarios(folder)).toThrow('e.yaml: name: c.json is called c, too');
    rmSync(folder, { recursive: true });
  });
});

test('the files that the docs show can be used', () => {
  const page = readFileSync(join(import.meta.dir, '../../docs/scenarios.md'), 'utf8');
  const shown = [...page.matchAll(/```yaml\n([\s\S]+?)```/g)].map(([, text = '']) => text);
  const names = shown.map((text) => parseScenario(text, 'docs').name);
  expect(names).toEqual(['weather', 'bad-days']);
});

describe('matching', () => {
  const two = (when: string) =>
    file(`  - { name: first, text: a, when: ${when} }\n  - { name: second, text: b }`);
  const history = [user('make it so'), call('Run'), result('Run', { output: 'all GREEN' })];

  test.each([
    ['caller', '{ caller: sdk }', 'sdk', 'first'],
    ['caller', '{ caller: [sdk, main] }', 'main', 'first'],
    ['caller', '{ caller: sdk }', 'main', 'second'],
    ['user, in any case', '{ user: MAKE it }', 'main', 'first'],
    ['user, one of several', '{ user: [nope, so] }', 'main', 'first'],
    ['user, by expression', '{ user: "/^make .+ so$/" }', 'main', 'first'],
    ['user', '{ user: break it }', 'main', 'second'],
    ['turn', '{ turn: 1 }', 'main', 'first'],
    ['turn', '{ turn: 0 }', 'main', 'second'],
    ['turn, a range', '{ turn: { min: 1, max: 3 } }', 'main', 'first'],
    ['turn, a range', '{ turn: { min: 2 } }', 'main', 'second'],
    ['result, by tool', '{ result: { tool: Run } }', 'main', 'first'],
    ['result, by tool', '{ result: { tool: Walk } }', 'main', 'second'],
    ['result, by text', '{ result: { text: green } }', 'main', 'first'],
    ['result, by error', '{ result: { error: true } }', 'main', 'second'],
    ['result, by error', '{ result: { error: false } }', 'main', 'first'],
    ['called', '{ called: [Walk, Run] }', 'main', 'first'],
    ['called', '{ called: Walk }', 'main', 'second'],
    ['not called', '{ not_called: Walk }', 'main', 'first'],
    ['not called', '{ not_called: [Walk, Run] }', 'main', 'second'],
    ['request', '{ request: 1 }', 'main', 'first'],
    ['request', '{ request: { min: 2 } }', 'main', 'second'],
  ])('%s: %s for %s gives %s', (_, when, caller, rule) => {
    expect(ruleFor(two(when), request(history), { caller })).toBe(rule);
  });

  test('a failed call shows as an error', () => {
    const failed = [user('x'), call('Run'), result('Run', { error: 'no' })];
    expect(ruleFor(two('{ result: { error: true } }'), request(failed))).toBe('first');
  });

  test('a rule whose tools are not declared is passed over', () => {
    const yaml = file('  - { name: first, calls: [{ tool: [Run, Walk] }] }\n  - { name: second, text: b }');
    expect(ruleFor(yaml, request([user('x')], ['Walk']))).toBe('first');
    expect(ruleFor(yaml, request([user('x')], ['Swim']))).toBe('second');
  });

  test('asides are no words of the user, and do not start a turn', () => {
    const yaml = file('  - { name: first, text: a, when: { user: real, turn: 1 } }', 'asides: [note]\n');
    const contents = [
      user('<note>\nfake\n</note>\nreal'),
      { role: 'model', parts: [{ text: 'ok' }] },
      user('<note>x</note>'),
    ];
    expect(ruleFor(yaml, request(contents))).toBe('first');
  });
});

describe('templates', () => {
  const answer = (text: string, body: ApiRequest) => {
    const yaml = file(
      `  - name: r\n    text: '${text}'`,
      "facts: { dir: { find: 'dir: (.+)', otherwise: nowhere } }\n",
    );
    return spokenText(spoken(answerTo(yaml, body)));
  };
  const done = [user('go'), call('Run'), result('Run', { output: ' 42\n' })];

  test.each([
    ['{{user}}', 'go'],
    ['{{result}}', '42'],
    ['{{ result.Run }}', '42'],
    ['{{result.Walk|Run}}', '42'],
    ['{{result.Walk}}', '(no result)'],
    ['{{status.Run}} {{status.Walk}}', 'done not run'],
    ['{{dir}}', 'nowhere'],
    ['\\{{user}}', '{{user}}'],
  ])('%s becomes %s', (text, expected) => {
    expect(answer(text, request(done))).toBe(expected);
  });

  test('a fact is found in the system text or the messages, the last one said', () => {
    const body = { ...request([user('dir: /b')]), systemInstruction: { parts: [{ text: 'dir: /a' }] } };
    expect(answer('{{dir}}', body)).toBe('/b');
  });
});
