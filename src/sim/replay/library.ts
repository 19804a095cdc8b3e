/** A recording, looked up by what the client asks. */
import { type RecordedSettings, readManifest } from '../cassette/manifest.ts';
import { listRecording, nameOf, readRecordedRequest } from '../cassette/read.ts';
import { CassetteError, type RecordedRequest } from '../cassette/types.ts';
import { closestTo } from '../difference.ts';
import { type Matchable, type Noise, requestKey } from '../match.ts';

export class Library {
  readonly settings: RecordedSettings;
  readonly size: number;
  readonly #noise: readonly Noise[];
  /** By key, in order of arrival. */
  readonly #waiting = new Map<string, string[]>();
  readonly #folders: readonly string[];

  /** Throws a CassetteError where the folder is no recording, is empty, or has a file that cannot be read. */
  constructor(folder: string, noise: readonly Noise[]) {
    this.settings = readManifest(folder).settings;
    this.#noise = noise;
    this.#folders = listRecording(folder);
    this.size = this.#folders.length;
    if (this.size === 0) throw new CassetteError(folder, 'the recording is empty');
    for (const path of this.#folders) {
      const key = requestKey(readRecordedRequest(path).request, noise);
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), path]);
    }
  }

  /** The first recorded request that is the same and was not taken yet. `request` is redacted. */
  take(request: Matchable): { name: string; recorded: RecordedRequest } | undefined {
    const path = this.#waiting.get(requestKey(request, this.#noise))?.shift();
    return path === undefined ? undefined : { name: nameOf(path), recorded: readRecordedRequest(path) };
  }

  /** Why there is nothing for `request`: the closest recorded one, and how it differs. */
  explainMiss(request: Matchable): string {
    const all = this.#folders.map((path) => ({ ...readRecordedRequest(path).request, name: nameOf(path) }));
    const closest = closestTo(request, all, this.#noise);
    if (!closest) return 'the recording is empty';
    const { candidate, difference } = closest;
    if (difference.count === 0) return `${candidate.name} is the same, and was played already`;
    return `closest is ${candidate.name} (recorded ≠ now):\n  ${difference.lines.join('\n  ')}`;
  }

  /** Names of the requests that nobody asked for. */
  leftovers(): string[] {
    return [...this.#waiting.values()].flat().map(nameOf).sort();
  }
}
