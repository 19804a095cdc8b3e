/**
 * Writes recordings in a thread of its own. To search thirty megabytes for secrets in every encoding needs seconds, and
 * no client's stream must wait for that.
 */
import { ownThread } from '../../lib/program/own-files.ts';
import type { RawRequest } from './raw.ts';
import type { Writer, WriterOptions, Written } from './writer.ts';

export type ToThread =
  | { kind: 'open'; options: WriterOptions }
  | { kind: 'write'; id: number; path: string; raw: RawRequest };

export type FromThread = { id: number } & ({ written: Written } | { problem: string });

type Pending = { resolve(written: Written): void; reject(error: Error): void };

/** Starts the thread with the first request. If the thread ends because of a request, the next request starts it again. */
export class ThreadedWriter implements Writer {
  readonly #options: WriterOptions;
  readonly #pending = new Map<number, Pending>();
  #thread: Worker | undefined;
  #id = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  write(path: string, raw: RawRequest): Promise<Written> {
    const thread = this.#open();
    this.#id++;
    const { promise, ...pending } = Promise.withResolvers<Written>();
    this.#pending.set(this.#id, pending);
    this.#send(thread, { kind: 'write', id: this.#id, path, raw });
    return promise;
  }

  close(): void {
    this.#thread?.terminate();
    this.#end('the recorder was closed');
  }

  #send(thread: Worker, message: ToThread): void {
    thread.postMessage(message);
  }

  #open(): Worker {
    if (this.#thread) return this.#thread;
    const thread = new Worker(ownThread('src/sim/record/writer-thread.ts'));
    thread.onmessage = ({ data }: MessageEvent<FromThread>) => this.#settle(data);
    const end = (why: string) => {
      if (this.#thread === thread) this.#end(why);
    };
    thread.onerror = ({ message }) => end(message);
    thread.addEventListener('close', () => end('its thread has ended'));
    this.#thread = thread;
    this.#send(thread, { kind: 'open', options: this.#options });
    return thread;
  }

  #settle(reply: FromThread): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('written' in reply) pending?.resolve(reply.written);
    else pending?.reject(new Error(reply.problem));
  }

  #end(why: string): void {
    this.#thread = undefined;
    const left = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of left) reject(new Error(why));
  }
}
