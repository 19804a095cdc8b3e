/**
 * Records client requests into a folder while they are served. While an answer is under way, the recorder only keeps
 * references; redaction and writing come afterwards. Each client request becomes one folder, which appears complete or
 * not at all.
 */
import { basename, join } from 'node:path';
import type { Clock, Fetch, Random } from '../../lib/ports.ts';
import { requestName } from '../cassette/layout.ts';
import { listRecording } from '../cassette/read.ts';
import type { Origin, Versions } from '../cassette/types.ts';
import type { RawRequest } from './raw.ts';
import { type Again, type ClientReply, RequestRecording } from './request-recording.ts';
import { addSummary, emptySummary, type RecordingSummary } from './summary.ts';
import type { Writer } from './writer.ts';

export type RecorderOptions = {
  /** The folder of the recording, begun with `openManifest`. */
  folder: string;
  /**
   * Called before each write: makes the folder a recording where somebody has removed it meanwhile. Throws where it is
   * another one now.
   */
  prepare?(): void;
  writer: Writer;
  origin: Origin;
  /** True where faults change what upstream says, also in a replay that is recorded. */
  isDisturbed?: boolean;
  versions: Versions;
  clock: Clock;
  random: Random;
  isClientGone(reason: unknown): boolean;
  /** The most bytes that are kept of one body. */
  maxBytes?: number;
  onProblem(message: string): void;
};

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SEED = 2 ** 31;

/** Waits for the next turn of the event loop, so that streams under way come first. */
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Keeps client requests while they are served. */
export type RequestRecorder = {
  /**
   * A wrapper that is put directly around `inner`. By the exchange's id it knows for which client request an upstream
   * request is made.
   */
  fetch(inner: Fetch): Fetch;
  /**
   * Begins the recording of a request. `path` is the path of the route, however the client wrote it. A replay finds the
   * request by this path. `again`: for a request that is being replayed.
   */
  begin(request: Request, path: string, again?: Again): RequestRecording;
  /** Says that exchanges with this id belong to `recording` from now on. */
  bind(id: string, recording: RequestRecording): void;
  /** To be called when the client's side has ended. */
  finish(id: string, recording: RequestRecording, reply: ClientReply): void;
  /** To be called in place of `finish` for a request that cannot be recorded. */
  leaveOut(id: string): void;
};

/**
 * A `Fetch` whose exchanges are noted in the recording that `find` returns. Where `find` returns none, the exchange is
 * not recorded.
 */
export const recordedFetch =
  (inner: Fetch, find: (id: string) => RequestRecording | undefined): Fetch =>
  async (url, init, exchange) => {
    const request = find(exchange.id);
    if (!request) return inner(url, init, exchange);
    const recording = request.exchange(url, init);
    try {
      return recording.answer(await inner(url, init, exchange));
    } catch (error) {
      recording.fail(error);
      throw error;
    }
  };

export class Recorder implements RequestRecorder {
  readonly #options: RecorderOptions;
  readonly #open = new Map<string, RequestRecording>();
  readonly #writing = new Set<Promise<void>>();
  readonly #summary = emptySummary();
  #number: number;
  /**
   * The monotonic time and the date of one moment. Start times show which requests ran in parallel, so they must not
   * jump with the wall clock.
   */
  readonly #begun: { date: number; moment: number };

  constructor(options: RecorderOptions) {
    const { clock } = options;
    this.#options = options;
    this.#begun = { date: clock.wall().getTime(), moment: clock.monotonic() };
    const numbers = listRecording(options.folder).map((path) => Number.parseInt(basename(path), 10));
    // Other files in the folder need not begin with a number.
    this.#number = Math.max(0, ...numbers.filter(Number.isInteger));
  }

  fetch(inner: Fetch): Fetch {
    return recordedFetch(inner, (id) => this.#open.get(id));
  }

  begin(request: Request, path: string, again?: Again): RequestRecording {
    const { versions, isClientGone, maxBytes = MAX_BYTES } = this.#options;
    this.#number++;
    const { now, ...facts } = again ? this.#asDisturbed(again) : this.#firstTime();
    const options = { now, maxBytes, isClientGone };
    return new RequestRecording(this.#number, request, path, { ...facts, versions }, options);
  }

  #firstTime(): Again {
    const { clock, random, origin } = this.#options;
    return {
      origin,
      recordedAt: clock.wall().toISOString(),
      clockStart: this.#begun.date + clock.monotonic() - this.#begun.moment,
      seed: Math.floor(random.next() * MAX_SEED),
      now: () => clock.monotonic(),
    };
  }

  /** What a fault has changed is no longer what Google said. */
  #asDisturbed(again: Again): Again {
    return this.#options.isDisturbed && again.origin === 'live' ? { ...again, origin: 'edited' } : again;
  }

  bind(id: string, recording: RequestRecording): void {
    this.#open.set(id, recording);
  }

  /** Writes what was recorded of a request. */
  finish(id: string, recording: RequestRecording, reply: ClientReply): void {
    this.#open.delete(id);
    if (!recording.hasBody) {
      this.#summary.unrecorded++;
      return;
    }
    const writing = this.#write(recording, reply).catch((error: unknown) => {
      this.#summary.unrecorded++;
      this.#options.onProblem(
        `a request could not be recorded: ${error instanceof Error ? error.message : error}`,
      );
    });
    this.#writing.add(writing);
    void writing.then(() => this.#writing.delete(writing));
  }

  leaveOut(id: string): void {
    this.#open.delete(id);
    this.#summary.unrecorded++;
  }

  /** Resolves with a summary of the recording, when all of it is on disk. */
  async close(): Promise<RecordingSummary> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
    this.#options.writer.close();
    return this.#summary;
  }

  async #write(recording: RequestRecording, reply: ClientReply): Promise<void> {
    await pause();
    await this.#writeAs(recording.number, reply.caller, recording.raw(reply));
  }

  /**
   * Writes a request under this number. Another proxy may be recording into the same folder: what it has written stays,
   * and our request gets the next number.
   */
  async #writeAs(number: number, caller: string, raw: RawRequest): Promise<void> {
    const { folder, writer, prepare } = this.#options;
    prepare?.();
    const written = await writer.write(join(folder, requestName(number, caller)), raw);
    if (written.kind === 'written') {
      addSummary(this.#summary, written.summary);
      return;
    }
    this.#number++;
    await this.#writeAs(this.#number, caller, raw);
  }
}
