/** Finds client requests in a recording, and remembers which ones were played. */
import type { ClientRequest, RecordedRequest } from '../cassette/types.ts';
import { closestTo, withLeast } from '../difference.ts';
import { type Asked, gistAsRequest, type NamedGist } from '../gist.ts';
import { NameBook } from '../names.ts';
import { type KnownRequest, type OpenedRecording, type Outline, outlineOf } from './opened-recording.ts';

/** How requests are found. */
export type Finding = {
  /** True where a request is also found by its gist. */
  isLoose: boolean;
  /** True where an answer may be given again. */
  repeats: boolean;
};

export type Match = {
  how: 'exact' | 'loose';
  /** True where the answer was given before. */
  isRepeated: boolean;
  /** The parts of the request that differ, and the first places in them. */
  differs: readonly string[];
  places: readonly string[];
  /** Other recorded requests that fit as well. */
  alike: readonly string[];
};

/** The recorded request that was found, or why it cannot be played. */
export type Taken = { name: string } & (
  | { recorded: RecordedRequest; match: Match; note?: string }
  | { problem: string }
);

const EXACT: Match = { how: 'exact', isRepeated: false, differs: [], places: [], alike: [] };

export class Library {
  /** Pairs of a recorded name and the present name for the same thing, as far as requests have shown them. */
  readonly book = new NameBook();
  readonly #recording: OpenedRecording;
  readonly #finding: Finding;
  /** The recorded requests that were not played yet, in the order of arrival. */
  readonly #waiting: Set<KnownRequest>;
  /** For each present agent, the recorded agent whose requests it has asked first. */
  readonly #agents = new Map<string, string>();

  constructor(recording: OpenedRecording, finding: Finding) {
    this.#recording = recording;
    this.#finding = finding;
    this.#waiting = new Set(recording.requests);
  }

  /**
   * The recorded request for `request`, which is redacted: the same one, or else one with the same gist where that is
   * enough. One that was not played yet comes first.
   */
  take(request: Asked): Taken | undefined {
    const asked = this.#asRecorded(request);
    return this.#takeExact(asked) ?? (this.#finding.isLoose ? this.#takeLoose(asked) : undefined);
  }

  /** Says why nothing was found for `request`: the closest recorded request, and how the two differ. */
  explainMiss(request: Asked): string {
    const asked = this.#asRecorded(request);
    const outline = outlineOf(asked, this.#recording);
    const played = this.#finding.isLoose ? this.#fittingLoosely(outline).at(-1) : undefined;
    if (played) return playedAlready(`${played.name} fits`);
    const near = withLeast(this.#recording.requests, (known) => {
      const other = this.#recording.outlineOf(known);
      const isOther = other.path !== outline.path || other.caller !== outline.caller;
      return [isOther ? 1 : 0, Math.abs((other.length ?? 0) - (outline.length ?? 0))];
    });
    const closest = this.#closestInGist(asked, near) ?? this.#closestTo(asked, near);
    const unread = this.#recording.size - this.#recording.requests.length;
    const others = unread > 0 ? ` (${unread} recorded requests cannot be read)` : '';
    if (!closest) return `the recording has no request that can be read${others}`;
    const { difference, candidate } = closest;
    const { known } = candidate;
    if (difference.count === 0) return playedAlready(`${known.name} is the same`);
    const what = `${aboutText(this.#recording.outlineOf(known))}${this.#looseHint(outline)}`;
    return `closest is ${known.name}${what}${others} (recorded ≠ now):\n  ${difference.lines.join('\n  ')}`;
  }

  /** The names of the recorded requests that no client has sent. */
  leftovers(): string[] {
    const { unusable } = this.#recording;
    return [...this.#waiting]
      .map(({ name }) => name)
      .filter((name) => !unusable.has(name))
      .sort();
  }

  #takeExact(asked: Asked): Taken | undefined {
    const key = this.#recording.keyOf(asked);
    const same = this.#recording.requests.filter((known) => known.key === key);
    const fresh = same.find((known) => this.#waiting.has(known));
    const known = fresh ?? (this.#finding.repeats ? same.at(-1) : undefined);
    if (!known) return undefined;
    const agent = this.#finding.isLoose ? this.#recording.gistOf(asked)?.agent : undefined;
    return this.#give(known, agent, { ...EXACT, isRepeated: !fresh }, (request) =>
      this.book.learn(this.#recording.namesOf(request), this.#recording.namesOf(asked)),
    );
  }

  #takeLoose(asked: Asked): Taken | undefined {
    const gist = this.#recording.gistOf(asked);
    if (!gist) return undefined;
    const fitting = this.#fittingLoosely(gist);
    const fresh = fitting.filter((known) => this.#waiting.has(known));
    const repeated = this.#finding.repeats ? fitting.toReversed() : [];
    const near = withLeast(fresh.length > 0 ? fresh : repeated, (known) => [
      this.#isOfAnotherAgent(gist, known) ? 1 : 0,
    ]);
    const closest = this.#closestTo(asked, near);
    if (!closest) return undefined;
    const { difference, candidate, alike } = closest;
    const { known } = candidate;
    const match: Match = {
      how: 'loose',
      isRepeated: fresh.length === 0,
      differs: difference.parts,
      places: difference.lines,
      // Requests that are the same were always given in their order.
      alike: alike.filter((other) => other.known.key !== known.key).map((other) => other.known.name),
    };
    return this.#give(known, gist.agent, match, (request) =>
      this.#learn(gist, this.#recording.gistOf(request)),
    );
  }

  #give(
    known: KnownRequest,
    agent: string | undefined,
    match: Match,
    learn: (request: ClientRequest) => void,
  ): Taken {
    this.#waiting.delete(known);
    const reading = this.#recording.read(known);
    if ('problem' in reading) return reading;
    const { name, recorded, note } = reading;
    learn(recorded.request);
    const recordedAgent = agent === undefined ? undefined : this.#recording.outlineOf(known).agent;
    if (agent !== undefined && recordedAgent !== undefined && !this.#agents.has(agent))
      this.#agents.set(agent, recordedAgent);
    return { name, recorded, match, ...(note === undefined ? {} : { note }) };
  }

  /** True where the present agent is known to stand for another recorded agent than the one that has sent `known`. */
  #isOfAnotherAgent({ agent }: NamedGist, known: KnownRequest): boolean {
    if (agent === undefined) return false;
    const recordedAgent = this.#agents.get(agent) ?? this.book.recordedName(agent);
    return recordedAgent !== undefined && recordedAgent !== this.#recording.outlineOf(known).agent;
  }

  /** Learns from two requests with the same gist. What is not said has other names only where versions differ. */
  #learn(now: NamedGist, recorded: NamedGist | undefined): void {
    if (!recorded) return;
    this.book.learn(recorded.names, now.names);
    if (recorded.otherNames.length === now.otherNames.length)
      this.book.learn(recorded.otherNames, now.otherNames);
  }

  /** The recorded requests with the same gist. */
  #fittingLoosely({ key }: Pick<Outline, 'key'>): KnownRequest[] {
    if (key === undefined) return [];
    return this.#recording.requests.filter((known) => this.#recording.outlineOf(known).key === key);
  }

  #looseHint(outline: Outline): string {
    if (this.#finding.isLoose) return '';
    const fits = this.#fittingLoosely(outline).find((known) => this.#waiting.has(known));
    return fits ? `; --match loose plays ${fits.name}` : '';
  }

  /** Reads each of `near` from its file. */
  #closestTo(asked: Asked, near: readonly KnownRequest[]) {
    const candidates = near.flatMap((known) => {
      const request = this.#recording.requestOf(known);
      return request ? [{ ...request, known }] : [];
    });
    return closestTo(asked, candidates, this.#recording.noise);
  }

  /** By what a loose replay goes by; undefined in a strict one, and for a request without a gist. */
  #closestInGist(asked: Asked, near: readonly KnownRequest[]) {
    const gist = this.#finding.isLoose ? this.#recording.gistOf(asked) : undefined;
    if (!gist) return undefined;
    const candidates = near.flatMap((known) => {
      const request = this.#recording.requestOf(known);
      const other = request && this.#recording.gistOf(request);
      return other ? [{ ...gistAsRequest(request, other), known }] : [];
    });
    return closestTo(gistAsRequest(asked, gist), candidates, []);
  }

  #asRecorded(request: Asked): Asked {
    return { ...request, body: this.book.toRecorded(request.body) };
  }
}

const playedAlready = (what: string): string => `${what}, and was played already (--repeat plays it again)`;

function aboutText({ caller, length = 0 }: Outline): string {
  return caller === undefined ? '' : ` (${caller}, ${length} ${length === 1 ? 'message' : 'messages'})`;
}
