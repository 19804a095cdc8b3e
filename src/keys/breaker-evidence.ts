/**
 * The outcomes of the attempts that one breaker let pass. A failure may be the fault of the request. Example: Gemini fails at a
 * picture, and the client sends the request with that picture ten times. Those ten failures count as one, as long as other
 * askers are answered and the asker of the picture is not.
 */

/** Whose request it is. A request that is sent again after a failure has the same asker. A request whose asker is not known has the empty text. */
export type Asker = string;

type Outcome = { at: number; failed: boolean; asker: Asker };

export class BreakerEvidence {
  readonly #windowMs: number;
  /** The outcomes within the window, oldest first. */
  #outcomes: Outcome[] = [];
  /** For each asker, the number of its failures within the window and since the last success of anybody. */
  #failed = new Map<Asker, number>();
  #inRow = new Map<Asker, number>();
  /** How many successes each asker has had within the window. */
  #succeeded = new Map<Asker, number>();
  /** The latest success; and the latest success of any other asker than the one of the latest success. */
  #answered: { asker: Asker; at: number } | undefined;
  #answeredOther: { asker: Asker; at: number } | undefined;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  note(failed: boolean, asker: Asker, now: number): void {
    this.#forgetOld(now);
    this.#outcomes.push({ at: now, failed, asker });
    if (failed) {
      add(this.#failed, asker, 1);
      add(this.#inRow, asker, 1);
      return;
    }
    this.#inRow.clear();
    add(this.#succeeded, asker, 1);
    if (this.#answered && this.#answered.asker !== asker) this.#answeredOther = this.#answered;
    this.#answered = { asker, at: now };
  }

  /** The number of failures since the last success. */
  inRow(now: number): number {
    return this.#weigh(this.#inRow, now);
  }

  /** `known`: how many outcomes of the window count. `failures`: how many of these are failures. */
  share(now: number): { known: number; failures: number } {
    this.#forgetOld(now);
    const all = [...this.#failed.values()].reduce((sum, count) => sum + count, 0);
    const failures = this.#weigh(this.#failed, now);
    return { known: this.#outcomes.length - all + failures, failures };
  }

  /** True where any other asker than `asker` was answered within the window. */
  othersAnswered(asker: Asker, now: number): boolean {
    const other = this.#answered?.asker === asker ? this.#answeredOther : this.#answered;
    return other !== undefined && now - other.at < this.#windowMs;
  }

  /** The one asker who failed, within the window or since the last success; undefined where several did. */
  only(): Asker | undefined {
    const [asker, ...others] = new Set([...this.#failed.keys(), ...this.#inRow.keys()]);
    return others.length === 0 ? asker : undefined;
  }

  clear(): void {
    this.#outcomes = [];
    this.#failed.clear();
    this.#inRow.clear();
    this.#succeeded.clear();
    this.#answered = undefined;
    this.#answeredOther = undefined;
  }

  #weigh(failures: ReadonlyMap<Asker, number>, now: number): number {
    let sum = 0;
    for (const [asker, count] of failures) sum += this.#mayBeItself(asker, now) ? 1 : count;
    return sum;
  }

  /**
   * True where `asker` itself may be to blame for its failures. If `asker` was answered as well, the model is to blame.
   */
  #mayBeItself(asker: Asker, now: number): boolean {
    return !this.#succeeded.has(asker) && this.othersAnswered(asker, now);
  }

  #forgetOld(now: number): void {
    const first = this.#outcomes.findIndex(({ at }) => now - at < this.#windowMs);
    const old = this.#outcomes.splice(0, first < 0 ? this.#outcomes.length : first);
    for (const { failed, asker } of old) add(failed ? this.#failed : this.#succeeded, asker, -1);
  }
}

function add(counts: Map<Asker, number>, asker: Asker, by: number): void {
  const count = (counts.get(asker) ?? 0) + by;
  if (count > 0) counts.set(asker, count);
  else counts.delete(asker);
}
