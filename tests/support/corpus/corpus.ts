/** The corpus of real recordings (`CORPUS_DIR`, default `../shared`). It is never copied into this repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const CORPUS_DIR = resolve(process.env['CORPUS_DIR'] ?? join(import.meta.dir, '../../../../shared'));

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

/** Files of the corpus that cannot be read, with the reason. `tests/corpus/files.test.ts` fails for them, and nothing else. */
const bad = new Map<string, string>();
export const badFiles = (): ReadonlyMap<string, string> => bad;

/** Tells of a file that cannot be used, and yields undefined for it. */
export function readCorpusFile<T>(file: string): T | undefined {
  const path = join(CORPUS_DIR, file);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    bad.set(path, `${path}: ${error instanceof Error ? error.message : error}; mend it, or remove it`);
    return undefined;
  }
}

/** Every recording of one side, in the order of their ids. */
export function recordings(api: 'gemini' | 'anthropic'): Recording[] {
  if (!hasCorpus) return [];
  const index = readCorpusFile<{ api: string; file: string }[]>('recordings/INDEX.json');
  return (Array.isArray(index) ? index : [])
    .filter((entry) => entry.api === api)
    .flatMap((entry) => readCorpusFile<Recording>(join('recordings', entry.file)) ?? []);
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
  const folder = 'claude-code/requests';
  return readdirSync(join(CORPUS_DIR, folder))
    .sort()
    .flatMap((name) => {
      const request = readCorpusFile<Omit<ClaudeCodeRequest, 'name'>>(join(folder, name));
      return request ? [{ name, ...request }] : [];
    });
}
