/** Every made-up turn, by the name of its folder. */
import type { TurnCases } from '../build.ts';
import { CALLS } from './calls.ts';
import { CITATIONS } from './citations.ts';
import { CONNECTIONS } from './connections.ts';
import { CONTEXTS } from './context.ts';
import { ENDS } from './ends.ts';
import { ERRORS } from './errors.ts';
import { FRAMING } from './framing.ts';
import { HISTORY } from './history.ts';
import { LONG_ANSWERS } from './long-answers.ts';
import { LOST_CALLS } from './lost-calls.ts';
import { MEDIA } from './media.ts';
import { OPERATOR } from './operator.ts';
import { OWN } from './own.ts';
import { PARTS } from './parts.ts';
import { RETRIES } from './retries.ts';
import { SEARCHES } from './search.ts';
import { SETTINGS } from './settings.ts';
import { SHAPES } from './shapes.ts';

export const CASES: TurnCases = {
  ...SHAPES,
  ...PARTS,
  ...CALLS,
  ...LOST_CALLS,
  ...ENDS,
  ...LONG_ANSWERS,
  ...ERRORS,
  ...CONNECTIONS,
  ...RETRIES,
  ...FRAMING,
  ...HISTORY,
  ...CONTEXTS,
  ...SEARCHES,
  ...CITATIONS,
  ...SETTINGS,
  ...MEDIA,
  ...OWN,
  ...OPERATOR,
};
