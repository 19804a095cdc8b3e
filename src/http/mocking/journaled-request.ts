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
  source?: string;
  faults: string[];
};

/** Bytes that an entry costs beside its bodies. Measured roughly; only the order of size matters. */
const ENTRY_COST = 2_000;
const ATTEMPT_COST = 500;

const textIn = (detail: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = detail[name];
  return typeof value === 'string' ? value : undefined;
};

export class JournaledRequest implements RequestKeeper {
  readonly testId: string;
  readonly request: Request;
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
  /** The status of the answer, from the moment at which its head is sent. */
  status: number | undefined;
  body: Uint8Array | undefined;
  readonly attempts: JournaledAttempt[] = [];
  readonly #onGrowth: (bytes: number) => void;
  #cost = ENTRY_COST;

  constructor(testId: string, request: Request, number: number, onGrowth: (bytes: number) => void) {
    this.testId = testId;
    this.request = request;
    this.number = number;
    this.#onGrowth = onGrowth;
  }

  /** Bytes of memory. */
  get cost(): number {
    return this.#cost;
  }

  /** What has answered the client: the last of the attempts that were answered by a rule. */
  get source(): string | undefined {
    return this.attempts.findLast(({ source }) => source !== undefined)?.source;
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
    if (!attempt) return;
    const source = what === 'scenario' ? textIn(detail, 'source') : undefined;
    if (source !== undefined) attempt.source = source;
    const fault = what === 'fault' ? textIn(detail, 'fault') : undefined;
    if (fault !== undefined) attempt.faults.push(fault);
  }

  #grow(bytes: number): void {
    this.#cost += bytes;
    this.#onGrowth(bytes);
  }
}
