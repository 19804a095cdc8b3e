/** A file of observations, and the first difference between two of the same scene, in words. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Observed, Texts } from './observe.ts';

export type Observations = { scenes: ReadonlyMap<string, readonly string[]>; texts: Texts };

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** A line a scene, then a line a text. */
export function writeObservations(file: string, { scenes, texts }: Observations): void {
  const lines = [
    ...[...scenes].map(([scene, saw]) => JSON.stringify({ scene, saw })),
    ...[...texts].sort(byName).map(([text, is]) => JSON.stringify({ text, is })),
  ];
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
}

type Line = { scene: string; saw: string[] } | { text: string; is: string };

export function readObservations(file: string): Observations {
  const scenes = new Map<string, string[]>();
  const texts: Texts = new Map();
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const value: Line = JSON.parse(line);
    if ('scene' in value) scenes.set(value.scene, value.saw);
    else texts.set(value.text, value.is);
  }
  return { scenes, texts };
}

export const observationsOf = (observed: readonly Observed[], texts: Texts): Observations => ({
  scenes: new Map(observed.map(({ name, lines }) => [name, lines])),
  texts,
});

export type Comparison = {
  /** One entry for each scene that has changed. */
  differences: string[];
  /** Names of scenes that only one of the two has, as when a turn was added. */
  added: string[];
  gone: string[];
};

export function compareObservations(was: Observations, now: Observations): Comparison {
  const differences: string[] = [];
  for (const [name, lines] of now.scenes) {
    const found = firstDifference(was.scenes.get(name) ?? lines, lines, was.texts, now.texts);
    differences.push(...found.map((why) => `${name}\n${why}`));
  }
  return {
    differences,
    added: [...now.scenes.keys()].filter((name) => !was.scenes.has(name)),
    gone: [...was.scenes.keys()].filter((name) => !now.scenes.has(name)),
  };
}

function firstDifference(
  before: readonly string[],
  after: readonly string[],
  textsBefore: Texts,
  textsAfter: Texts,
): string[] {
  const count = Math.max(before.length, after.length);
  for (let index = 0; index < count; index++) {
    const [was, is] = [before[index], after[index]];
    if (was === is) continue;
    const inside = textDifference(was, is, textsBefore, textsAfter);
    return [`  was: ${was ?? 'nothing more'}\n  now: ${is ?? 'nothing more'}${inside}`];
  }
  return [];
}

const TEXT_NAME = /#[0-9a-z]+/g;
const BEFORE = 40;
const AFTER = 160;

/** Where the lines name different texts: the place at which these part. */
function textDifference(
  was: string | undefined,
  is: string | undefined,
  textsBefore: Texts,
  textsAfter: Texts,
): string {
  const names = [was, is].map((line) => line?.match(TEXT_NAME) ?? []);
  const [before = [], after = []] = names;
  const index = before.findIndex((name, place) => after[place] !== undefined && after[place] !== name);
  const old = textsBefore.get(before[index] ?? '');
  const current = textsAfter.get(after[index] ?? '');
  if (old === undefined || current === undefined) return '';
  let at = 0;
  while (at < old.length && old[at] === current[at]) at++;
  const cut = (text: string) => JSON.stringify(text.slice(Math.max(0, at - BEFORE), at + AFTER));
  return `\n  at character ${at}: was ${cut(old)}\n  at character ${at}: now ${cut(current)}`;
}
