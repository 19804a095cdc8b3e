/**
 * Names in the environment that look like ours and are not. Nobody reads such a variable, so whoever set it is told.
 */
import { editDistance } from '../lib/edit-distance.ts';
import type { Environment } from './env-files.ts';
import { VARIABLE_ROWS } from './variables.ts';

/** Names of the same settings in other tools and older proxies. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  GEMINI_KEY: 'GEMINI_API_KEY',
  GEMINI_TOKEN: 'GEMINI_API_KEY',
  GEMINI_API_KEYS: 'API_KEYS',
  GEMINI_KEYS: 'API_KEYS',
  GOOGLE_API_KEYS: 'API_KEYS',
  GEMINI_API_KEYS_FILE: 'API_KEYS_FILE',
  GEMINI_API_KEY_PATH: 'GEMINI_API_KEY_FILE',
  GEMINI_KEY_FILE: 'GEMINI_API_KEY_FILE',
  GOOGLE_KEY: 'GOOGLE_API_KEY',
  GOOGLE_AI_API_KEY: 'GEMINI_API_KEY',
  GOOGLE_AI_STUDIO_API_KEY: 'GEMINI_API_KEY',
  GOOGLE_GEMINI_API_KEY: 'GEMINI_API_KEY',
  GOOGLE_GENAI_API_KEY: 'GEMINI_API_KEY',
  GOOGLE_GENERATIVE_AI_API_KEY: 'GEMINI_API_KEY',
  GEMINI_BASE_URL: 'GOOGLE_GEMINI_BASE_URL',
  GOOGLE_BASE_URL: 'GOOGLE_GEMINI_BASE_URL',
  GOOGLE_VERTEX_BASE_URL: 'GOOGLE_GEMINI_BASE_URL',
  VERTEX_PROJECT_ID: 'GOOGLE_CLOUD_PROJECT',
  VERTEX_PROJECT: 'GOOGLE_CLOUD_PROJECT',
  VERTEX_LOCATION: 'GOOGLE_CLOUD_LOCATION',
  VERTEX_REGION: 'GOOGLE_CLOUD_LOCATION',
  GEMINI_MODEL: 'BIG_MODEL',
  LARGE_MODEL: 'BIG_MODEL',
  OPUS_MODEL: 'BIG_MODEL',
  SONNET_MODEL: 'BIG_MODEL',
  MIDDLE_MODEL: 'BIG_MODEL',
  HAIKU_MODEL: 'SMALL_MODEL',
  FAST_MODEL: 'SMALL_MODEL',
  MODEL_MAPPING: 'MODEL_MAP',
  FALLBACK_MODELS: 'MODEL_FALLBACKS',
  PROXY_KEY: 'PROXY_API_KEY',
  PROXY_KEY_FILE: 'PROXY_API_KEY_FILE',
  PROXY_TOKEN: 'PROXY_API_KEY',
  PROXY_AUTH_KEY: 'PROXY_API_KEY',
  PROXY_PORT: 'PORT',
  SERVER_PORT: 'PORT',
  LISTEN_PORT: 'PORT',
  PROXY_HOST: 'HOST',
  SERVER_HOST: 'HOST',
  MAX_TOKENS: 'MAX_TOKENS_LIMIT',
  RECORDING: 'RECORD',
};

/** Letters. Shorter names are similar to too many others. */
const SHORTEST_FOR_SLIPS = 4;
const LONG = 9;

const OURS: readonly string[] = VARIABLE_ROWS.map(([name]) => name);

const withoutMarks = (name: string): string => name.replaceAll(/[_-]/g, '').toUpperCase();

/** In a short word one changed letter makes another word: POST is not HOST. */
const isChanged = (ours: string, name: string): boolean =>
  ours.length === name.length && [...ours].sort().join() !== [...name].sort().join();

/** The most similar of our names; undefined for a name that means something else. */
export function meant(name: string): string | undefined {
  const alike = OTHER_WORDS[name.toUpperCase()];
  if (alike !== undefined) return alike;
  const same = OURS.find((ours) => withoutMarks(ours) === withoutMarks(name));
  if (same !== undefined || name.length < SHORTEST_FOR_SLIPS) return same;
  const near = OURS.map((ours) => ({ ours, distance: editDistance(ours, name.toUpperCase()) }))
    .filter(({ ours, distance }) => distance <= (Math.min(ours.length, name.length) < LONG ? 1 : 2))
    .filter(({ ours }) => ours.length >= LONG || !isChanged(ours, name.toUpperCase()))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.ours;
}

/** One line for each. A wrong name does no harm where the right one is set as well. */
export function nearMisses(env: Environment): string[] {
  const set = (name: string) => (env[name] ?? '').trim() !== '';
  return Object.keys(env)
    .filter((name) => set(name) && !OURS.includes(name))
    .flatMap((name) => {
      const right = meant(name);
      if (right === undefined || set(right)) return [];
      return [`${name} is not read by this proxy: did you mean ${right}?`];
    });
}
