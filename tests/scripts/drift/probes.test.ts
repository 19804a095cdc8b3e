/** The questions of drift: each sentence of the validator is provoked, and each name of its tables is asked for. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedProbes } from '../../../scripts/drift/live/allowed.ts';
import type { Asked, Asker, Reply } from '../../../scripts/drift/live/google.ts';
import { keptDifferences } from '../../../scripts/drift/live/kept.ts';
import { modelDifferences } from '../../../scripts/drift/live/models.ts';
import { nameProbes } from '../../../scripts/drift/live/names.ts';
import type { Probe } from '../../../scripts/drift/live/probe.ts';
import { refusalProbes } from '../../../scripts/drift/live/refusals.ts';
import { thinkingProbes } from '../../../scripts/drift/live/thinking.ts';
import { BUILT_IN, MODELS, modelRow } from '../../../src/gemini/model-rows.ts';
import { createSeededRandom, systemClock } from '../../../src/lib/ports.ts';
import { createMockFetch } from '../../../src/sim/mock/index.ts';
import { modelEntry } from '../../../src/sim/mock/model-list.ts';
import { ENUMS } from '../../../src/sim/validator/enums.ts';
import { MESSAGES } from '../../../src/sim/validator/messages.ts';
import { googleError } from '../../../src/upstream/status-error.ts';
import { codeLines } from '../../support/architecture.ts';

const FAMILIES = [
  'gemini-4-hydrogen',
  'gemini-3.1-flash-lite',
  'gemini-2.5-flash-lite',
  'gemini-2.0-flash',
].map(modelRow);
const [NEWEST = modelRow('')] = FAMILIES;

const mock = createMockFetch({ scenarios: [], random: createSeededRandom(1), clock: systemClock });
const EXCHANGE = { id: 'probe', labels: {}, note() {} };

async function ask({ method, path, body }: Asked): Promise<Reply> {
  const response = await mock(
    `http://google.invalid/v1beta/${path}`,
    { method, body: body ?? null },
    EXCHANGE,
  );
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}

const messageOf = ({ text }: Reply): string => googleError(text)?.message ?? '';

// ── the sentences of the validator ────────────────────────────────────────────────────────────────────────────

const VALIDATOR = join(import.meta.dir, '../../../src/sim/validator');
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const HOLE = /\$\{[^}]*\}/;

/** Texts with a blank in them: what is no sentence has none. */
function sentencesIn(file: string): string[] {
  const code = codeLines(readFileSync(join(VALIDATOR, file), 'utf8')).join('\n');
  return [...code.matchAll(LITERAL)]
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .map((text) => text.replace(/\\([`'"])/g, '$1').replaceAll('\\n', '\n'))
    .filter((text) => text.split(HOLE).join('').trim().includes(' '));
}

const fits = (sentence: string): RegExp =>
  new RegExp(
    sentence
      .split(HOLE)
      .map((text) => RegExp.escape(text))
      .join('[\\s\\S]*'),
  );

describe('refusals', () => {
  test('every sentence with which the validator refuses is provoked', async () => {
    const said: string[] = [];
    const hear: Asker = async (asked) => {
      const reply = await ask(asked);
      said.push(messageOf(reply));
      return reply;
    };
    for (const { asked } of [...refusalProbes(FAMILIES), ...thinkingProbes(MODELS)]) await hear(asked);
    for (const model of FAMILIES) await keptDifferences(model, NEWEST, { google: hear, ours: ask });
    const files = readdirSync(VALIDATOR);
    const sentences = files.flatMap(sentencesIn);
    expect(sentences.length).toBeGreaterThan(40);
    expect(sentences.filter((sentence) => !said.some((text) => fits(sentence).test(text)))).toEqual([]);
  });

  test('each of them is refused for some model', async () => {
    const taken = new Map<string, boolean>();
    for (const { name, asked } of refusalProbes(FAMILIES)) {
      const { status } = await ask(asked);
      taken.set(name, (taken.get(name) ?? true) && status === 200);
    }
    expect([...taken].filter(([, always]) => always).map(([name]) => name)).toEqual([]);
  });
});

test('what is allowed is taken, by each family', async () => {
  const refused: string[] = [];
  for (const { name, model, asked } of allowedProbes(FAMILIES)) {
    const reply = await ask(asked);
    if (reply.status !== 200) refused.push(`${model}: ${name}: ${messageOf(reply)}`);
  }
  expect(refused).toEqual([]);
});

test('no two questions to a model have the same name', () => {
  const all = [...refusalProbes(FAMILIES), ...allowedProbes(FAMILIES), ...thinkingProbes(MODELS)];
  const named = ({ model, name }: Probe) => `${model} ${name}`;
  const names = all.map(named);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

describe('names', () => {
  const probes = nameProbes(NEWEST);

  test('our parser knows all of them, but the one that is made up', async () => {
    const replies = await Promise.all(probes.map(({ asked }) => ask(asked)));
    expect(new Set(replies.map(messageOf))).toEqual(
      new Set(['Invalid JSON payload received. Unknown name "drift_made_this_up": Cannot find field.']),
    );
  });

  test('every name and every value of an enum of the tables is among them', () => {
    const bodies = probes.map(({ asked }) => asked.body ?? '').join('\n');
    // Of a count, of what is kept, and looked for before anything else is read.
    const others = ['CachedContent', 'CachedContentUsageMetadata', 'CountTokensRequest'];
    const names = Object.entries(MESSAGES).flatMap(([message, fields]) =>
      others.includes(message) ? [] : Object.keys(fields).filter((name) => name !== 'cachedContent'),
    );
    const values = Object.values(ENUMS).flat();
    expect(names.filter((name) => !bodies.includes(`"${name}":`))).toEqual([]);
    expect(values.filter((value) => !bodies.includes(`"${value}"`))).toEqual([]);
  });
});

describe('the list of models', () => {
  const entries = MODELS.map((model) => ({
    id: model.id,
    entry: modelEntry(model) as Record<string, unknown>,
  }));
  const without = (id: string) => entries.filter((entry) => entry.id !== id);

  test.each<[string, typeof entries, string[]]>([
    ['as our rows say', entries, []],
    ['a model that is gone', without('gemini-3.8-flash'), ['model gemini-3.8-flash is not listed']],
    ['a retired model that is gone', without('gemini-2.0-flash'), []],
    ['a model that Google answers with another', without('gemini-2.5-pro'), []],
    ['an alias', [...entries, { id: 'gemini-flash-latest', entry: { ...entries[0]?.entry } }], []],
    [
      'a model of another kind',
      [...entries, { id: 'gemini-5-image', entry: { supportedGenerationMethods: ['generateContent'] } }],
      [],
    ],
  ])('%s', (_what, listed, differences) => {
    expect(modelDifferences(listed, BUILT_IN)).toEqual(differences);
  });
});
