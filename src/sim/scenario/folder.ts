/** Reads folders of scenarios that may be edited while the mock serves them. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../lib/ports.ts';
import { inOrder, loadScenario } from '../scenarios.ts';
import { labelOf, type ScenarioPlace, type ScenarioSource, sourcesIn } from './files.ts';
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

type Known = { source: ScenarioSource; stamp: string; scenario: Scenario | undefined };

export class ScenarioFolder {
  readonly #places: readonly ScenarioPlace[];
  readonly #options: FolderOptions;
  /** By label, which is different for each file. */
  readonly #known = new Map<string, Known>();
  #scenarios: readonly Scenario[];
  #lookedAt: number;

  /** Reads the folders. Throws like `loadScenarios`, because at the start there is no earlier version of a file. */
  constructor(places: readonly ScenarioPlace[], options: FolderOptions) {
    this.#places = places;
    this.#options = options;
    for (const source of places.flatMap(sourcesIn)) {
      const scenario = loadScenario(source);
      this.#known.set(labelOf(source), { source, stamp: stampOf(source), scenario });
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

  /** Those of the user's own files. */
  own(): readonly Scenario[] {
    return [...this.#known.values()].flatMap(({ source, scenario }) =>
      source.place.isOwn && scenario ? [scenario] : [],
    );
  }

  /** Reads changed files. Returns true where something changed. */
  #look(): boolean {
    const sources = this.#places.flatMap(sourcesIn);
    const labels = new Set(sources.map(labelOf));
    const gone = [...this.#known.keys()].filter((label) => !labels.has(label));
    for (const label of gone) {
      this.#known.delete(label);
      this.#options.onChange(label);
    }
    return sources.filter((source) => this.#readAnew(source)).length + gone.length > 0;
  }

  #readAnew(source: ScenarioSource): boolean {
    const label = labelOf(source);
    const stamp = stampOf(source);
    const known = this.#known.get(label);
    if (known?.stamp === stamp) return false;
    // The change is noted before the file is read, so that a broken file is reported once, and not with every request.
    this.#known.set(label, { source, stamp, scenario: known?.scenario });
    try {
      this.#known.set(label, { source, stamp, scenario: loadScenario(source) });
      this.#options.onChange(label);
      return true;
    } catch (error) {
      this.#problem(error);
      return false;
    }
  }

  #ordered(): Scenario[] {
    const rows = [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1));
    return inOrder(
      rows.flatMap(([, { source, scenario }]) => (scenario ? [[source, scenario] as const] : [])),
    );
  }

  #problem(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onProblem(`${message}; the last good scenarios stay in use`);
  }
}

function stampOf({ place, file }: ScenarioSource): string {
  const found = statSync(join(place.folder, file), { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : 'a link that leads nowhere';
}
