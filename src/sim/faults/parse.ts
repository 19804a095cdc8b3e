/**
 * Reads rules such as `cut@2:frame=3,stall@*:after=1s p=0.1 seed=7`. Commas separate rules. A rule needs only its name;
 * a space may stand in place of the colon.
 */
import { hintAt, nearestWord } from '../../lib/edit-distance.ts';
import { ANSWERED_CALLERS } from '../../translate/caller.ts';
import {
  expectedOf,
  isParameter,
  type Parameter,
  PLACES,
  readSetting,
  readTime,
  type Settings,
  unitText,
  withDefaults,
} from './settings.ts';
import { FAULT_ROWS, FAULTS, type FaultName, isFaultName } from './table.ts';

export type FaultRule = {
  name: FaultName;
  /** The rule as it was written. */
  text: string;
  /**
   * The first and the last request that the rule may strike. The requests of each model and caller are counted from 1.
   */
  requests: { from: number; to: number };
  /** Patterns in which `*` stands for any text. A rule without `caller` strikes only requests for answers. */
  model?: RegExp;
  caller?: RegExp;
  /** The key that it strikes: its place among the keys, from 1, or a pattern for its fingerprint. */
  key?: number | RegExp;
  /** Milliseconds since the rules were set, or since the first request that the rule is for. Without it: always. */
  time?: { from: number; until: number; since: 'start' | 'first' };
  /** The chance to strike, from 0 to 1, for each request that the rule is for. */
  probability: number;
  /** A seed for this rule, in place of the common one. */
  seed?: number;
  settings: Settings;
};

/**
 * Thrown for a rule that makes no sense. (A fault that strikes throws no FaultError.) The message is one line that
 * names the bad part.
 */
export class FaultError extends Error {
  override readonly name = 'FaultError';
}

const HEAD = /^([a-z0-9-]+)(?:@([^\s:]+))?(?:\s*:\s*|\s+|$)/i;
const REQUESTS = /^(?:\*|(\d{1,9})(?:-(\d{1,9}|\*))?)$/;
const FAULT_NAMES = FAULT_ROWS.map(([name]) => name);
const CALLERS = [...ANSWERED_CALLERS, 'count-tokens'];
/** What any fault takes, beside what is its own. */
const COMMON = ['p', 'seed', 'model', 'caller', 'key', 'from', 'until', 'since'];
const ALWAYS = { from: 0, until: Infinity, since: 'first' } as const;
/** As many digits have places in a list of keys; fingerprints have more characters. */
const PLACE_OF_KEY = /^\d{1,3}$/;

/** Reads the rules in a text; an empty text has none. Throws a FaultError. */
export function parseFaults(text: string): FaultRule[] {
  return text
    .split(',')
    .map((part) => part.trim().replace(/\s+/g, ' '))
    .filter((part) => part !== '')
    .map(parseRule);
}

function parseRule(text: string): FaultRule {
  const [head, name = '', which = '*'] = HEAD.exec(text) ?? [];
  if (head === undefined)
    throw new FaultError(
      `"${text}": expected the name of a fault, and how it strikes, such as cut@2:frame=3`,
    );
  if (!isFaultName(name)) throw unknownName(text, name);
  const rule: FaultRule = { name, text, requests: readRequests(text, which), probability: 1, settings: {} };
  const given = new Map<string, string>();
  for (const word of text.slice(head.length).split(/\s+/).filter(Boolean)) {
    const [, key, value] = /^([a-z-]+)=(.+)$/i.exec(word) ?? [];
    if (key === undefined || value === undefined)
      throw new FaultError(`"${text}": "${word}": expected key=value`);
    if (given.has(key)) throw new FaultError(`"${text}": ${key} is given twice`);
    given.set(key, value);
    readPart(rule, key, value);
  }
  if (PLACES.filter((place) => given.has(place)).length > 1)
    throw new FaultError(`"${text}": give one of ${PLACES.join(', ')}`);
  if (given.has('since') && !given.has('from') && !given.has('until'))
    throw new FaultError(`"${text}": since needs from or until`);
  if (rule.time && rule.time.until <= rule.time.from)
    throw new FaultError(`"${text}": until must be later than from`);
  return { ...rule, settings: withDefaults(FAULTS[name].takes, rule.settings) };
}

function readRequests(text: string, which: string): FaultRule['requests'] {
  const [whole, first, last] = REQUESTS.exec(which) ?? [];
  const from = first === undefined ? 1 : Number(first);
  const to = whole === '*' || last === '*' ? Infinity : Number(last ?? from);
  if (whole === undefined || from < 1 || to < from)
    throw new FaultError(`"${text}": @${which}: expected a request number from 1, a range such as 2-4, or *`);
  return { from, to };
}

function readPart(rule: FaultRule, key: string, value: string): void {
  const bad = (expected: string) =>
    new FaultError(`"${rule.text}": ${key}: expected ${expected}, got "${value}"`);
  switch (key) {
    case 'p':
      if (!/^(?:0?\.\d+|[01](?:\.0*)?)$/.test(value)) throw bad('a probability from 0 to 1');
      rule.probability = Number(value);
      return;
    case 'seed':
      if (!/^\d{1,9}$/.test(value)) throw bad('a whole number');
      rule.seed = Number(value);
      return;
    case 'model':
      rule.model = pattern(value);
      return;
    case 'caller':
      rule.caller = pattern(value);
      if (!CALLERS.some((caller) => rule.caller?.test(caller)))
        throw new FaultError(
          `"${rule.text}": no kind of request is called ${value}${hintAt(value, CALLERS)}`,
        );
      return;
    case 'key':
      if (PLACE_OF_KEY.test(value) && Number(value) === 0) throw bad('a place from 1');
      rule.key = PLACE_OF_KEY.test(value) ? Number(value) : pattern(value.replace(/^#/, ''));
      return;
    case 'from':
    case 'until': {
      const ms = readTime(value);
      if (ms === undefined) throw bad(unitText('time'));
      rule.time = { ...ALWAYS, ...rule.time, [key]: ms };
      return;
    }
    case 'since':
      if (value !== 'start' && value !== 'first') throw bad('start or first');
      rule.time = { ...ALWAYS, ...rule.time, since: value };
      return;
    default: {
      const parameter = takenParameter(rule, key);
      const number = readSetting(parameter, value);
      if (number === undefined) throw bad(expectedOf(parameter));
      rule.settings = { ...rule.settings, [parameter]: number };
    }
  }
}

function takenParameter({ name, text }: FaultRule, key: string): Parameter {
  const taken = Object.keys(FAULTS[name].takes);
  if (isParameter(key) && taken.includes(key)) return key;
  const keys = [...taken, ...COMMON].join(', ');
  throw new FaultError(`"${text}": ${name} does not take ${key}; it takes ${keys}`);
}

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('*')
      .map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
    'i',
  );

function unknownName(text: string, name: string): FaultError {
  const near = nearestWord(name, FAULT_NAMES);
  const hint = near ? `; did you mean ${near}?` : '; docs/faults.md lists what there is';
  return new FaultError(`"${text}": there is no fault "${name}"${hint}`);
}

/** Throws where a rule names a key that is not there. Where none is given, the mock or a replay has one of its own. */
export function checkKeys(rules: readonly FaultRule[], keys: readonly string[]): void {
  const most = Math.max(keys.length, 1);
  const beyond = rules.find(({ key }) => typeof key === 'number' && key > most);
  if (beyond)
    throw new FaultError(
      `"${beyond.text}": there is no key number ${beyond.key}; API_KEYS has ${keys.length}`,
    );
}
