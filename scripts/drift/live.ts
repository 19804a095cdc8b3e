/** The live API: its list of models, and one tiny answer. */
import { writesText } from '../../src/gemini/listed-models.ts';
import { isKnownModel, MODELS } from '../../src/gemini/model-rows.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { Look } from './look.ts';
import { unknownIn } from './ours.ts';
import { sightBody } from './recordings.ts';
import type { Sightings } from './sightings.ts';

export type LiveOptions = {
  /** Without a key nothing is looked at. */
  key: string | undefined;
  baseUrl: string | undefined;
  model: string;
  fetch: typeof globalThis.fetch;
};

const SOURCE = 'the live API';
const GOOGLE = 'https://generativelanguage.googleapis.com';
const TIMEOUT_MS = 30_000;

export async function lookAtLive(options: LiveOptions): Promise<Look> {
  if (options.key === undefined) return { source: SOURCE, looked: false, why: 'no key; set GEMINI_API_KEY' };
  try {
    const models = await listModels(options);
    const answer = await tinyAnswer(options);
    return {
      source: SOURCE,
      looked: true,
      what: `${models.length} models, and an answer of ${answer.events} events by ${options.model}`,
      differences: [...modelDifferences(models), ...unknownIn(answer.seen)],
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { source: SOURCE, looked: false, why: why.replaceAll(options.key, '***') };
  }
}

async function ask({ key, baseUrl, fetch }: LiveOptions, path: string, body?: object): Promise<Uint8Array> {
  const response = await fetch(`${baseUrl ?? GOOGLE}/v1beta/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-goog-api-key': key ?? '', 'content-type': 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.ok) return bytes;
  const told = tryParseJson(new TextDecoder().decode(bytes));
  const error = isObject(told) && isObject(told['error']) ? told['error']['message'] : undefined;
  throw new Error(`HTTP ${response.status}${typeof error === 'string' ? `: ${error}` : ''}`);
}

type Listed = { id: string; answers: boolean };

async function listModels(options: LiveOptions): Promise<Listed[]> {
  const listed: Listed[] = [];
  let page: unknown = '';
  do {
    const token = page === '' ? '' : `&pageToken=${encodeURIComponent(String(page))}`;
    const bytes = await ask(options, `models?pageSize=1000${token}`);
    const list = tryParseJson(new TextDecoder().decode(bytes));
    if (!isObject(list) || !Array.isArray(list['models']))
      throw new Error('the list of models has another shape');
    listed.push(...list['models'].flatMap(modelOf));
    page = list['nextPageToken'] ?? '';
  } while (page !== '');
  return listed;
}

function modelOf(model: unknown): Listed[] {
  if (!isObject(model) || typeof model['name'] !== 'string') return [];
  const methods = model['supportedGenerationMethods'];
  const answers = Array.isArray(methods) && methods.includes('generateContent');
  return [{ id: model['name'].replace(/^models\//, ''), answers }];
}

function modelDifferences(listed: readonly Listed[]): string[] {
  const ids = listed.map(({ id }) => id);
  const unknown = listed.filter(({ id, answers }) => answers && writesText(id) && !isKnownModel(id));
  return [
    ...unknown.map(({ id }) => `model ${id} has no row`),
    ...MODELS.filter(({ id }) => !ids.includes(id)).map(({ id }) => `model ${id} is not listed`),
  ];
}

async function tinyAnswer(options: LiveOptions): Promise<{ events: number; seen: Sightings }> {
  const bytes = await ask(options, `models/${options.model}:streamGenerateContent?alt=sse`, {
    contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }],
    generationConfig: { maxOutputTokens: 512 },
  });
  const seen: Sightings = new Map();
  const events = sightBody([bytes], SOURCE, seen);
  if (events === 0) throw new Error('the answer held no event that could be read');
  return { events, seen };
}
