/** Keeps each question and its answer as a line of JSON, beside the recordings of the conversations. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { FILE_MODE } from '../../../src/sim/cassette/files.ts';
import { redactorWith } from '../../../src/sim/record/writer.ts';
import type { Reply } from './google.ts';
import type { Probe } from './probe.ts';

export const PROBES_FILE = 'probes.jsonl';

export type Keeper = (probe: Probe, reply: Reply) => void;

/** What is a secret, or fits one of the patterns, is blotted out. */
export function createKeeper(folder: string, key: string, redact: Config['redact']): Keeper {
  const redactor = redactorWith({ secrets: [key], patterns: redact.map(({ source }) => source) });
  return ({ name, model, asked: { method, path, body } }, { status, type, text }) => {
    const line = { name, model, method, path, body: body?.trim(), status, type, answer: text };
    appendFileSync(join(folder, PROBES_FILE), `${redactor.text(JSON.stringify(line), PROBES_FILE, [])}\n`, {
      mode: FILE_MODE,
    });
  };
}
