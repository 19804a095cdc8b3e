/** What tests may ask of a proxy that a mock or a recording answers. */
import type { FaultRule } from '../../sim/faults/index.ts';
import type { Redactor } from '../../sim/redact.ts';
import type { Journal } from './journal.ts';

export type Mocking = {
  journal: Journal;
  /** Blots out credentials. All else stays as the test's program has sent it. */
  redactor: Redactor;
  /** False where other processes serve the same port, so that each knows only a part. */
  isAlone: boolean;
  /** The keys of now, by whose order faults name them. */
  apiKeys(): readonly string[];
  /** Forgets everything about a test, or about all. */
  reset(testId: string | undefined): void;
  /** Replaces the faults of a test. */
  setFaults(testId: string, rules: readonly FaultRule[]): void;
};
