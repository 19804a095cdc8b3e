/**
 * The parts with which a recorded request is served, and with which its replay is served again: parts that hold nothing
 * of other requests.
 */

import { NO_CACHING } from '../../answer/caching/prompt-caching.ts';
import { Lessons } from '../../answer/lessons.ts';
import { QuarantineMemory } from '../../answer/quarantine-memory.ts';
import { PromptSizes } from '../../answer/sizes/prompt-sizes.ts';
import { TokenCounts } from '../../answer/sizes/token-counts.ts';
import { VerdictMemory } from '../../answer/verdicts/verdict-memory.ts';
import { UNLIMITED } from '../../keys/retry-budget.ts';
import { keyOfOneRequest } from '../../keys/single-key.ts';
import { ALWAYS_STREAMING } from '../../keys/stream-breakers.ts';
import type { Clock } from '../../lib/ports.ts';
import type { Backend } from '../../upstream/backend.ts';
import type { ServerDeps } from '../deps.ts';
import { seeded } from './seeded.ts';

type Untouched = Pick<
  ServerDeps,
  | 'keys'
  | 'ids'
  | 'random'
  | 'quarantine'
  | 'lessons'
  | 'sizes'
  | 'counts'
  | 'verdicts'
  | 'caching'
  | 'budget'
  | 'streaming'
>;

export const untouched = (seed: number, backend: Backend, clock: Clock): Untouched => ({
  keys: keyOfOneRequest(backend),
  ...seeded(seed),
  quarantine: new QuarantineMemory(),
  lessons: new Lessons(clock),
  sizes: new PromptSizes(),
  counts: new TokenCounts(),
  verdicts: new VerdictMemory(),
  // What is kept has come of earlier requests.
  caching: NO_CACHING,
  budget: UNLIMITED,
  streaming: ALWAYS_STREAMING,
});
