/** Reads a folder of scenarios that may be edited while the mock serves them. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../lib/ports.ts';
import { inOrder, readScenario, scenarioFiles } from '../scenarios.ts';
import type { Scenario } from './types.ts';

/** Milliseconds between two looks at the folder: short for a person, long compared with many requests at once. */
const LOOK_EVERY = 200;

export type FolderOptions = {
  clock: Clock;
  /** Called when a file was read again, or was removed. */
  onChange(file: string): void;
  /** Called with one line when a file cannot be used. The last version of the file that could be used stays in use. */
  onProblem(message: string): void;
};

type Known = { stamp: string; scenario: Scenario | undefined };

export class ScenarioFolder {
  readonly #folder: string;
  readonly #options: FolderOptions;
  readonly #known = new Map<string, Known>();
  #scenarios: readonly Scenario[];
  #lookedAt: number;

  /** Reads the folder. Throws like `loadScenarios`, because at the start there is no earlier version of a file. */
  constructor(folder: string, options: FolderOptions) {
    this.#folder = folder;
    this.#options = options;
    for (const file of scenarioFiles(folder)) {
      this.#known.set(file, { stamp: this.#stamp(file), scenario: readScenario(folder, file) });
    }
    this.#scenarios = this.#ordered();
    this.#lookedAt = options.clock.monotonic();
  }

  /** The scenarios in the present versions of the files. */
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

  /** Reads changed files. Returns true where something changed. */
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
    // The change is noted before the file is read, so that a broken file is reported once, and not with every request.
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
