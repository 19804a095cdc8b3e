/** Google's list of models: read to its end, and held against our rows. */
import { writesText } from '../../../src/gemini/listed-models.ts';
import type { GeminiModel, ModelTable } from '../../../src/gemini/models.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { type Asker, described, NoAnswer } from './google.ts';

export type Listed = { id: string; entry: Readonly<Record<string, unknown>> };

const MOST_PAGES = 20;

/** All models that are listed, and what is wrong with the list itself. Rejects where there is no list. */
export async function listModels(ask: Asker): Promise<{ listed: Listed[]; differences: string[] }> {
  const listed: Listed[] = [];
  const tokens = new Set<string>();
  for (let token = ''; ; ) {
    const query = token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`;
    const page = await readPage(ask, `models?pageSize=1000${query}`);
    listed.push(...page.models.flatMap(modelOf));
    token = page.next;
    if (token === '') return { listed, differences: [] };
    const again = tokens.has(token) ? `repeats the page token "${token}"` : undefined;
    const endless = tokens.size >= MOST_PAGES ? `has more than ${MOST_PAGES} pages` : undefined;
    const odd = again ?? endless;
    if (odd !== undefined) return { listed, differences: [`the list of models ${odd}`] };
    tokens.add(token);
  }
}

async function readPage(ask: Asker, path: string): Promise<{ models: unknown[]; next: string }> {
  const reply = await ask({ method: 'GET', path });
  if (reply.status !== 200) throw new NoAnswer(described(reply));
  const page = tryParseJson(reply.text);
  if (!isObject(page) || !Array.isArray(page['models']))
    throw new NoAnswer(`no list of models came, but ${reply.type || 'something without a content type'}`);
  const next = page['nextPageToken'];
  return { models: page['models'], next: typeof next === 'string' ? next : '' };
}

function modelOf(entry: unknown): Listed[] {
  if (!isObject(entry) || typeof entry['name'] !== 'string') return [];
  return [{ id: entry['name'].replace(/^models\//, ''), entry }];
}

/** The members of a model's entry in the list, and their types. */
const MEMBERS: Readonly<Record<string, string>> = {
  name: 'string',
  baseModelId: 'string',
  version: 'string',
  displayName: 'string',
  description: 'string',
  inputTokenLimit: 'number',
  outputTokenLimit: 'number',
  supportedGenerationMethods: 'list',
  thinking: 'boolean',
  temperature: 'number',
  maxTemperature: 'number',
  topP: 'number',
  topK: 'number',
};

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);

function methodsOf({ entry }: Listed): readonly unknown[] {
  const methods = entry['supportedGenerationMethods'];
  return Array.isArray(methods) ? methods : [];
}

const answers = (model: Listed): boolean => methodsOf(model).includes('generateContent');

/** Where the list differs from our rows. A model that is retired by our row need not be listed. */
export function modelDifferences(listed: readonly Listed[], table: ModelTable): string[] {
  const ids = new Set(listed.map(({ id }) => id));
  const texts = listed.filter((model) => answers(model) && writesText(model.id));
  const gone = table.rows.filter(({ id, lifecycle, host }) => {
    const isOver = lifecycle.stage === 'retired' || lifecycle.routed !== undefined;
    return host === undefined && !isOver && !ids.has(id);
  });
  return [
    ...new Set(texts.flatMap(({ entry }) => memberDifferences(entry))),
    ...texts.filter(({ id }) => !table.isKnown(id)).map(({ id }) => `model ${id} has no row`),
    ...gone.map(({ id }) => `model ${id} is not listed`),
    ...listed.flatMap((model) => {
      const row = table.own(model.id);
      return row ? rowDifferences(model, row) : [];
    }),
  ];
}

function memberDifferences(entry: Listed['entry']): string[] {
  return Object.entries(entry).flatMap(([name, value]) => {
    const wanted = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (wanted === undefined) return [`unread Model.${name}`];
    return typeOf(value) === wanted ? [] : [`Model.${name} is a ${typeOf(value)}, not a ${wanted}`];
  });
}

function rowDifferences(listed: Listed, row: GeminiModel): string[] {
  const { id, entry } = listed;
  const { inputTokenLimit: input, outputTokenLimit: output, thinking = false } = entry;
  const thinks = row.thinking.kind !== 'none';
  const methods = methodsOf(listed);
  const facts: [what: string, theirs: unknown, ours: unknown][] = [
    ['tokens of input', Number(input), row.inputTokens],
    ['tokens of output', Number(output), row.outputTokens],
    ['thinking', thinking, thinks],
    ['explicit caching', methods.includes('createCachedContent'), row.caching !== undefined],
    ['answers', answers(listed), true],
    ['counting of tokens', methods.includes('countTokens'), true],
  ];
  return facts
    .filter(([, theirs, ours]) => theirs !== ours)
    .map(([what, theirs, ours]) => `model ${id}: ${what} ${theirs}, and ${ours} in our row`);
}
