/**
 * Reads and writes `recording.json`, which makes a folder a recording. It contains the settings that the answers of the
 * recording depend on.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { canonicalJson } from '../../lib/json.ts';
import { FILE_MODE, FOLDER_MODE } from './files.ts';
import { MANIFEST } from './layout.ts';
import { prettyJson, readJsonFile } from './meta.ts';
import { RecordedSettings } from './settings.ts';
import { CassetteError, FORMAT_VERSION } from './types.ts';

const Manifest = Type.Object({
  format: Type.Literal(FORMAT_VERSION),
  createdAt: Type.String(),
  backend: Type.String(),
  settings: RecordedSettings,
});

export type Manifest = Static<typeof Manifest>;

export const hasManifest = (folder: string): boolean => existsSync(join(folder, MANIFEST));

/** Reads the manifest. Throws a CassetteError where the folder holds no recording. */
export function readManifest(folder: string): Manifest {
  const file = join(folder, MANIFEST);
  if (!existsSync(file))
    throw new CassetteError(
      folder,
      `not a recording: there is no ${existsSync(folder) ? `${MANIFEST} in it` : 'such folder'}`,
    );
  try {
    return readJsonFile(Manifest, readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof CassetteError && error.advice !== undefined) throw error;
    const { problem } =
      error instanceof CassetteError ? error : { problem: `cannot be read: ${String(error)}` };
    throw new CassetteError(file, problem, ADVICE);
  }
}

const ADVICE = 'it has the settings of all requests here: mend it, or record again';

/**
 * Starts a recording in `folder`, or continues the recording that is there. Throws where the two recordings have
 * different settings.
 */
export function openManifest(folder: string, manifest: Omit<Manifest, 'format'>): void {
  const isNew = !existsSync(folder) || readdirSync(folder).length === 0;
  if (isNew) {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    const text = prettyJson({ format: FORMAT_VERSION, ...manifest });
    writeFileSync(join(folder, MANIFEST), text, { mode: FILE_MODE });
    return;
  }
  const existing = readManifest(folder);
  const differs = differentSettings(existing, manifest);
  if (differs.length === 0) return;
  const what = `recorded with other settings (recorded ≠ now: ${differs.join(', ')})`;
  throw new CassetteError(folder, what, 'choose another name, or remove it');
}

type Made = Pick<Manifest, 'backend' | 'settings'>;

/** The most characters that are shown of a setting. */
const SHOWN = 80;

/** A text for each setting, such as `maxTries: {"stream":2} ≠ {"stream":3}`. */
function differentSettings(existing: Made, now: Made): string[] {
  const [before, after] = [existing, now].map(
    ({ backend, settings }) => new Map<string, unknown>(Object.entries({ backend, ...settings })),
  );
  const text = (value: unknown) => (value === undefined ? 'nothing' : canonicalJson(value));
  const cut = (one: string) => (one.length > SHOWN ? `${one.slice(0, SHOWN)}…` : one);
  return [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].flatMap((name) => {
    const [was, is] = [text(before?.get(name)), text(after?.get(name))];
    return was === is ? [] : [`${name}: ${cut(was)} ≠ ${cut(is)}`];
  });
}
