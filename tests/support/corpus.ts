/** The corpus of real recordings (`CORPUS_DIR`, default `../shared`). It is never copied into this repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const CORPUS_DIR = resolve(process.env['CORPUS_DIR'] ?? join(import.meta.dir, '../../../shared'));

/** False where there is no corpus; says so once, in one line. `REQUIRE_CORPUS=1` makes that an error. */
export const hasCorpus = existsSync(join(CORPUS_DIR, 'recordings/INDEX.json'));
if (!hasCorpus) {
  const where = `no corpus in ${CORPUS_DIR}; set CORPUS_DIR`;
  if (process.env['REQUIRE_CORPUS'] === '1') throw new Error(where);
  console.warn(`skipped: tests over real recordings (${where})`);
}

export type RecordingKind = 'stream' | 'json' | 'error' | 'count_tokens';
export type Fidelity = 'raw' | 'scrubbed' | 'reserialised' | 'reframed';

export type Recording = {
  id: string;
  api: 'gemini' | 'anthropic';
  model: string;
  kind: RecordingKind;
  features: string[];
  source: { fidelity: Fidelity; provenance: 'recorded' | 'curated' | 'mixed' };
  request: {
    method: string;
    host: string;
    path: string;
    query: Record<string, string>;
    // biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
    body: any;
    headers?: Record<string, string>;
  };
  response: { status: number; headers: Record<string, string>; body: string; chunk_bytes?: number[] };
};

const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** Every recording of one side, in the order of their ids. */
export function recordings(api: 'gemini' | 'anthropic'): Recording[] {
  if (!hasCorpus) return [];
  const index: { api: string; file: string }[] = readJson(join(CORPUS_DIR, 'recordings/INDEX.json'));
  return index
    .filter((entry) => entry.api === api)
    .map((entry) => readJson(join(CORPUS_DIR, 'recordings', entry.file)));
}

export type ClaudeCodeRequest = {
  name: string;
  client: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
  body: any;
};

/** What Claude Code really sends, texts replaced by filler. */
export function claudeCodeRequests(): ClaudeCodeRequest[] {
  if (!hasCorpus) return [];
  const folder = join(CORPUS_DIR, 'claude-code/requests');
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, ...readJson(join(folder, name)) }));
}
