/** What `check` finds in a folder: every error with its file and line, and what is never reached. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checked, checkFolder } from '../../src/sim/scenario/check.ts';
import { problemLine } from '../../src/sim/scenario/problems.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'check-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The findings, without the name of the folder. */
function found(files: Readonly<Record<string, string>>, kind: 'errors' | 'warnings'): string[] {
  const folder = folderOf(files);
  const checked: Checked = checkFolder(folder);
  return checked[kind].map((problem) => problemLine(problem).replaceAll(`${folder}/`, ''));
}

const head = (name: string, more = '') => `name: ${name}\ndescription: d\n${more}`;

test('every error of every file is told with its line', () => {
  const errors = found(
    {
      'a.yaml': `${head('a')}rules:\n  - name: r\n    text: '{{usr}}'\n  - name: s\n    error: overloaded`,
      'b.yaml': `${head('b')}rules:\n  - name: r\n    txt: x\n`,
      'c.yaml': 'name: c\nrules: [',
      'd.yaml': `${head('d')}rules: [{ name: r, text: x }]`,
      'e.json': JSON.stringify({ name: 'd', description: 'd', rules: [{ name: 'r', text: 'x' }] }),
      'x.schema.json': '{}',
      'f.yaml': `<<<<<<< HEAD\n${head('f')}=======\n${head('g')}>>>>>>> theirs\n`,
    },
    'errors',
  );
  expect(errors).toEqual([
    'a.yaml:5: rules.0.text: no slot is called {{usr}}; did you mean user? (with \\ before it the braces stay as they are)',
    expect.stringMatching(/^a\.yaml:7: rules\.1\.error: no error is called overloaded; there are http-400/),
    'b.yaml:5: rules.0.txt: there is no such field here; did you mean text?',
    expect.stringMatching(/^c\.yaml:2: not YAML or JSON: /),
    'f.yaml: git has left a merge conflict in line 1',
    'e.json:1: name: d.yaml is called d, too',
  ]);
});

test('a file that cannot be read is one error, and the others are checked', () => {
  const folder = folderOf({ 'a.yaml': `${head('a')}rules: [{ name: r, text: x }]` });
  symlinkSync('nowhere', join(folder, 'b.yaml'));
  mkdirSync(join(folder, 'c.yaml'));
  const { files, errors } = checkFolder(folder);
  expect(files).toHaveLength(3);
  expect(errors.map(problemLine)).toEqual([
    expect.stringMatching(/b\.yaml: cannot be read: ENOENT/),
    expect.stringMatching(/c\.yaml: cannot be read: EISDIR/),
  ]);
});

describe('never reached', () => {
  const warnings = (rules: string, more = '') =>
    found({ 'a.yaml': `${head('a', more)}${rules}` }, 'warnings');
  const rules = (...rows: string[]) => `rules:\n${rows.map((row) => `  - { ${row} }\n`).join('')}`;

  test.each<[string, string, string[]]>([
    [
      'a rule after one that answers everything',
      rules('name: all, text: x', 'name: late, text: y, when: { caller: main }'),
      ['a.yaml:5: rules.1: late is never reached: all answers before it'],
    ],
    [
      'a rule after one with less conditions',
      rules(
        'name: wide, text: x, when: { caller: [main, sdk] }',
        'name: narrow, text: y, when: { caller: sdk, turn: 1 }',
      ),
      ['a.yaml:5: rules.1: narrow is never reached: wide answers before it'],
    ],
    [
      'a rule after alternatives that all answer',
      rules('name: dice, one_of: [{ text: x }, { error: http-503 }]', 'name: late, text: y'),
      ['a.yaml:5: rules.1: late is never reached: dice answers before it'],
    ],
    ['nothing after one that needs a tool', rules('name: a, calls: [{ tool: T }]', 'name: b, text: y'), []],
    ['nothing after a fault alone', rules('name: a, fault: cut', 'name: b, text: y'), []],
    ['nothing after an errand', rules('name: a, errand: true', 'name: b, text: y'), []],
    ['nothing after a narrower rule', rules('name: a, text: x, when: { turn: 1 }', 'name: b, text: y'), []],
    [
      'nothing after other words',
      rules('name: a, text: x, when: { user: q }', 'name: b, text: y, when: { user: r }'),
      [],
    ],
    [
      'nothing after a rule that wants one of several tools to be there',
      rules('name: a, text: x, when: { not_called: T }', 'name: b, text: y, when: { not_called: [T, U] }'),
      [],
    ],
    [
      'a state to which nothing leads, and a row after an open one',
      'flows:\n  - name: f\n    states:\n      a:\n        text: x\n        next:\n          - { to: b }\n          - { result: { error: true }, to: b }\n          - { user: q, to: b }\n      b: { text: y }\n      c: { text: z, next: [{ user: x, to: d }] }\n      d: { text: z }\n',
      [
        'a.yaml:10: flows.0.states.a.next.1: is never reached: a row before it has no condition',
        'a.yaml:13: flows.0.states.c: is never reached: no row leads to it',
        'a.yaml:14: flows.0.states.d: is never reached: no row leads to it',
      ],
    ],
    [
      'a flow beside a rule that answers everything',
      `${rules('name: all, text: x')}flows: [{ name: f, states: { a: { text: x } } }]`,
      ['a.yaml:5: flows.0: f is never reached: all answers before it'],
    ],
  ])('%s', (_what, text, expected) => {
    expect(warnings(text).sort()).toEqual(expected.sort());
  });

  test('a fact that no slot names, and a demo that says other words', () => {
    const more = `prompt: sun
facts:
  used: { find: x, otherwise: y }
  idle: { find: x, otherwise: y }
demo: { prompt: Show me the moon }
`;
    expect(warnings(rules('name: r, text: "{{used}}"'), more)).toEqual([
      'a.yaml:7: demo.prompt: has none of the words of prompt',
      'a.yaml:6: facts.idle: no slot names {{idle}}',
    ]);
  });

  test('a scenario that is asked after one that answers everything', () => {
    const scenario = (name: string, more: string) => `${head(name, more)}${rules('name: r, text: x')}`;
    const files = {
      'all.yaml': scenario('all', 'order: 5\n'),
      'first.yaml': scenario('first', 'prompt: x\n'),
      'late.yaml': scenario('late', 'order: 9\n'),
    };
    expect(found(files, 'warnings')).toEqual([
      'late.yaml:1: name: is never asked: all (all.yaml) answers everything before it',
    ]);
  });

  test('nothing of the built-in scenarios', () => {
    const checked = checkFolder(join(import.meta.dir, '../../fixtures/scenarios'));
    expect([checked.files.length > 10, checked.errors, checked.warnings]).toEqual([true, [], []]);
  });
});
