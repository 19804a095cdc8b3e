/** Records one request anew, under the seed and the dates of its recording, and keeps it in memory. */
import { ClientGone } from '../../../src/http/client-request.ts';
import type { Clock, Fetch } from '../../../src/lib/ports.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import type { RawRequest } from '../../../src/sim/record/raw.ts';
import { type RequestRecorder, recordedFetch } from '../../../src/sim/record/recorder.ts';
import { type ClientReply, RequestRecording } from '../../../src/sim/record/request-recording.ts';

const MAX_BYTES = 64 * 1024 * 1024;

export class TurnRecorder implements RequestRecorder {
  readonly #recorded: RecordedRequest;
  readonly #clock: Clock;
  readonly #finished = Promise.withResolvers<RawRequest>();
  #recording: RequestRecording | undefined;

  constructor(recorded: RecordedRequest, clock: Clock) {
    this.#recorded = recorded;
    this.#clock = clock;
  }

  /** False for a request that is answered without being recorded. */
  get hasBegun(): boolean {
    return this.#recording !== undefined;
  }

  /** Resolves when the client's side is over. */
  get finished(): Promise<RawRequest> {
    return this.#finished.promise;
  }

  fetch(inner: Fetch): Fetch {
    return recordedFetch(inner, () => this.#recording);
  }

  begin(request: Request, path: string): RequestRecording {
    const { origin, recordedAt, clockStart, seed, versions } = this.#recorded;
    const facts = { origin, recordedAt, clockStart, seed, versions };
    this.#recording = new RequestRecording(1, request, path, facts, {
      now: () => this.#clock.monotonic(),
      maxBytes: MAX_BYTES,
      isClientGone: (reason) => reason instanceof ClientGone,
    });
    return this.#recording;
  }

  bind(): void {}

  leaveOut(): void {}

  finish(_id: string, recording: RequestRecording, reply: ClientReply): void {
    this.#finished.resolve(recording.raw(reply));
  }
}
