/**
 * How long the search for secrets takes, counted in steps of a backtracking matcher. Every expression that the redactor
 * runs on a text is also run in a matcher that counts. A text four times as long may take about four times as many
 * steps.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createRedactor } from '../../src/sim/redact.ts';
import { CountingRegex } from '../support/counting-regex.ts';

const redactor = createRedactor(['AIzaSyD-canary_0123456789abcdefghijklmno']);
const matchers = new Map<string, CountingRegex>();
/** The steps of each expression with the present text. */
const steps = new Map<string, number>();
/** All expressions that have run so far. */
const seen = new Set<string>();

function count(regex: RegExp, text: string): void {
  const name = String(regex);
  const matcher = matchers.get(name) ?? new CountingRegex(regex);
  matchers.set(name, matcher);
  seen.add(name);
  const from = regex.global || regex.sticky ? regex.lastIndex : 0;
  steps.set(name, (steps.get(name) ?? 0) + matcher.count(text, from));
}

// Every use of an expression passes through here.
const { exec } = RegExp.prototype;
let isCounting = false;
beforeAll(() => {
  RegExp.prototype.exec = function (this: RegExp, text: string) {
    if (!isCounting) return exec.call(this, text);
    isCounting = false;
    count(this, String(text));
    isCounting = true;
    return exec.call(this, text);
  };
});
afterAll(() => {
  RegExp.prototype.exec = exec;
});

function stepsOf(text: string): Map<string, number> {
  steps.clear();
  isCounting = true;
  redactor.bytes(Buffer.from(text), 'it', []);
  isCounting = false;
  return new Map(steps);
}

const LENGTH = 1_000;
const TIMES = 4;
/** A text four times as long may take five times the steps: four times as many, and one time for what does not grow with the text. */
const MOST_GROWTH = 5;
const FEW = 20 * LENGTH;

const TOKENS = [
  'AIza',
  'AQ.',
  'ya29.',
  '1//0',
  'GOCSPX-',
  'AKIA',
  'ghp_',
  'github_pat_',
  'glpat-',
  'sk-',
  'sk-a',
  'xoxb-',
  'xapp-a',
  'npm_a',
  'pypi-',
  'hf_',
  'SG.a',
  'SG.aaaaaaaaaaaaaaaa.',
  'eyJ',
  'eyJaaaaaaaa.',
  'Bearer ',
  'Bearer a',
  'Authorization: Basic ',
  'secret_access_key = ',
  'hooks.slack.com/services/',
  'aa://',
  'aa://a:',
  'aa://a:b',
  'aa://a:b@',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN A PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n',
];
const PERSONAL = [
  'user_',
  '"user_id":"',
  '"session_id": ',
  'projects/',
  'projects/a',
  'project = ',
  'project===',
  '&project=',
  '/home/',
  '/home/a ',
  'C:\\Users\\',
  'C:\\Users\\a b ',
  '"C:/Users/a b ',
  '/mnt/c/Users/',
  '//wsl$/a',
  '\\\\a\\b',
  '\\\\wsl$\\a\\home\\',
  '/-home-',
  'a@',
  '@a.',
  '@a.bb',
  '@a-',
  '%40a.bb',
];
const WRITINGS = [
  '\\n',
  '\\t',
  '\\r\\n',
  '\n',
  '\t\n',
  ' \n',
  '\\n ',
  'a\\n',
  '\\\\',
  '%',
  '%25',
  '\\u',
  '\\u005c',
  '\\u001b[',
  '\\u001b[0m',
  '0 ',
  '00 ',
  '0x0 ',
  '0x',
  '\\101',
  '&#',
  '&#65;',
  '\\u{',
  '12, ',
  '1\t',
  '1|',
  '     1\t',
  '00000000: ',
  '00000000 ',
  '0000  00 ',
  '00000000: 00 ',
  ' 00',
  '|',
  '|a|\n',
  '>',
  '<',
  '"',
  '":"',
  '","',
  '"\n',
  'data: {"text":"',
  'data:\n',
  '{"text":"a"}',
  'QUJD',
  'a',
  'ab',
  'é',
  '\u2192',
  '{',
  '[',
  '(',
];

test.each([...TOKENS, ...PERSONAL, ...WRITINGS])('%j over and over', (unit) => {
  const textOf = (length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  const short = stepsOf(textOf(LENGTH));
  const long = stepsOf(textOf(TIMES * LENGTH));
  const grown = [...long].flatMap(([name, taken]) => {
    const before = Math.max(FEW, short.get(name) ?? 0);
    return taken > MOST_GROWTH * before ? [`${name}: ${short.get(name)} to ${taken} steps`] : [];
  });
  expect(grown).toEqual([]);
});

test('the matcher counts what goes back and forth', () => {
  const matcher = new CountingRegex(/(?:a+)+b/g);
  const taken = [4, 8, 12].map((length) => matcher.count('a'.repeat(length), 0));
  expect(taken.map((one, index) => one > 8 * (taken[index - 1] ?? 0))).toEqual([true, true, true]);
});

test('there were expressions of every kind to count', () => {
  for (const part of ['AIza', 'PRIVATE KEY', 'Users', 'user_id', '@|%40', 'partial_json', '[ \\t]*(?:0x)?']) {
    expect([part, [...seen].some((name) => name.includes(part))]).toEqual([part, true]);
  }
});
