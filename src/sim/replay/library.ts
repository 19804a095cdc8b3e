/** Finds a client's request in a recording. */
import { tryParseJson } from '../../lib/json.ts';
import { readManifest } from '../cassette/manifest.ts';
import { listRecording, nameOf, readRecordedRequest } from '../cassette/read.ts';
import type { RecordedSettings } from '../cassette/settings.ts';
import { CassetteError, type RecordedRequest } from '../cassette/types.ts';
import { closestTo } from '../difference.ts';
import { type Matchable, type Noise, requestKey, withoutNoise } from '../match.ts';
import { NameBook, type NameRule, namesIn, standIns } from '../names.ts';
import type { Arrival } from './timeline.ts';

/** Says when two requests count as the same. */
export type Sameness = { noise: readonly Noise[]; names: readonly NameRule[] };

export class Library {
  readonly settings: RecordedSettings;
  readonly size: number;
  /** Pairs of a recorded name and the present name for the same thing, as far as requests have shown them. */
  readonly book = new NameBook();
  /** All noise of requests, including names. */
  readonly noise: readonly Noise[];
  readonly #sameness: Sameness;
  /** The recorded requests that were not played yet, by key, in the order of arrival. */
  readonly #waiting = new Map<string, string[]>();
  readonly #folders: readonly string[];
  /** The time at which each recorded request came. */
  readonly arrivals: readonly Arrival[];

  /**
   * Opens the recording. Throws a CassetteError where the folder holds no recording, is empty, or has a missing or
   * unreadable file.
   */
  constructor(folder: string, sameness: Sameness) {
    this.settings = readManifest(folder).settings;
    this.#sameness = sameness;
    this.noise = [...sameness.noise, standIns(sameness.names)];
    this.#folders = listRecording(folder);
    this.size = this.#folders.length;
    if (this.size === 0) throw new CassetteError(folder, 'the recording is empty');
    this.arrivals = this.#folders.map((path) => {
      const { request, clockStart } = readRecordedRequest(path);
      const key = requestKey(request, this.noise);
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), path]);
      return { name: nameOf(path), at: clockStart };
    });
  }

  /** The first recorded request that is the same as `request` and was not played yet. `request` is redacted. */
  take(request: Matchable): { name: string; recorded: RecordedRequest } | undefined {
    const known = this.#asRecorded(request);
    const path = this.#waiting.get(requestKey(known, this.noise))?.shift();
    if (path === undefined) return undefined;
    const recorded = readRecordedRequest(path);
    this.book.learn(this.#namesOf(recorded.request), this.#namesOf(known));
    return { name: nameOf(path), recorded };
  }

  /** Says why nothing was found for `request`: the closest recorded request, and how the two differ. */
  explainMiss(request: Matchable): string {
    const all = this.#folders.map((path) => ({ ...readRecordedRequest(path).request, name: nameOf(path) }));
    const closest = closestTo(this.#asRecorded(request), all, this.noise);
    if (!closest) return 'the recording is empty';
    const { candidate, difference } = closest;
    if (difference.count === 0) return `${candidate.name} is the same, and was played already`;
    return `closest is ${candidate.name} (recorded ≠ now):\n  ${difference.lines.join('\n  ')}`;
  }

  /** The names of the recorded requests that no client has sent. */
  leftovers(): string[] {
    return [...this.#waiting.values()].flat().map(nameOf).sort();
  }

  #asRecorded(request: Matchable): Matchable {
    return { ...request, body: this.book.toRecorded(request.body) };
  }

  /**
   * The names in a request, in the order that they have after all other noise was removed, so that the names of two
   * equal requests can be paired.
   */
  #namesOf({ body }: Matchable): string[] {
    const { noise, names } = this.#sameness;
    return namesIn(withoutNoise(tryParseJson(body), noise), names);
  }
}
