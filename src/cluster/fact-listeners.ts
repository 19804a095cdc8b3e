/** Runs those who act on facts. Facts come in callbacks, where a thrown error would end the process. */
import type { Fact } from './facts.ts';

export class FactListeners {
  readonly #listeners: ((fact: Fact) => void)[] = [];
  readonly #warn: (message: string) => void;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  add(listener: (fact: Fact) => void): void {
    this.#listeners.push(listener);
  }

  run(fact: Fact): void {
    for (const listener of this.#listeners) {
      try {
        listener(fact);
      } catch (error) {
        const why = error instanceof Error ? error.message : error;
        this.#warn(`a fact of kind "${fact.kind}" could not be used: ${why}`);
      }
    }
  }
}
