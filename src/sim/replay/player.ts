/** Plays a recording: it gives each client request everything on which its answer depends. */
import type { Clock, Fetch } from '../../lib/ports.ts';
import type { SignatureStore } from '../../signatures/store.ts';
import type { PromptSize } from '../../translate/response/usage.ts';
import type { RecordedSettings } from '../cassette/settings.ts';
import type { RecordedRequest } from '../cassette/types.ts';
import type { Asked } from '../gist.ts';
import type { Redactor } from '../redact.ts';
import { clientText, clientVersionIn, versionGap } from './client-version.ts';
import { type Finding, Library, type Match } from './library.ts';
import type { OpenedRecording } from './opened-recording.ts';
import { recordedStore } from './recorded-store.ts';
import { createReplayFetch, type ReplayTime } from './replay-fetch.ts';
import { Timeline } from './timeline.ts';
import { type Pace, VirtualClock } from './virtual-clock.ts';

export type PlayerOptions = Partial<Finding> & {
  /** It may be played by several players at a time: each has a position of its own. */
  recording: OpenedRecording;
  pace: Pace;
  clock: Clock;
  /**
   * True where a fault between us and upstream needs time of its own, so no time is skipped while the fault may be at
   * work.
   */
  isDelayed?: boolean;
  /** True where requests come one after the other, even if they ran in parallel when they were recorded. */
  alone?: boolean;
  /** How old the recording is, where that matters: "recorded 45 days ago". */
  age?: string | undefined;
  /**
   * The name of the recording, where the replay is recorded. Then upstream requests may differ: the recorded answer is
   * given all the same, and how they differ is kept.
   */
  carriesFrom?: string | undefined;
  /** The version of this proxy: another one may translate in another way. */
  version?: string;
};

export type Play = {
  /** The name of the recorded request's folder. */
  name: string;
  recorded: RecordedRequest;
  /** How the request was found. */
  match: Match;
  clock: VirtualClock;
  fetch: Fetch;
  signatures: SignatureStore;
  /**
   * The size of the prompt that the client is told before the answer has ended. `size` gives the size that it would be
   * told without a recording. Undefined for a recording of an older version, which has no such size.
   */
  promptTold(size: () => PromptSize): PromptSize | undefined;
  /** To be called when the answer has ended, or its client has left. */
  leave(): void;
  /** The problems that were found until now; undefined where there are none. */
  problem(): string | undefined;
  /** In a loose replay, or one that is recorded: how upstream requests were others than the recorded ones, until now. */
  differences(): readonly string[];
};

export type PlayerReport = {
  requests: number;
  /** How many of them were played; and of all plays, how many were loose, and how many gave an answer again. */
  played: number;
  loose: number;
  repeated: number;
  misses: number;
  /** The requests that nobody asked for. */
  leftovers: readonly string[];
  /** The requests that cannot be played: their files are broken, or were edited. */
  unusable: readonly string[];
};

/** Why a request is not played. `isMissed`: nothing recorded fits. Otherwise what fits cannot be played. */
export type Refused = { refused: string; isMissed: boolean };

/** Answers client requests with the recorded answers of upstream. */
export type Plays = {
  /** The settings with which the recording was made: its answers depend on them. */
  readonly settings: RecordedSettings;
  /** True for a replay that was asked to be anything but strict: its answers say how they were found. */
  readonly saysHow?: boolean;
  /** The name of the recording that is carried over to another one. */
  readonly carriesFrom?: string | undefined;
  /** Upstream for all requests. The exchange's id tells the requests apart. It never uses the network. */
  readonly fetch: Fetch;
  /**
   * Begins to play a request, or says why there is no answer to it. `request` was redacted by `redactor`, which then
   * redacts the upstream requests in the same way.
   */
  play(request: Asked, redactor: Redactor): Play | Refused;
  /**
   * What the operator should know of the client that has sent `request`: that another version of it was recorded, or
   * that it works in another folder. Each is told once.
   */
  remarks?(request: Asked): string[];
  bind(id: string, play: Play): void;
  /** True for a request that is being played: it was bound, and not released. */
  plays?(id: string): boolean;
  /** To be called when the request's answer has ended, or its client has left. */
  release(id: string): void;
  /** True from now on where a fault between us and upstream needs time of its own. */
  delay(isDelayed: boolean): void;
};

export class Player implements Plays {
  readonly saysHow: boolean;
  readonly #options: PlayerOptions;
  readonly #library: Library;
  readonly #isLoose: boolean;
  readonly #bound = new Map<string, Play>();
  readonly #timeline: Timeline;
  /** Versions and folders of clients that were told. */
  readonly #seen = new Set<string>();
  #isDelayed: boolean;
  #misses = 0;
  #loose = 0;
  #repeated = 0;

  constructor(options: PlayerOptions) {
    const { recording, clock, alone, isLoose = false, repeats = false } = options;
    this.#options = options;
    this.#isDelayed = options.isDelayed ?? false;
    this.#isLoose = isLoose;
    this.saysHow = isLoose || repeats;
    this.#library = new Library(recording, { isLoose, repeats });
    this.#timeline = new Timeline(alone ? [] : recording.arrivals, clock);
  }

  get carriesFrom(): string | undefined {
    return this.#options.carriesFrom;
  }

  get settings(): RecordedSettings {
    return this.#options.recording.settings;
  }

  readonly fetch: Fetch = async (url, init, exchange) => {
    const play = this.#bound.get(exchange.id);
    if (!play) throw new Error('a replay reaches no network');
    return play.fetch(url, init, exchange);
  };

  plays(id: string): boolean {
    return this.#bound.has(id);
  }

  bind(id: string, play: Play): void {
    this.#bound.set(id, play);
  }

  release(id: string): void {
    this.#bound.get(id)?.leave();
    this.#bound.delete(id);
  }

  delay(isDelayed: boolean): void {
    this.#isDelayed = isDelayed;
  }

  play(request: Asked, redactor: Redactor): Play | Refused {
    const taken = this.#library.take(request);
    if (!taken) {
      this.#misses++;
      const why = `nothing recorded answers this request${this.#circumstances(request)}`;
      return { refused: `${why}; ${this.#library.explainMiss(request)}`, isMissed: true };
    }
    const { name } = taken;
    if ('problem' in taken) {
      this.#misses++;
      const why = `${name} is this request, and cannot be played: ${taken.problem}`;
      return { refused: why, isMissed: false };
    }
    const { recorded, match, note } = taken;
    if (match.how === 'loose') this.#loose++;
    if (match.isRepeated) this.#repeated++;
    return this.#begin({ name, recorded, match }, redactor, note);
  }

  remarks(request: Asked): string[] {
    return [this.#versionRemark(request), this.#folderRemark(request)].filter((one) => one !== undefined);
  }

  report(): PlayerReport {
    const leftovers = this.#library.leftovers();
    const { size: requests, unusable: bad } = this.#options.recording;
    const unusable = [...bad.keys()];
    const played = requests - leftovers.length - unusable.length;
    const [loose, repeated, misses] = [this.#loose, this.#repeated, this.#misses];
    return { requests, played, loose, repeated, misses, leftovers, unusable };
  }

  #begin(taken: Pick<Play, 'name' | 'recorded' | 'match'>, redactor: Redactor, note?: string): Play {
    const { recorded } = taken;
    const { recording, pace, clock: real, carriesFrom } = this.#options;
    const isDelayed = this.#isDelayed;
    const start = recorded.clockStart;
    const lane = this.#timeline.arrive({ name: taken.name, at: start });
    const clock = new VirtualClock(start, pace, real, {
      turn: (at, signal) => this.#timeline.turn(lane, at, signal),
      works: () => this.#timeline.works(lane),
      isAway: () => this.#timeline.isAway(lane),
    });
    const time: ReplayTime = {
      waitForUpstream: (ms, signal) => clock.waitForUpstream(ms, signal),
      setUpstreamOpen: (open) => clock.setUpstreamOpen(open || isDelayed),
      standStill: (signal) => clock.standStill(signal),
    };
    let problem: string | undefined;
    const differences: string[] = [];
    const onMismatch = (found: string) => {
      this.#misses++;
      problem ??= note === undefined ? found : `${note}; ${found}`;
    };
    const onDifference = (found: string) => void differences.push(found);
    const { book } = this.#library;
    const { noise } = recording;
    return {
      ...taken,
      clock,
      fetch: createReplayFetch({
        ...{ recorded, time, redactor, noise, book, onMismatch },
        ...(this.#isLoose || carriesFrom !== undefined ? { onDifference } : {}),
        givesAgain: carriesFrom === undefined,
        sides: this.#sides(recorded),
      }),
      signatures: recordedStore(recorded.signatures),
      promptTold: () => recorded.promptTold,
      leave: () => this.#timeline.leave(lane, clock.monotonic()),
      problem: () => problem,
      differences: () => differences,
    };
  }

  #versionRemark({ headers }: Asked): string | undefined {
    const client = clientVersionIn(headers);
    if (!client || this.#seen.has(clientText(client))) return undefined;
    this.#seen.add(clientText(client));
    const gap = versionGap(client, this.#options.recording.clients);
    if (gap === undefined) return undefined;
    return this.#isLoose
      ? `${gap}: its requests are matched loosely`
      : `${gap}, so its requests may not be found; --match loose leaves out what a version changes`;
  }

  /** A strict replay has no answer for such a client. */
  #folderRemark(request: Asked): string | undefined {
    const { folders } = this.#options.recording;
    const folder = this.#isLoose ? this.#options.recording.folderOf(request) : undefined;
    if (folder === undefined || folders.size === 0 || folders.has(folder) || this.#seen.has(folder))
      return undefined;
    this.#seen.add(folder);
    const recorded = [...folders].join(', ');
    return `the client works in ${folder}, and recorded was ${recorded}: recorded calls of tools read and write there`;
  }

  /** What may be behind a miss: the recording is old, or another version of the client was recorded. */
  #circumstances({ headers }: Asked): string {
    const { recording, age } = this.#options;
    const client = clientVersionIn(headers);
    const gap = client && versionGap(client, recording.clients);
    const told = [gap, age].filter((text) => text !== undefined);
    return told.length === 0 ? '' : ` (${told.join('; ')})`;
  }

  /** Names the versions of the proxy where they differ: then the translation may have changed. */
  #sides({ versions }: RecordedRequest): string | undefined {
    const { version } = this.#options;
    if (version === undefined || versions.proxy === version) return undefined;
    return `recorded by version ${versions.proxy} ≠ now, by ${version}`;
  }
}
