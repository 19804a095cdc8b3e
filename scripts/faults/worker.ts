/** Plays a share of the scenes, on a core of its own. */
import { CASE_GROUPS, type FaultCase, type GroupName } from '../../tests/support/faults/cases.ts';
import { type Observed, observe, type Texts } from './observe.ts';

declare const self: Worker;

/** Every `of`-th scene of `groups`, from the `from`-th on; of those only each `sample`-th. */
export type Share = { groups: readonly GroupName[]; from: number; of: number; sample: number };
export type ShareDone = { observed: (Observed & { index: number })[]; texts: Texts };

export async function playShare({ groups, from, of, sample }: Share): Promise<ShareDone> {
  const done: ShareDone = { observed: [], texts: new Map() };
  const scenes = groups.flatMap((group): FaultCase[] => [...CASE_GROUPS[group]()]);
  for (let index = from; index < scenes.length; index += of) {
    const scene = scenes[index];
    if (!scene || index % sample !== 0) continue;
    done.observed.push({ index, ...(await observe(scene, done.texts)) });
  }
  return done;
}

if (!Bun.isMainThread)
  self.onmessage = async ({ data }: MessageEvent<Share>) => self.postMessage(await playShare(data));
