/**
 * One client request, as a test can ask for it later: what came, what was sent upstream, and what the client was told.
 * It keeps references and parses nothing before somebody looks.
 */
import type { KeptResponse } from '../../lib/ports.ts';
import type { TraceEvent } from '../../trace/events.ts';
import type { Subscriber } from '../../trace/trace.ts';
import type { RequestKeeper } from '../client-request.ts';

type Told<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>;

/** One request to upstream. */
export type JournaledAttempt = {
  url: string;
  body: string;
  status?: number;
  /** Why the connection failed. */
  error?: string;
  /** The rule of the mock, or the place in the recording, that has answered. */
  source?: string | undefined;
  faults: string[];
};

/** Bytes that an entry costs beside its bodies. Measured roughly; only the order of size matters. */
const ENTRY_COST = 2_000;
const ATTEMPT_COST = 500;

/** The note that names the recorded request with which a replay answers. */
export const REPLAYED = 'replay';

const textIn = (detail: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = detail[name];
  return typeof value === 'string' ? value : undefined;
};

export class JournaledRequest implements RequestKeeper {
  readonly testId: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** In the order of arrival. */
  readonly number: number;
  /** True once the journal does not have the request any more. */
  isDropped = false;
  id = '';
  received: Told<'received'> | undefined;
  /** What the client asks for, in a body that could be understood. */
  meant: Told<'asked'> | undefined;
  error: Told<'error'> | undefined;
  stopReason: string | undefined;
  /** What has answered the client: a step of a scenario, or a request of a recording. */
  source: string | undefined;
  /** The status of the answer, from the moment at which its head is sent. */
  status: number | undefined;
  body: Uint8Array | undefined;
  readonly attempts: JournaledAttempt[] = [];
  readonly #onGrowth: (bytes: number) => void;
  #cost = ENTRY_COST;

  constructor(testId: string, request: Request, number: number, onGrowth: (bytes: number) => void) {
    this.testId = testId;
    this.method = request.method;
    this.url = request.url;
    this.headers = request.headers;
    this.number = number;
    this.#onGrowth = onGrowth;
  }

  /** Bytes of memory. */
  get cost(): number {
    return this.#cost;
  }

  /** Begins to hear the story of the request with this id. */
  readonly subscriber: Subscriber = (id) => {
    this.id = id;
    return (event) => this.#hear(event);
  };

  /** The head of the answer is about to be sent. */
  answered(status: number): void {
    this.status = status;
  }

  keepBody(bytes: Uint8Array): void {
    this.body = bytes;
    this.#grow(bytes.byteLength);
  }

  sent(url: string, body: string): KeptResponse {
    const attempt: JournaledAttempt = { url, body, faults: [] };
    this.attempts.push(attempt);
    this.#grow(ATTEMPT_COST + body.length);
    return {
      head(status) {
        attempt.status = status;
      },
      read() {},
      failed(error) {
        attempt.error = error instanceof Error ? error.message : String(error);
      },
    };
  }

  asked() {}
  translated() {}
  keepAnswer() {}

  #hear(event: TraceEvent): void {
    switch (event.type) {
      case 'received':
        this.received = event;
        return;
      case 'asked':
        this.meant = event;
        return;
      case 'stopped':
        this.stopReason = event.reason;
        return;
      case 'error':
        this.error = event;
        return;
      case 'note':
        this.#note(event);
        return;
    }
  }

  /** Notes come while the request that they are about is being answered. */
  #note({ what, detail }: Told<'note'>): void {
    const attempt = this.attempts.at(-1);
    if (what === REPLAYED) this.source = textIn(detail, 'source');
    if (!attempt) return;
    if (what === 'fault') attempt.faults.push(textIn(detail, 'fault') ?? '');
    if (what !== 'scenario') return;
    attempt.source = textIn(detail, 'source');
    // The proxy also asks on its own, such as for a verdict on a call.
    if (detail['caller'] === this.meant?.caller) this.source = attempt.source;
  }

  #grow(bytes: number): void {
    this.#cost += bytes;
    this.#onGrowth(bytes);
  }
}
