/** Finds a client's request in a recording. */
import { tryParseJson } from '../../lib/json.ts';
import { readManifest } from '../cassette/manifest.ts';
import { nameOf, type Reading, readClientRequest, readEach, readOne } from '../cassette/read.ts';
import type { RecordedSettings } from '../cassette/settings.ts';
import { CassetteError, type ClientRequest, type RecordedRequest } from '../cassette/types.ts';
import { closestTo } from '../difference.ts';
import { type Matchable, type Noise, requestKey, withoutNoise } from '../match.ts';
import { NameBook, type NameRule, namesIn, standIns } from '../names.ts';
import type { Arrival } from './timeline.ts';

/** Says when two requests count as the same. */
export type Sameness = { noise: readonly Noise[]; names: readonly NameRule[] };

export type Taken = { name: string } & ({ recorded: RecordedRequest } | { problem: string });

/** The client's request in a folder; undefined where even that cannot be read. */
function requestIn(folder: string): ClientRequest | undefined {
  try {
    return readClientRequest(folder);
  } catch {
    return undefined;
  }
}

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
  /** The recorded requests that cannot be read, or that somebody has edited. The others are played. */
  readonly unusable: ReadonlyMap<string, string>;

  /** Opens the recording. Throws a CassetteError where the folder holds no recording, or is empty. */
  constructor(folder: string, sameness: Sameness) {
    this.settings = readManifest(folder).settings;
    this.#sameness = sameness;
    this.noise = [...sameness.noise, standIns(sameness.names)];
    const readings = readEach(folder);
    this.#folders = readings.map((reading) => reading.folder);
    this.size = readings.length;
    if (this.size === 0) throw new CassetteError(folder, 'the recording is empty');
    for (const reading of readings) this.#shelve(reading);
    this.arrivals = readings.flatMap((reading) =>
      'recorded' in reading ? [{ name: reading.name, at: reading.recorded.clockStart }] : [],
    );
    this.unusable = new Map(
      readings.flatMap((reading) => ('problem' in reading ? [[reading.name, reading.problem]] : [])),
    );
  }

  #shelve(reading: Reading): void {
    const request = 'recorded' in reading ? reading.recorded.request : requestIn(reading.folder);
    if (!request) return;
    const key = requestKey(request, this.noise);
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), reading.folder]);
  }

  /**
   * The first recorded request that is the same as `request` and was not played yet, or why that one cannot be used.
   * `request` is redacted.
   */
  take(request: Matchable): Taken | undefined {
    const known = this.#asRecorded(request);
    const path = this.#waiting.get(requestKey(known, this.noise))?.shift();
    if (path === undefined) return undefined;
    const taken = readOne(path);
    if ('recorded' in taken) this.book.learn(this.#namesOf(taken.recorded.request), this.#namesOf(known));
    return taken;
  }

  /** Says why nothing was found for `request`: the closest recorded request, and how the two differ. */
  explainMiss(request: Matchable): string {
    const all = this.#folders.flatMap((path) => {
      const recorded = requestIn(path);
      return recorded ? [{ ...recorded, name: nameOf(path) }] : [];
    });
    const closest = closestTo(this.#asRecorded(request), all, this.noise);
    const unread = this.#folders.length - all.length;
    const others = unread > 0 ? ` (${unread} recorded requests cannot be read)` : '';
    if (!closest) return `the recording has no request that can be read${others}`;
    const { candidate, difference } = closest;
    if (difference.count === 0) return `${candidate.name} is the same, and was played already`;
    return `closest is ${candidate.name}${others} (recorded ≠ now):\n  ${difference.lines.join('\n  ')}`;
  }

  /** The names of the recorded requests that no client has sent. */
  leftovers(): string[] {
    const waiting = [...this.#waiting.values()].flat().map(nameOf);
    return waiting.filter((name) => !this.unusable.has(name)).sort();
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
