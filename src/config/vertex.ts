/** The settings of Vertex AI: whose project, where, and with which credentials. */
import { readFileSync } from 'node:fs';
import { isObject, tryParseJson } from '../lib/json.ts';
import { quoted } from '../lib/shown-text.ts';
import { ConfigError } from './read-value.ts';
import type { Values } from './variables.ts';

export type VertexSettings = {
  project: string;
  /** `global`, a region such as `us-central1`, or `us` or `eu` for the regions of these. */
  location: string;
  /** Undefined where Google's library is to look for credentials in the usual places. */
  credentialsFile: string | undefined;
  /** What in the file of credentials no log may show. */
  secrets: readonly string[];
};

/** Ids, also those of a domain (`example.com:project`), and numbers. Both stand in URLs. */
const PROJECT = /^[a-z0-9][a-z0-9.:-]{0,99}$/;
const LOCATION = /^[a-z0-9][a-z0-9-]{0,49}$/;
/** The fields of files of credentials that are secret. */
const SECRET_FIELDS = ['private_key', 'private_key_id', 'client_secret', 'refresh_token'];

const MISSING = {
  GOOGLE_CLOUD_PROJECT: 'the id of a project of Google Cloud',
  GOOGLE_CLOUD_LOCATION: 'global, or a region such as us-central1',
} as const;

/** Throws one error that names all that is missing. What is set without Vertex AI is not checked: other programs read it, too. */
export function readVertex(values: Values): VertexSettings {
  const { GOOGLE_CLOUD_PROJECT: project, GOOGLE_CLOUD_LOCATION: location } = values;
  const missing = Object.entries(MISSING)
    .filter(([name]) => values[name as keyof typeof MISSING] === undefined)
    .map(([name, what]) => `${name} (${what})`);
  if (project === undefined || location === undefined)
    throw new ConfigError(
      `BACKEND: vertex needs ${missing.join(' and ')}; set ${missing.length > 1 ? 'them' : 'it'}`,
    );
  if (!PROJECT.test(project))
    throw new ConfigError(
      `GOOGLE_CLOUD_PROJECT: expected ${MISSING.GOOGLE_CLOUD_PROJECT}, got ${quoted(project)}`,
    );
  if (!LOCATION.test(location))
    throw new ConfigError(
      `GOOGLE_CLOUD_LOCATION: expected ${MISSING.GOOGLE_CLOUD_LOCATION}, got ${quoted(location)}`,
    );
  const credentialsFile = values.GOOGLE_APPLICATION_CREDENTIALS?.trim();
  const secrets = credentialsFile === undefined ? [] : secretsInFile(credentialsFile);
  return { project, location, credentialsFile, secrets };
}

const HOW =
  'name the JSON file of a service account, or of `gcloud auth application-default login`, or leave the setting out';

function secretsInFile(path: string): string[] {
  const fault = (why: string) =>
    new ConfigError(`GOOGLE_APPLICATION_CREDENTIALS: ${quoted(path)} ${why}; ${HOW}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw fault(code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`);
  }
  const credentials = tryParseJson(text);
  if (!isObject(credentials) || typeof credentials['type'] !== 'string') throw fault('holds no credentials');
  return SECRET_FIELDS.flatMap((name) => {
    const value = credentials[name];
    return typeof value === 'string' ? [value] : [];
  });
}
