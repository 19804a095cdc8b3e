/** The state of a key in the form in which `/health` shows it to operators. */
import type { KeyState } from '../../keys/keys.ts';
import { type Clock, dateOf } from '../../lib/ports.ts';
import type { KeyAnswer } from '../api-description/answers.ts';

export const tellKey = (
  { fingerprint, state, why, testedAt, models }: KeyState,
  clock: Clock,
): KeyAnswer => ({
  key: `#${fingerprint}`,
  state,
  ...(why === undefined ? {} : { why }),
  ...(testedAt === undefined ? {} : { tested_again: dateOf(clock, testedAt).toISOString() }),
  models: models.map(({ model, state, until }) => ({
    model,
    state,
    until: dateOf(clock, until).toISOString(),
  })),
});
