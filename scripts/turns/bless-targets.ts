/** Finds what `bun run bless` is asked for: turns, recordings, or single requests of recordings. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { MANIFEST } from '../../src/sim/cassette/layout.ts';
import { readManifest } from '../../src/sim/cassette/manifest.ts';
import { findRequest, listRecording, nameOf } from '../../src/sim/cassette/read.ts';
import type { RecordedSettings } from '../../src/sim/cassette/settings.ts';
import { problemOf } from '../../src/sim/cassette/text-files.ts';

export type Target = {
  /** How the output calls it. */
  name: string;
  folder: string;
  kind: 'turn' | 'request';
  /** The settings of its recording. A turn has its own. */
  settings?: RecordedSettings;
};

export type Places = { turns: string; recordings: string };

const turn = (folder: string): Target => ({ name: `fixtures/turns/${nameOf(folder)}`, folder, kind: 'turn' });

const isRecording = (folder: string): boolean => existsSync(join(folder, MANIFEST));

/**
 * What `word` names: a turn, all requests of a recording, or one of them by its number or name. Each may also be given
 * by its path. Throws for a word that names nothing.
 */
function targetOf(word: string, { turns, recordings }: Places): Target[] {
  const asTurn = listRecording(turns).filter((folder) => word === nameOf(folder) || resolve(word) === folder);
  const places = [join(recordings, word), resolve(word)];
  const whole = places.find(isRecording);
  if (asTurn.length > 0 && whole)
    throw new Error(`${word}: there is a turn of that name, and a recording; give the path of the folder`);
  if (asTurn.length > 0) return asTurn.map(turn);
  if (whole) return requestsOf(whole, listRecording(whole));
  const around = places.map((path) => dirname(path)).find(isRecording);
  if (around) return requestsOf(around, [findRequest(around, basename(word))]);
  // Throws, with what is wrong with that folder.
  if (existsSync(join(recordings, word))) readManifest(join(recordings, word));
  throw new Error(`fixtures/turns/${word}: there is no such turn`);
}

function requestsOf(recording: string, folders: readonly string[]): Target[] {
  const { settings } = readManifest(recording);
  return folders.map((folder) => ({
    name: `${basename(recording)}/${nameOf(folder)}`,
    folder,
    kind: 'request',
    settings,
  }));
}

export type Found = { targets: readonly Target[]; problems: readonly string[] };

/** All that the words name, and a problem for each word that names nothing. Without words: all turns. */
export function findTargets(words: readonly string[], places: Places): Found {
  if (words.length === 0) return { targets: listRecording(places.turns).map(turn), problems: [] };
  const targets: Target[] = [];
  const problems: string[] = [];
  for (const word of words) {
    try {
      targets.push(...targetOf(word, places));
    } catch (error) {
      problems.push(problemOf(error));
    }
  }
  return { targets, problems };
}
