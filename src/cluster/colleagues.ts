/** What the workers of one proxy tell each other of what they have counted: they answer for all, whichever is asked. */
import type { Clock } from '../lib/ports.ts';
import { LATELY_MS } from '../trace/counters.ts';
import type { Figures } from '../trace/figures.ts';
import type { ParentLink } from './worker-shared.ts';

/** Milliseconds between two tellings. A busy worker would otherwise tell its figures twice with each request. */
const FIGURES_MS = 20;

/** The other processes that serve the same port. */
export type Colleagues = {
  /** The number of this process. */
  readonly worker: number;
  /** What the others have told last. The number 0 stands for those that have ended. */
  others(): ReadonlyMap<number, Figures>;
  /** To be called when the figures of this process have changed. Costs little. */
  changed(): void;
};

const NOBODY: ReadonlyMap<number, Figures> = new Map();
/** For a process that has its port for itself. */
export const NO_COLLEAGUES: Colleagues = { worker: 1, others: () => NOBODY, changed() {} };

export type ColleaguesOptions = {
  worker: number;
  parent: ParentLink;
  clock: Clock;
  /** The figures of this process. */
  figures(): Figures;
};

export function openColleagues(options: ColleaguesOptions): Colleagues {
  return new WorkerColleagues(options);
}

class WorkerColleagues implements Colleagues {
  readonly worker: number;
  readonly #options: ColleaguesOptions;
  readonly #others = new Map<number, { at: number; figures: Figures }>();
  #isResting = false;
  #isStale = false;

  constructor(options: ColleaguesOptions) {
    this.worker = options.worker;
    this.#options = options;
    const { parent, clock } = options;
    parent.listen((message) => {
      if (message.kind === 'gone') this.#others.delete(message.of);
      if (message.kind === 'figures')
        this.#others.set(message.of, { at: clock.monotonic(), figures: message.figures });
    });
    this.changed();
  }

  others(): ReadonlyMap<number, Figures> {
    const now = this.#options.clock.monotonic();
    return new Map(
      [...this.#others].map(([worker, { at, figures }]) => [
        worker,
        // A worker that has nothing to do tells nothing, and what it told holds for a minute.
        now - at < LATELY_MS ? figures : { ...figures, lately: { ended: 0, failed: 0 } },
      ]),
    );
  }

  /** Tells at once, and then rests: how many answers are under way matters to the very next request. */
  changed(): void {
    this.#isStale = true;
    if (this.#isResting) return;
    const { parent, clock, figures } = this.#options;
    this.#isStale = false;
    this.#isResting = true;
    parent.send({ kind: 'figures', figures: figures() });
    clock.after(FIGURES_MS, () => {
      this.#isResting = false;
      if (this.#isStale) this.changed();
    });
  }
}
