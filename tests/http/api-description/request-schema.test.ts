/**
 * The schema of a request that is published, and the code that checks requests, agree: about every request of the turns,
 * and about each of their values made wrong in many ways.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { parseCountTokensRequest, parseMessagesRequest } from '../../../src/anthropic/validate.ts';
import { EXAMPLE_REQUESTS } from '../../../src/http/api-description/example-requests.ts';
import { isObject, type JsonObject, tryParseJson } from '../../../src/lib/json.ts';
import { checker, descriptionOf } from '../../support/api-description.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';
import { turnFixtures } from '../../support/turn-fixtures.ts';

const bodies: readonly JsonObject[] = [
  ...Object.values(EXAMPLE_REQUESTS).flatMap((all) =>
    Object.values(all).map(({ body }) => body as JsonObject),
  ),
  ...turnFixtures().flatMap(({ recorded }) => {
    const body = tryParseJson(recorded.request.body);
    return isObject(body) ? [body as JsonObject] : [];
  }),
];

/** Values of every kind, and types that no block and no tool has. */
const WRONG: readonly unknown[] = [
  undefined,
  null,
  true,
  7,
  -1.5,
  '',
  'x',
  [],
  ['x'],
  {},
  { type: 'x' },
  [{}],
];

type Step = string | number;

/** Where a value is. `place` is the same for values of the same kind: it has no index, but the types of blocks. */
type Spot = { path: readonly Step[]; place: string };

/** All values in `value`. Of a list only the first and the last item are looked at. */
function spotsIn(value: unknown, at: Spot): Spot[] {
  const entries: [Step, unknown][] = Array.isArray(value)
    ? [...new Set([0, value.length - 1])].filter((index) => index >= 0).map((index) => [index, value[index]])
    : isObject(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([step, inner]) => {
    const kind = isObject(inner) ? `<${inner['type'] ?? inner['role'] ?? ''}>` : '';
    const place = `${at.place}${typeof step === 'number' ? '' : `.${step}`}${kind}`;
    const spot = { path: [...at.path, step], place };
    return [spot, ...spotsIn(inner, spot)];
  });
}

/** `value` with another value at `path`; undefined there takes it out. */
function changed(value: unknown, [step, ...rest]: readonly Step[], wrong: unknown): unknown {
  if (step === undefined) return wrong;
  if (Array.isArray(value)) return value.map((item, at) => (at === step ? changed(item, rest, wrong) : item));
  if (!isObject(value)) return value;
  const { [step]: old, ...others } = value;
  const made = changed(old, rest, wrong);
  return made === undefined ? others : { ...others, [step]: made };
}

/** Why the code refuses `body`; undefined where the code accepts it. */
function refusalOf(body: unknown, parse: (value: unknown) => unknown): string | undefined {
  try {
    parse(JSON.parse(JSON.stringify(body)));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

let proxy: TestProxy;
let check: ReturnType<typeof checker>;
beforeAll(async () => {
  proxy = await startProxy();
  check = checker(await descriptionOf(proxy.send), false);
});
afterAll(() => proxy[Symbol.asyncDispose]());

test.each([
  ['MessageCreateParams', parseMessagesRequest],
  ['MessageCountTokensParams', parseCountTokensRequest],
] as const)('%s', (name, parse) => {
  const seen = new Set<string>();
  const differences: string[] = [];
  const counts = { accepted: 0, refused: 0 };
  const compare = (tried: unknown, place: string) => {
    const faults = check(name, JSON.parse(JSON.stringify(tried)));
    const problem = refusalOf(tried, parse);
    counts[problem === undefined ? 'accepted' : 'refused']++;
    if (faults.length > 0 !== (problem !== undefined))
      differences.push(`${place}: schema ${faults[0] ?? 'accepts'}; code ${problem ?? 'accepts'}`);
  };
  for (const body of bodies) {
    compare(body, 'whole');
    for (const { path, place } of spotsIn(body, { path: [], place: '' })) {
      if (seen.has(place)) continue;
      seen.add(place);
      for (const wrong of WRONG) compare(changed(body, path, wrong), `${place} ${JSON.stringify(wrong)}`);
    }
  }
  expect(differences).toEqual([]);
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(500);
});
