/** What is said about a scenario file that cannot be used. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Problem } from '../../src/sim/scenario/problems.ts';
import { parseScenario, readScenario } from '../../src/sim/scenario/read.ts';

const file = (rules: string, head = '') => `name: t\ndescription: d\n${head}rules:\n${rules}`;

const flows = (states: string) =>
  `name: t\ndescription: d\nprompt: go\nflows:\n  - name: f\n    states: { ${states} }`;

test.each([
  ['no rules', 'name: t\ndescription: d\nrules: []', 'rules'],
  ['no description', 'name: t\nrules:\n  - { name: r, text: x }', 'description'],
  ['an unknown field', file('  - { name: r, text: x, colour: red }'), 'rules.0.colour'],
  ['an unknown condition', file('  - { name: r, text: x, when: { callr: main } }'), 'rules.0.when.callr'],
  ['a wrong type', file('  - { name: 5, text: x }'), 'rules.0.name'],
  ['a negative turn', file('  - { name: r, text: x, when: { turn: -1 } }'), 'rules.0.when.turn'],
  [
    'a rule that does nothing',
    file('  - { name: r }'),
    'rules.0: needs text, calls, parts, finish, block, error or fault',
  ],
  ['a broken expression', file('  - { name: r, text: x, when: { user: "/(/" } }'), 'rules.0.when.user'],
  [
    'a broken fact',
    file('  - { name: r, text: x }', 'facts: { a: { find: "(", otherwise: "" } }\n'),
    'facts.a.find',
  ],
  ['no object', '- 1', 'expected fields, got [1]'],
  ['no YAML', 'name: [', 'not YAML'],
  ['neither rules nor flows', 'name: t\ndescription: d', 'needs rules or flows'],
  [
    'an unknown error',
    file('  - { name: r, error: bad-luck }'),
    'rules.0.error: no error is called bad-luck',
  ],
  ['an error that speaks', file('  - { name: r, text: x, error: http-500 }'), 'rules.0.error: stands alone'],
  [
    'an old name of an error',
    file('  - { name: r, error: overloaded }'),
    'rules.0.error: no error is called overloaded; there are http-400',
  ],
  ['a misspelt error', file('  - { name: r, error: htp-503 }'), 'did you mean http-503?'],
  [
    'an error for some requests',
    file('  - { name: r, error: "http-503 p=0.5" }'),
    'rules.0.error: "http-503 p=0.5": an error is always given',
  ],
  [
    'a kind of request that there is not',
    file('  - { name: r, text: x, when: { caller: sub-agent } }'),
    'rules.0.when.caller: "sub-agent" is no kind of request; did you mean subagent?',
  ],
  [
    'one of several kinds of requests',
    file('  - { name: r, text: x, when: { caller: [main, count-tokens] } }'),
    'rules.0.when.caller.1: "count-tokens" is no kind of request; there are main, title',
  ],
  [
    'a kind of request of a flow',
    flows('a: { text: x }').replace('states', 'caller: mian\n    states'),
    'flows.0.caller: "mian" is no kind of request; did you mean main?',
  ],
  [
    'a slot without an end',
    file('  - { name: r, text: "You said {{user, or {{ result.Read }" }'),
    'rules.0.text: {{user has no end: }} is missing',
  ],
  [
    'a fact without an end',
    file('  - { name: r, text: "{{user}} in {{cwd}" }', 'facts: { cwd: { find: "x(y)", otherwise: "" } }\n'),
    'rules.0.text: {{cwd has no end: }} is missing',
  ],
  [
    'an unknown slot',
    file('  - { name: r, text: "You said {{usr}}" }'),
    'rules.0.text: no slot is called {{usr}}; did you mean user?',
  ],
  [
    'an unknown slot in arguments',
    file(
      '  - { name: r, calls: [{ tool: A, args: { p: { q: ["{{cdw}}"] } } }] }',
      'facts: { cwd: { find: x, otherwise: y } }\n',
    ),
    'rules.0.calls.0.args.p.q.0: no slot is called {{cdw}}; did you mean cwd?',
  ],
  [
    'a slot that is cut off',
    file('  - { name: r, text: "{{result#two}}" }'),
    'rules.0.text: no slot is called {{result#two}}',
  ],
  [
    'a part of a slot',
    file('  - { name: r, text: "{{self.nmae}}" }'),
    'self has no .nmae; did you mean name?',
  ],
  ['a slot without a part', file('  - { name: r, text: "{{self}}" }'), '{{self}} needs one of .name'],
  ['a part that there is not', file('  - { name: r, text: "{{user.name}}" }'), 'user has no .name'],
  [
    'a slot of an alternative',
    file('  - { name: r, one_of: [{ text: x }, { text: "{{m}}" }] }'),
    'rules.0.one_of.1.text: no slot is called {{m}}',
  ],
  [
    'a fact that hides a slot',
    file('  - { name: r, text: x }', 'facts: { user: { find: x, otherwise: y } }\n'),
    'facts.user: {{user}} is built in',
  ],
  [
    'two rules of one name',
    file('  - { name: r, text: x }\n  - { name: r, text: y }'),
    'rules.1.name: another rule is called r',
  ],
  [
    'an unknown finish reason',
    file('  - { name: r, finish: SAFTEY }'),
    '"SAFTEY" is no finish reason; did you mean SAFETY?',
  ],
  [
    'an unknown block reason',
    file('  - { name: r, block: { reason: JAIL } }'),
    'rules.0.block.reason: "JAIL" is no block reason; did you mean JAILBREAK?',
  ],
  [
    'two reasons at once',
    file('  - { name: r, finish: { reason: SAFETY, unknown: TIRED } }'),
    'rules.0.finish: needs reason or unknown',
  ],
  [
    'text beside a block',
    file('  - { name: r, text: x, block: SAFETY }'),
    'rules.0.block: stands alone; no text beside it',
  ],
  [
    'text beside parts',
    file('  - { name: r, text: x, parts: [{ text: y }] }'),
    'rules.0.text: stands beside parts',
  ],
  [
    'a part of two kinds',
    file('  - { name: r, parts: [{ text: y, thought: z }] }'),
    'rules.0.parts.0: a part is one of text, thought',
  ],
  [
    'usage without an answer',
    file('  - { name: r, usage: { output: 3 } }'),
    'rules.0.usage: comes with an answer',
  ],
  [
    'a call of nothing',
    file('  - { name: r, calls: [{ args: {} }] }'),
    'rules.0.calls.0: needs tool or undeclared',
  ],
  [
    'two kinds of arguments',
    file('  - { name: r, calls: [{ tool: A, args: {}, no_args: true }] }'),
    'args, exact_args and no_args exclude each other',
  ],
  [
    'alternatives beside an answer',
    file('  - { name: r, text: x, one_of: [{ text: y }] }'),
    'rules.0.text: stands beside one_of',
  ],
  [
    'alternatives that never come',
    file('  - { name: r, one_of: [{ text: y, weight: 0 }] }'),
    'rules.0.one_of: one alternative needs a weight',
  ],
  [
    'half of a distribution',
    file('  - { name: r, text: x }', 'pace: { first_ms: { p50: 3 } }\n'),
    'pace.first_ms: p50 and p95 come together',
  ],
  [
    'two distributions',
    file('  - { name: r, text: x }', 'pace: { first_ms: { fixed: 3, uniform: [1, 2] } }\n'),
    'pace.first_ms: needs one of fixed, uniform',
  ],
  [
    'a distribution of three',
    file('  - { name: r, text: x }', 'pace: { first_ms: { normal: [1, 2, 3] } }\n'),
    'pace.first_ms.normal: expected a list',
  ],
  [
    'an empty range',
    file('  - { name: r, text: x, when: { turn: { min: 3, max: 1 } } }'),
    'rules.0.when.turn: max is below min',
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
  expect(message).toMatch(/^wrong\.yaml:\d+: /);
  expect(message).toContain(field);
  expect(message).not.toContain('\n');
});

const wrongIn = (text: string): readonly Problem[] => {
  const read = readScenario(text, 'wrong.yaml');
  return 'problems' in read ? read.problems : [];
};

test('everything that is wrong is told, with its line: of shape, of meaning, and also in the same rule', () => {
  const problems = wrongIn(`name: t
descripton: d
prompt: [5]
facts:
  town: { find: 7, otherwise: '' }
rules:
  - name: first
    when: { caller: mian }
    text: '{{usre}} in {{town}}'
  - name: second
    error: overlaoded
  - name: third
    when: { state: [a, cc] }
    txt: x
  - 5
  - { name: third, text: x }
flows:
  - name: f
    states:
      a:
        text: x
        next: [{ to: bb }, { to: b }]
      b: { text: 7 }
`);
  expect(problems.map(({ line, field }) => `${line} ${field}`)).toEqual([
    '1 description',
    '2 descripton',
    '3 prompt.0',
    '5 facts.town.find',
    '8 rules.0.when.caller',
    '9 rules.0.text',
    '11 rules.1.error',
    '13 rules.2.when.state',
    '14 rules.2.txt',
    '15 rules.3',
    '16 rules.4.name',
    '22 flows.0.states.a.next.0.to',
    '23 flows.0.states.b.text',
  ]);
});

test.each(['flows: [{ name: f, states: 5 }]', 'rules: {}', 'facts: [town]'])(
  'where too little is left to say more, only that is told: %s',
  (part) => {
    const text = `name: t\ndescription: d\n${part}\n${part.startsWith('rules') ? '' : "rules: [{ name: r, when: { state: s }, text: '{{town}}' }]"}`;
    expect(wrongIn(text)).toHaveLength(1);
  },
);

test('several documents in one file are told as that', () => {
  const line = '{ name: t, description: d, rules: [{ name: r, text: x }] }';
  expect(wrongIn(`${line}\n---\n${line}\n`).map(({ reason }) => reason)).toEqual([
    'a file is one scenario, and another document begins here (---)',
  ]);
});

test('whatever stands in a part of a file, it is told and nothing breaks', () => {
  const good = {
    name: 't',
    description: 'd',
    prompt: 'x',
    facts: { town: { find: 'x', otherwise: '' } },
    rules: [{ name: 'r', when: { state: 's', turn: 1 }, text: '{{town}}' }],
    flows: [{ name: 'f', states: { s: { calls: [{ tool: 'T' }], next: [{ to: 's' }] } } }],
  };
  const places: string[][] = [];
  const walk = (value: unknown, at: string[]): void => {
    if (at.length > 0) places.push(at);
    if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) walk(item, [...at, key]);
  };
  walk(good, []);
  fc.assert(
    fc.property(fc.subarray(places, { minLength: 1, maxLength: 3 }), fc.jsonValue(), (at, junk) => {
      const file: Record<string, unknown> = structuredClone(good);
      for (const steps of at) put(file, steps, structuredClone(junk));
      const read = readScenario(JSON.stringify(file), 'any.json');
      expect('scenario' in read || read.problems.length > 0).toBe(true);
    }),
  );
});

function put(file: Record<string, unknown>, steps: readonly string[], value: unknown): void {
  let inner: unknown = file;
  for (const step of steps.slice(0, -1)) inner = (inner as Record<string, unknown> | null)?.[step];
  const last = steps.at(-1) ?? '';
  if (typeof inner === 'object' && inner !== null) (inner as Record<string, unknown>)[last] = value;
}
