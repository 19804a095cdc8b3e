/** The schema for editors says the same as what reads the files. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import Ajv from 'ajv';
import fc from 'fast-check';
import { parse } from 'yaml';
import { SCHEMA_FILE, scenarioSchema } from '../../src/sim/scenario/json-schema.ts';
import { ScenarioFile } from '../../src/sim/scenario/schema.ts';

const FOLDER = join(import.meta.dir, '../../fixtures/scenarios');
const accepts = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(join(FOLDER, SCHEMA_FILE), 'utf8')),
);

const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
const EVERYTHING = {
  name: 'all',
  description: 'Everything that a file can say.',
  $schema: 'x',
  order: 3,
  prompt: ['a', '/b/'],
  pace: { first_ms: { p50: 600, p95: 2000 }, tokens_per_second: { normal: [80, 10] } },
  facts: { cwd: { find: '(.)', otherwise: '.', in: 'results' } },
  asides: ['note'],
  aside_texts: ['Caveat'],
  rules: [
    {
      name: 'r',
      when: { caller: ['main', 'sdk'], user: 'x', turn: { min: 1 }, request: 2, result: { error: true } },
      one_of: [
        {
          weight: 3,
          parts: [{ text: 'a', signature: true }, { picture: { base64: 'AA==' } }, { exact: { b: 1 } }],
        },
        {
          block: { unknown: 'WHIM', message: 'm' },
          safety: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH' }],
        },
        { error: { name: 'http-429', retry_after: 2 } },
        { finish: 'SAFETY', usage: { prompt: 1, total: 9 }, extra: { candidate: { x: 1 } } },
        { text: 'x', candidates: [{ text: 'y', finish: { reason: 'STOP' } }], fault: ['cut', 'bom'] },
      ],
    },
    { name: 'e', errand: true },
  ],
  flows: [
    {
      name: 'f',
      caller: 'subagent',
      states: {
        a: {
          calls: [
            { tool: ['A', 'B'], exact_args: null },
            { undeclared: 'C', no_args: true, signature: 'x' },
          ],
          code: [{ source: 's', output: 'o', failed: 'deadline' }],
          pages: ['u', { url: 'u', failed: 'paywall' }],
          grounding: { queries: ['q'], sources: [{ title: 't', uri: 'u' }] },
          next: [{ to: 'a' }, { to: 'a', unable: true }],
        },
      },
    },
  ],
  demo: { prompt: 'p', args: ['-x'], files: { 'a.txt': 'b', 'c.png': { base64: 'AA==' } } },
};
const SAMPLES: readonly unknown[] = [
  EVERYTHING,
  ...FILES.map((file) => parse(readFileSync(join(FOLDER, file), 'utf8'))),
];

test('the file is what the code makes of it', () => {
  expect(readFileSync(join(FOLDER, SCHEMA_FILE), 'utf8')).toBe(scenarioSchema());
});

describe('built-in scenarios', () => {
  test.each(FILES)('%s fits, and names the schema', (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    expect(accepts(parse(text)) ? [] : accepts.errors).toEqual([]);
    expect(text).toStartWith(`# yaml-language-server: $schema=${SCHEMA_FILE}\n`);
  });

  test('so does a file that says everything', () => {
    expect(accepts(EVERYTHING) ? [] : accepts.errors).toEqual([]);
    expect(Value.Check(ScenarioFile, EVERYTHING)).toBe(true);
  });
});

type Place = { path: readonly (string | number)[] };

const placesIn = (value: unknown, path: readonly (string | number)[] = []): Place[] =>
  typeof value === 'object' && value !== null
    ? [
        { path },
        ...Object.entries(value).flatMap(([key, item]) =>
          placesIn(item, [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [{ path }];

function changed(value: unknown, [step, ...rest]: readonly (string | number)[], to: unknown): unknown {
  if (step === undefined) return to;
  const copy: Record<string | number, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as Record<string, unknown>) };
  copy[step] = changed(copy[step], rest, to);
  if (copy[step] === undefined) delete copy[step];
  return copy;
}

test('whatever is changed in a file, both take it or both refuse it', () => {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(
      '',
      'x',
      0,
      -1,
      1.5,
      true,
      null,
      undefined,
      [],
      {},
      ['x'],
      { x: 1 },
      'SAFETY',
      'main',
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...SAMPLES), fc.nat(), odd, (sample, at, value) => {
      const places = placesIn(sample);
      const file = changed(sample, places[at % places.length]?.path ?? [], value);
      const taken = Value.Check(ScenarioFile, file);
      if (!taken) refused++;
      expect([file, accepts(file)]).toEqual([file, taken]);
    }),
    { numRuns: 600 },
  );
  expect(refused).toBeGreaterThan(100);
});
