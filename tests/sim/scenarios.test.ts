/** Scenario files: how they are read, and what is said about a wrong one. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, chooseAnswer } from '../../src/sim/mock/choose.ts';
import { NO_ASIDES, readConversation } from '../../src/sim/mock/conversation.ts';
import { parseScenario } from '../../src/sim/scenario/read.ts';
import { loadScenarios } from '../../src/sim/scenarios.ts';
import type { ApiRequest } from '../../src/sim/validator/request.ts';
import { SCENARIOS } from './mock/harness.ts';

const file = (rules: string, head = '') => `name: t\ndescription: d\n${head}rules:\n${rules}`;

const flows = (states: string) =>
  `name: t\ndescription: d\nprompt: go\nflows:\n  - name: f\n    states: { ${states} }`;

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
  return chooseAnswer([scenario], { conversation, caller, nth }, chosen ? scenario.name : undefined);
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

  test.each([
    ['no rules', 'name: t\ndescription: d\nrules: []', 'rules'],
    ['no description', 'name: t\nrules:\n  - { name: r, text: x }', 'description'],
    ['an unknown field', file('  - { name: r, text: x, colour: red }'), 'rules.0.colour'],
    ['an unknown condition', file('  - { name: r, text: x, when: { callr: main } }'), 'rules.0.when.callr'],
    ['a wrong type', file('  - { name: 5, text: x }'), 'rules.0.name'],
    ['a negative turn', file('  - { name: r, text: x, when: { turn: -1 } }'), 'rules.0.when.turn'],
    ['a rule that does nothing', file('  - { name: r }'), 'rules.0: needs text, calls, error or fault'],
    ['a broken expression', file('  - { name: r, text: x, when: { user: "/(/" } }'), 'rules.0.when.user'],
    [
      'a broken fact',
      file('  - { name: r, text: x }', 'facts: { a: { find: "(", otherwise: "" } }\n'),
      'facts.a.find',
    ],
    ['no object', '- 1', 'the file'],
    ['no YAML', 'name: [', 'not YAML'],
    ['neither rules nor flows', 'name: t\ndescription: d', 'needs rules or flows'],
    [
      'an unknown error',
      file('  - { name: r, error: bad-luck }'),
      'rules.0.error: no error is called bad-luck',
    ],
    [
      'an error that speaks',
      file('  - { name: r, text: x, error: internal }'),
      'rules.0.error: stands alone',
    ],
    ['an unknown fault', file('  - { name: r, fault: cutt frame=1 }'), 'rules.0.fault: "cutt frame=1"'],
    ['a fault with a request number', file('  - { name: r, fault: "cut@2:frame=1" }'), 'when.request'],
    [
      'a condition on an unknown state',
      file('  - { name: r, text: x, when: { state: s } }'),
      'rules.0.when.state',
    ],
    ['a way to an unknown state', flows('a: { text: x, next: [{ to: b }] }'), 'flows.0.states.a.next.0.to'],
    [
      'calls that lead nowhere',
      flows('a: { calls: [{ tool: Run }] }'),
      'flows.0.states.a.next: a state with calls',
    ],
    [
      'a way with two occasions',
      flows('a: { text: x, next: [{ to: a, user: x, turn: 1 }] }'),
      'flows.0.states.a.next.0: user, unable, and result',
    ],
    ['a name of a state that is none', flows('A B: { text: x }'), 'flows.0.states'],
    [
      'a file of a demo outside of its folder',
      `${file('  - { name: r, text: x }')}\ndemo: { prompt: p, files: { /etc/x: y } }`,
      'demo.files',
    ],
    ['a state that only spoils', flows('a: { fault: cut }'), 'flows.0.states.a'],
    [
      'a later flow without a prompt',
      `${flows('a: { text: x }')}\n  - name: g\n    states: { a: { text: x } }`,
      'flows.1.prompt',
    ],
    [
      'a first flow with a prompt',
      flows('a: { text: x }').replace('states', 'prompt: x\n    states'),
      'flows.0.prompt',
    ],
    ['no state', flows(''), 'flows.0.states'],
    [
      'a support that is not in the text',
      file(
        '  - { name: r, text: x, grounding: { queries: [q], sources: [{ title: t, uri: u }], supports: [{ text: y, sources: [0] }] } }',
      ),
      'rules.0.grounding.supports.0.text',
    ],
    [
      'a support by a source that is not there',
      file(
        '  - { name: r, text: x, grounding: { queries: [q], sources: [{ title: t, uri: u }], supports: [{ text: x, sources: [1] }] } }',
      ),
      'rules.0.grounding.supports.0.sources',
    ],
  ])('%s is told in one line with file and field', (_, yaml, field) => {
    let message = '';
    try {
      parseScenario(yaml, 'wrong.yaml');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toStartWith('wrong.yaml: ');
    expect(message).toContain(field);
    expect(message).not.toContain('\n');
  });
});

test('the file that the docs show is one that can be read', () => {
  const page = readFileSync(join(import.meta.dir, '../../docs/scenarios.md'), 'utf8');
  const shown = /```yaml\n([\s\S]+?)```/.exec(page)?.[1] ?? '';
  expect(parseScenario(shown, 'docs')).toMatchObject({ name: 'weather', flows: [{ name: 'ask' }] });
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
    return spoken(answerTo(yaml, body)).text;
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
    ['{{unheard_of}}', '{{unheard_of}}'],
  ])('%s becomes %s', (text, expected) => {
    expect(answer(text, request(done))).toBe(expected);
  });

  test('a fact is found in the system text or the messages, the last one said', () => {
    const body = { ...request([user('dir: /b')]), systemInstruction: { parts: [{ text: 'dir: /a' }] } };
    expect(answer('{{dir}}', body)).toBe('/b');
  });
});
