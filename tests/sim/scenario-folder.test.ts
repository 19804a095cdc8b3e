/** Scenarios that are edited while they are played. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScenarioFolder } from '../../src/sim/scenario/folder.ts';
import { clockOf } from '../support/manual-clock.ts';

let folder: string;
let now: number;
let changes: string[];
let problems: string[];

const clock = clockOf(() => now);
const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
const scenario = (name: string, text: string) =>
  `name: ${name}\ndescription: d\nrules: [{ name: r, text: ${text} }]\n`;

const open = () =>
  new ScenarioFolder([{ folder, isOwn: false }], {
    clock,
    onChange: (file) => changes.push(file),
    onProblem: (message) => problems.push(message),
  });

/** What each scenario says, by its name, after a new look at the folder. */
function said(scenarios: ScenarioFolder): Record<string, string> {
  now += 1_000;
  const rows = scenarios.current().map(({ name, rules }) => {
    const act = rules[0]?.act;
    const [part] = act?.kind === 'say' ? act.speech.parts : [];
    return [name, part?.kind === 'text' ? part.text : ''];
  });
  return Object.fromEntries(rows);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenario-folder-'));
  now = 0;
  changes = [];
  problems = [];
  write('a.yaml', scenario('a', 'one'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a folder', () => {
  test('shows a changed file, a new one, and one that is gone', () => {
    const scenarios = open();
    write('a.yaml', scenario('a', 'another'));
    expect(said(scenarios)).toEqual({ a: 'another' });
    write('b.json', JSON.stringify({ name: 'b', description: 'd', rules: [{ name: 'r', text: 'two' }] }));
    expect(said(scenarios)).toEqual({ a: 'another', b: 'two' });
    rmSync(join(folder, 'a.yaml'));
    expect(said(scenarios)).toEqual({ b: 'two' });
    expect(changes).toEqual(['a.yaml', 'b.json', 'a.yaml']);
    expect(problems).toEqual([]);
  });

  test('is edited with the locks and copies that editors leave beside a file', () => {
    symlinkSync('user@host.1234', join(folder, '.#a.yaml'));
    write('._a.yaml', '\u0000\u0005');
    write('a.yaml~', 'old');
    const scenarios = open();
    write('a.yaml', scenario('a', 'another'));
    expect(said(scenarios)).toEqual({ a: 'another' });
    expect(problems).toEqual([]);
  });

  test('says once that a link leads nowhere, and shows the others', () => {
    const scenarios = open();
    symlinkSync('nowhere.yaml', join(folder, 'b.yaml'));
    write('c.YAML', scenario('c', 'three'));
    expect(said(scenarios)).toEqual({ a: 'one', c: 'three' });
    expect(said(scenarios)).toEqual({ a: 'one', c: 'three' });
    expect(problems).toEqual([expect.stringMatching(/^b\.yaml: cannot be read: ENOENT.*stay in use$/)]);
  });

  test('keeps the last good form of a broken file, says so once, and takes the repaired one', () => {
    const scenarios = open();
    write('a.yaml', 'name: a\ndescription: d\nrules: [{ name: r, txet: oops }]\n');
    expect(said(scenarios)).toEqual({ a: 'one' });
    expect(said(scenarios)).toEqual({ a: 'one' });
    expect(problems).toEqual([
      expect.stringMatching(/^a\.yaml:3: rules\.0\.txet: .+; the last good scenarios stay/),
    ]);
    write('a.yaml', scenario('a', 'repaired'));
    expect(said(scenarios)).toEqual({ a: 'repaired' });
  });

  test('has no part of a file that was never good', () => {
    const scenarios = open();
    write('b.yaml', 'name: [');
    expect(said(scenarios)).toEqual({ a: 'one' });
    expect(problems).toHaveLength(1);
  });

  test('keeps what it had where two files take the same name', () => {
    const scenarios = open();
    write('b.yaml', scenario('a', 'two'));
    expect(said(scenarios)).toEqual({ a: 'one' });
    expect(problems[0]).toContain('a.yaml is called a, too');
  });

  test('keeps what it had where the folder is gone for a while', () => {
    const scenarios = open();
    rmSync(folder, { recursive: true });
    expect(said(scenarios)).toEqual({ a: 'one' });
    expect(problems).toHaveLength(1);
  });

  test('is not looked at with every request of a burst', () => {
    const scenarios = open();
    write('a.yaml', scenario('a', 'another'));
    now += 50;
    scenarios.current();
    expect(changes).toEqual([]);
  });

  test('that is broken from the start is refused', () => {
    write('b.yaml', 'name: b');
    expect(open).toThrow(/^b\.yaml:1: description: /);
  });

  test("of one's own is named with its whole path", () => {
    write('b.yaml', 'name: b');
    const own = () =>
      new ScenarioFolder([{ folder, isOwn: true }], { clock, onChange: () => {}, onProblem: () => {} });
    expect(own).toThrow(`${folder}/b.yaml:1: description: is missing`);
  });
});

describe("a folder of one's own beside another", () => {
  let other: string;
  const both = () => {
    const places = [
      { folder, isOwn: true },
      { folder: other, isOwn: false },
    ];
    return new ScenarioFolder(places, { clock, onChange: () => {}, onProblem: () => {} });
  };
  beforeEach(() => {
    other = mkdtempSync(join(tmpdir(), 'scenario-others-'));
    writeFileSync(join(other, 'a.yaml'), scenario('a', 'theirs'));
    writeFileSync(join(other, 'z.yaml'), scenario('z', 'theirs'));
  });
  afterEach(() => rmSync(other, { recursive: true, force: true }));

  test('comes first, and takes the place of what has the same name, until it is gone', () => {
    write('c.yaml', scenario('c', 'mine'));
    const scenarios = both();
    expect(Object.entries(said(scenarios))).toEqual([
      ['a', 'one'],
      ['c', 'mine'],
      ['z', 'theirs'],
    ]);
    expect(scenarios.own().map(({ name }) => name)).toEqual(['a', 'c']);
    rmSync(join(folder, 'a.yaml'));
    expect(Object.entries(said(scenarios))).toEqual([
      ['c', 'mine'],
      ['a', 'theirs'],
      ['z', 'theirs'],
    ]);
  });
});
