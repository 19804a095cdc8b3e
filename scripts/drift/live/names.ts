/**
 * Requests with every name and every value of an enum that our tables have, and with one name that nobody can know. So
 * Google's parser refuses each of them, for nothing, and names whatever else it does not know.
 */
import type { GeminiModel } from '../../../src/gemini/models.ts';
import { ENUMS } from '../../../src/sim/validator/enums.ts';
import { MESSAGES } from '../../../src/sim/validator/messages.ts';
import { PART_DATA } from '../../../src/sim/validator/parse.ts';
import type { Probe } from './probe.ts';
import { generatePath } from './requests.ts';

const SCALARS: Readonly<Record<string, unknown>> = {
  string: 'a',
  bool: true,
  int32: 1,
  int64: 1,
  float: 0.5,
  double: 0.5,
  bytes: 'AAAA',
  duration: '1s',
  timestamp: '2026-01-01T00:00:00Z',
  struct: {},
  any: { type: 'object' },
};

/** How often a message may stand inside of itself. */
const DEPTH = 2;

/** A value of `type` with all members. `round` chooses the values of enums. */
function sample(type: string, round: number, inside: readonly string[]): unknown {
  if (type === '[Part]') return partsOf(round, inside);
  const inner = type.slice(1, -1);
  if (type.startsWith('[')) {
    const item = sample(inner, round, inside);
    return item === undefined ? undefined : [item];
  }
  if (type.startsWith('{')) {
    const member = sample(inner, round, inside);
    return member === undefined ? undefined : { a: member };
  }
  const values = ENUMS[type];
  if (values) return values[round % values.length];
  const members = MESSAGES[type];
  if (!members) return SCALARS[type];
  if (inside.filter((outer) => outer === type).length === DEPTH) return undefined;
  const nested = [...inside, type];
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => [name, sample(member, round, nested)]),
  );
}

function partsOf(round: number, inside: readonly string[]): unknown {
  const whole = sample('Part', round, inside);
  if (typeof whole !== 'object' || whole === null) return undefined;
  const others = Object.entries(whole).filter(([name]) => !PART_DATA.has(name));
  return Object.entries(whole)
    .filter(([name]) => PART_DATA.has(name))
    .map(([name, value], index) => Object.fromEntries([[name, value], ...(index === 0 ? others : [])]));
}

/** As many as the longest enum has values. */
const ROUNDS = Math.max(...Object.values(ENUMS).map((values) => values.length));

export const nameProbes = ({ id }: GeminiModel): Probe[] =>
  Array.from({ length: ROUNDS }, (_, round) => {
    const whole = sample('GenerateContentRequest', round, []) as object;
    // Whatever is kept by name is looked for before the body is parsed.
    const body = JSON.stringify({ ...whole, cachedContent: undefined, drift_made_this_up: true });
    return {
      name: `every name and value, round ${round + 1}`,
      model: id,
      asked: { method: 'POST', path: generatePath(id), body },
    };
  });
