/** A recording that was read, for as many replays of it as are wanted. Nothing in it changes while they are played. */
import { readManifest } from '../cassette/manifest.ts';
import { type Reading, readClientRequest, readEach, readOne } from '../cassette/read.ts';
import type { RecordedSettings } from '../cassette/settings.ts';
import { CassetteError, type ClientRequest } from '../cassette/types.ts';
import { type Asked, type NamedGist, nameGist, type ReadGist } from '../gist.ts';
import { type Matchable, type Noise, readableJson, requestKey, withoutNoise } from '../match.ts';
import { type NameRule, namesIn, standIns } from '../names.ts';
import { type ClientVersion, clientText, clientVersionIn } from './client-version.ts';
import type { Arrival } from './timeline.ts';

/** Says when two requests count as the same. */
export type Sameness = {
  noise: readonly Noise[];
  names: readonly NameRule[];
  readGist?: ReadGist;
  /** The folder in which the client works, which its body tells. */
  readFolder?: (body: string) => string | undefined;
};

/** What is kept in memory of a recorded request. */
export type KnownRequest = { folder: string; name: string; key: string };

/** The client's request of a recorded request; undefined where even that cannot be read. */
function requestIn(folder: string): ClientRequest | undefined {
  try {
    return readClientRequest(folder);
  } catch {
    return undefined;
  }
}

/** What a request is about, in short. A request without a gist has only a path. */
export type Outline = { path: string } & {
  [Name in 'caller' | 'length' | 'agent' | 'key']?: NamedGist[Name] | undefined;
};

const GONE: Outline = { path: '' };

export class OpenedRecording {
  readonly settings: RecordedSettings;
  /** The number of recorded requests, including those of which nothing can be read. */
  readonly size: number;
  readonly requests: readonly KnownRequest[];
  /** The recorded requests that cannot be read, or that somebody has edited, and why. The others are played. */
  readonly unusable: ReadonlyMap<string, string>;
  /** The time at which each recorded request came. */
  readonly arrivals: readonly Arrival[];
  /** The clients that had sent the requests. */
  readonly clients: readonly ClientVersion[];
  /** The folders in which these clients worked. */
  readonly folders: ReadonlySet<string>;
  /** The date of the last recorded request, in ISO form. */
  readonly recordedAt: string;
  /** All noise of requests, including names. */
  readonly noise: readonly Noise[];
  readonly #sameness: Sameness;
  readonly #outlines = new Map<KnownRequest, Outline>();

  /**
   * Reads the recording. `isLoose`: requests will be found by their gists, which are then read at once, and not with the
   * first request. Throws a CassetteError where the folder holds no recording, or is empty.
   */
  constructor(folder: string, sameness: Sameness, { isLoose = false } = {}) {
    this.settings = readManifest(folder).settings;
    this.#sameness = sameness;
    this.noise = [...sameness.noise, standIns(sameness.names)];
    const readings = readEach(folder);
    this.size = readings.length;
    if (this.size === 0) throw new CassetteError(folder, 'the recording is empty');
    this.unusable = new Map(
      readings.flatMap((one) => ('problem' in one ? [[one.name, one.problem] as const] : [])),
    );
    const read = readings.flatMap((one) => ('recorded' in one ? [one] : []));
    this.requests = readings.flatMap((one) => {
      const request = 'recorded' in one ? one.recorded.request : requestIn(one.folder);
      return request ? [{ folder: one.folder, name: one.name, key: this.keyOf(request) }] : [];
    });
    if (isLoose) for (const known of this.requests) this.outlineOf(known);
    this.arrivals = read.map(({ name, recorded }) => ({ name, at: recorded.clockStart }));
    this.clients = distinct(read.flatMap(({ recorded }) => clientVersionIn(recorded.request.headers) ?? []));
    this.folders = new Set(read.flatMap(({ recorded }) => this.folderOf(recorded.request) ?? []));
    this.recordedAt =
      read
        .map(({ recorded }) => recorded.recordedAt)
        .sort()
        .at(-1) ?? '';
  }

  keyOf(request: Matchable): string {
    return requestKey(request, this.noise);
  }

  folderOf({ body }: Matchable): string | undefined {
    return this.#sameness.readFolder?.(body);
  }

  /** The gist of `request`; undefined where it has none. */
  gistOf(request: Asked): NamedGist | undefined {
    const { readGist, noise, names } = this.#sameness;
    const body = withoutNoise(readableJson(request.body), noise);
    const gist = readGist?.(request, body);
    return gist && nameGist(gist, request, body, names);
  }

  /** What a recorded request is about. It is found out when it is first asked for. */
  outlineOf(known: KnownRequest): Outline {
    const seen = this.#outlines.get(known);
    if (seen) return seen;
    const request = this.requestOf(known);
    const outline = request ? outlineOf(request, this) : GONE;
    this.#outlines.set(known, outline);
    return outline;
  }

  /**
   * The names in a request, in the order that they have after all other noise was removed, so that the names of two
   * equal requests can be paired.
   */
  namesOf({ body }: Matchable): string[] {
    const { noise, names } = this.#sameness;
    return namesIn(withoutNoise(readableJson(body), noise), names);
  }

  /** Only what the client has sent. Undefined where somebody has broken or removed the file meanwhile. */
  requestOf({ folder }: KnownRequest): ClientRequest | undefined {
    return requestIn(folder);
  }

  /** All of a recorded request, or why it cannot be played. */
  read({ folder }: KnownRequest): Reading {
    return readOne(folder);
  }
}

/** What `request` is about. */
export function outlineOf(request: Asked, recording: Pick<OpenedRecording, 'gistOf'>): Outline {
  const { caller, length, agent, key } = recording.gistOf(request) ?? {};
  return { path: request.path, caller, length, agent, key };
}

const distinct = (clients: readonly ClientVersion[]): ClientVersion[] => [
  ...new Map(clients.map((client) => [clientText(client), client])).values(),
];
