/** A recording that was read, for as many replays of it as are wanted. Nothing in it changes while they are played. */
import { readManifest } from '../cassette/manifest.ts';
import { listRecording, type Reading, readClientRequest, readOne } from '../cassette/read.ts';
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
const EMPTY = 'record something into it, or name another one';

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
    const requests: KnownRequest[] = [];
    const unusable = new Map<string, string>();
    const arrivals: Arrival[] = [];
    const clients = new Map<string, ClientVersion>();
    const folders = new Set<string>();
    const dates: string[] = [];
    const paths = listRecording(folder);
    if (paths.length === 0) throw new CassetteError(folder, 'the recording is empty', EMPTY);
    // One after the other: all of a long session at once would fill the memory.
    for (const path of paths) {
      const reading = readOne(path);
      const { name } = reading;
      const request = 'recorded' in reading ? reading.recorded.request : requestIn(path);
      if (request) requests.push({ folder: path, name, key: this.keyOf(request) });
      if ('problem' in reading) {
        unusable.set(name, reading.problem);
        continue;
      }
      const { recorded } = reading;
      arrivals.push({ name, at: recorded.clockStart });
      dates.push(recorded.recordedAt);
      const client = clientVersionIn(recorded.request.headers);
      if (client) clients.set(clientText(client), client);
      const worksIn = this.folderOf(recorded.request);
      if (worksIn !== undefined) folders.add(worksIn);
    }
    this.size = paths.length;
    this.requests = requests;
    this.unusable = unusable;
    this.arrivals = arrivals;
    this.clients = [...clients.values()];
    this.folders = folders;
    this.recordedAt = dates.sort().at(-1) ?? '';
    if (isLoose) for (const known of this.requests) this.outlineOf(known);
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
