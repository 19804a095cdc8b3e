/**
 * Tells one looker which rows there are, and how they change. Whatever happens meanwhile, a row is told as it is when
 * the looker can take more: a slow looker, or a busy proxy, makes the messages fewer and not longer.
 */
import { Breather, othersFirst } from '../lib/async.ts';
import type { Clock } from '../lib/ports.ts';
import type { Elsewhere, RowListener } from './elsewhere.ts';
import type { Inspector } from './inspector.ts';
import type { LiveMessage, Row } from './shapes.ts';

/** Milliseconds: four messages a second. */
const PACE_MS = 250;
/** Milliseconds. Whatever stands between proxy and browser may end a silent connection. */
const SILENCE_MS = 15_000;
/** Milliseconds between two looks for silence. */
const SILENCE_PACE_MS = 1_000;
const ROWS_AT_ONCE = 500;
/** Rows that are made without a pause: the words of each are searched for secrets. */
const ROWS_BETWEEN_PAUSES = 20;

export type State = Extract<LiveMessage, { type: 'state' }>;
export type Hello = Extract<LiveMessage, { type: 'hello' }>;

export type LiveOptions = {
  inspector: Inspector;
  /** The requests that other processes have served. */
  elsewhere: Elsewhere;
  clock: Clock;
  hello: Hello;
  state(): State;
  onEnd(): void;
};

const encoder = new TextEncoder();
const lineOf = (message: LiveMessage): Uint8Array => encoder.encode(`${JSON.stringify(message)}\n`);

export class Live implements UnderlyingDefaultSource<Uint8Array> {
  readonly #options: LiveOptions;
  readonly #unlisten: () => void;
  /** The rows that have changed since they were told, in the order in which they are told. */
  readonly #changed = new Set<string>();
  readonly #told = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #breather = new Breather(ROWS_BETWEEN_PAUSES);
  #saidState = '';
  #isStateDue = true;
  #lastAt = 0;
  #isOver = false;
  #cancelTimer: () => void = () => {};
  #cancelLook: (() => void) | undefined;
  #wake: () => void = () => {};
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    // People look at the newest first.
    for (const { id } of options.inspector.requests().reverse()) this.#changed.add(id);
    for (const id of options.elsewhere.ids()) this.#changed.add(id);
    const listener: RowListener = {
      changed: (id) => {
        this.#changed.add(id);
        this.#wake();
        this.#watch();
      },
      gone: (id) => {
        this.#changed.delete(id);
        if (this.#told.delete(id)) this.#gone.add(id);
        this.#wake();
      },
    };
    const unlisten = [options.inspector.listen(listener), options.elsewhere.listen(listener)];
    this.#unlisten = () => {
      for (const end of unlisten) end();
      this.#cancelLook?.();
    };
    this.#watch();
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#enqueue(controller, this.#options.hello);
  }

  /** Runs when the looker can take more. Resolves when one message was given out. */
  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    await this.#pace();
    while (!this.#isOver) {
      const message = await this.#next();
      if (message) {
        this.#enqueue(controller, message);
        return;
      }
      await this.#news();
    }
  }

  cancel(): void {
    this.#controller = undefined;
    this.end();
  }

  /** Ends the stream. May be called repeatedly. */
  end(): void {
    if (this.#isOver) return;
    this.#controller?.close();
    this.#isOver = true;
    this.#unlisten();
    this.#cancelTimer();
    this.#wake();
    this.#options.onEnd();
  }

  /** Looks for requests of which nothing more comes, as long as any is under way. */
  #watch(): void {
    const { inspector, clock } = this.#options;
    if (inspector.streaming === 0) return;
    this.#cancelLook ??= clock.after(SILENCE_PACE_MS, () => {
      this.#cancelLook = undefined;
      inspector.lookForSilence();
      this.#watch();
    });
  }

  #enqueue(controller: ReadableStreamDefaultController<Uint8Array>, message: LiveMessage): void {
    this.#lastAt = this.#options.clock.monotonic();
    if (!this.#isOver) controller.enqueue(lineOf(message));
  }

  /** Waits until another message may be told. */
  #pace(): Promise<void> {
    const left = this.#lastAt + PACE_MS - this.#options.clock.monotonic();
    if (left <= 0 || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#cancelTimer = this.#options.clock.after(left, resolve);
      this.#onEnd(resolve);
    });
  }

  /** Waits until there is something to tell, or it has been silent for long. */
  #news(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#cancelTimer = this.#options.clock.after(SILENCE_MS, () => {
        this.#saidState = '';
        resolve();
      });
      this.#wake = () => {
        this.#wake = () => {};
        this.#cancelTimer();
        // What comes within a moment is told together.
        void othersFirst().then(resolve);
      };
    });
  }

  #onEnd(act: () => void): void {
    this.#wake = () => {
      if (this.#isOver) act();
    };
  }

  /** Rows and the state take turns, so that neither waits for the other. */
  async #next(): Promise<LiveMessage | undefined> {
    const wantsState = this.#isStateDue;
    this.#isStateDue = !wantsState;
    return wantsState ? (this.#state() ?? (await this.#rows())) : ((await this.#rows()) ?? this.#state());
  }

  #state(): LiveMessage | undefined {
    const state = this.#options.state();
    const said = JSON.stringify(state);
    if (said === this.#saidState) return undefined;
    this.#saidState = said;
    return state;
  }

  async #rows(): Promise<LiveMessage | undefined> {
    if (this.#changed.size === 0 && this.#gone.size === 0) return undefined;
    const { inspector, elsewhere } = this.#options;
    const rows: Row[] = [];
    for (const id of this.#changed) {
      if (rows.length >= ROWS_AT_ONCE || this.#isOver) break;
      this.#changed.delete(id);
      const request = inspector.request(id);
      const row = request ? inspector.row(request) : elsewhere.row(id);
      if (!row) continue;
      rows.push(row);
      this.#told.add(id);
      if (this.#breather.isDue()) await othersFirst();
    }
    const gone = [...this.#gone];
    this.#gone.clear();
    return { type: 'rows', rows, ...(gone.length > 0 ? { gone } : {}) };
  }
}
