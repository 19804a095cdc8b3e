/** A folder of scenarios that may be edited while it is played. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../lib/ports.ts';
import { inOrder, readScenario, scenarioFiles } from '../scenarios.ts';
import type { Scenario } from './types.ts';

/** Milliseconds between two looks at the folder: short for a person, long compared with a burst of requests. */
const LOOK_EVERY = 200;

export type FolderOptions = {
  clock: Clock;
  /** A file was read anew, or is gone. */
  onChange(file: string): void;
  /** A file cannot be used; the text is one line. Its last good form stays in use. */
  onProblem(message: string): void;
};

type Known = { stamp: string; scenario: Scenario | undefined };

export class ScenarioFolder {
  readonly #folder: string;
  readonly #options: FolderOptions;
  readonly #known = new Map<string, Known>();
  #scenarios: readonly Scenario[];
  #lookedAt: number;

  /** Throws like `loadScenarios`: at the start there is no last good form. */
  constructor(folder: string, options: FolderOptions) {
    this.#folder = folder;
    this.#options = options;
    for (const file of scenarioFiles(folder)) {
      this.#known.set(file, { stamp: this.#stamp(file), scenario: readScenario(folder, file) });
    }
    this.#scenarios = this.#ordered();
    this.#lookedAt = options.clock.monotonic();
  }

  /** The scenarios as the files are now. */
  current(): readonly Scenario[] {
    const now = this.#options.clock.monotonic();
    if (now - this.#lookedAt < LOOK_EVERY) return this.#scenarios;
    this.#lookedAt = now;
    try {
      if (this.#look()) this.#scenarios = this.#ordered();
    } catch (error) {
      this.#problem(error);
    }
    return this.#scenarios;
  }

  /** True where something changed. */
  #look(): boolean {
    const files = scenarioFiles(this.#folder);
    const gone = [...this.#known.keys()].filter((file) => !files.includes(file));
    for (const file of gone) {
      this.#known.delete(file);
      this.#options.onChange(file);
    }
    return files.filter((file) => this.#readAnew(file)).length + gone.length > 0;
  }

  #readAnew(file: string): boolean {
    const stamp = this.#stamp(file);
    const known = this.#known.get(file);
    if (known?.stamp === stamp) return false;
    // Noted before the file is read: a broken file is told once, not with every request.
    this.#known.set(file, { stamp, scenario: known?.scenario });
    try {
      this.#known.set(file, { stamp, scenario: readScenario(this.#folder, file) });
      this.#options.onChange(file);
      return true;
    } catch (error) {
      this.#problem(error);
      return false;
    }
  }

  #ordered(): Scenario[] {
    const rows = [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1));
    return inOrder(rows.flatMap(([file, { scenario }]) => (scenario ? [[file, scenario] as const] : [])));
  }

  #stamp(file: string): string {
    const { mtimeMs, size, ino } = statSync(join(this.#folder, file));
    return `${mtimeMs} ${size} ${ino}`;
  }

  #problem(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onProblem(`${message}; the last good scenarios stay in use`);
  }
}
