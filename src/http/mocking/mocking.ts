/** What tests may ask of a proxy that a mock or a recording answers. */
import type { Redactor } from '../../sim/redact.ts';
import type { Journal } from './journal.ts';

export type Mocking = {
  journal: Journal;
  /** Blots out what must not be told. */
  redactor: Redactor;
};
