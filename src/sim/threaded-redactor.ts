/**
 * Blots out secrets in a thread of its own. To search tens of megabytes in every encoding needs seconds, and no client may
 * wait for that because a person has opened a request.
 */
import type { Clock } from '../lib/ports.ts';
import { ownThread } from '../lib/program/own-files.ts';
import type { Redactor } from './redact.ts';

export type ToRedactThread = {
  id: number;
  bytes: Uint8Array<ArrayBuffer>;
  secrets: readonly string[];
  patterns: readonly string[];
};
export type FromRedactThread = { id: number; bytes: Uint8Array<ArrayBuffer> };

/** Bytes. Less is searched at once, within milliseconds: a thread would take longer to be asked. */
export const LARGE = 32 * 1024;
/** Milliseconds after which a thread that has nothing to do ends: it keeps the memory that large texts have needed. */
const IDLE_MS = 10_000;

type Pending = { resolve(bytes: Uint8Array): void; reject(error: Error): void };

export class ThreadedRedactor {
  readonly #after: Clock['after'];
  readonly #pending = new Map<number, Pending>();
  #thread: Worker | undefined;
  #cancelEnd: (() => void) | undefined;
  #id = 0;

  constructor(after: Clock['after']) {
    this.#after = after;
  }

  /** The bytes as `redactor` leaves them. */
  async bytes(bytes: Uint8Array, redactor: Redactor): Promise<Uint8Array> {
    if (bytes.byteLength <= LARGE) return redactor.bytes(bytes, '', []);
    const id = ++this.#id;
    const { promise, ...pending } = Promise.withResolvers<Uint8Array>();
    this.#pending.set(id, pending);
    const copy = new Uint8Array(bytes);
    const message: ToRedactThread = { id, bytes: copy, ...redactor.parts() };
    this.#open().postMessage(message, [copy.buffer]);
    return promise;
  }

  #open(): Worker {
    this.#cancelEnd?.();
    this.#cancelEnd = undefined;
    if (this.#thread) return this.#thread;
    // A person who looks does not keep the process from ending.
    const thread = new Worker(ownThread('src/sim/redact-thread.ts'), { ref: false });
    thread.onmessage = ({ data }: MessageEvent<FromRedactThread>) => this.#settle(data);
    const end = (why: string) => {
      if (this.#thread === thread) this.#end(why);
    };
    thread.onerror = ({ message }) => end(message);
    thread.addEventListener('close', () => end('its thread has ended'));
    this.#thread = thread;
    return thread;
  }

  #settle({ id, bytes }: FromRedactThread): void {
    this.#pending.get(id)?.resolve(bytes);
    this.#pending.delete(id);
    if (this.#pending.size > 0) return;
    this.#cancelEnd = this.#after(IDLE_MS, () => {
      const thread = this.#thread;
      this.#thread = undefined;
      thread?.terminate();
    });
  }

  #end(why: string): void {
    this.#thread = undefined;
    const left = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of left) reject(new Error(`the texts could not be searched for secrets: ${why}`));
  }
}
