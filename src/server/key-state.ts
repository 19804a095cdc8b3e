/** A key's state as operators are told it. */
import type { KeyState } from '../backend/keys.ts';

export const tellKey = ({ fingerprint, state, why, testedAt, models }: KeyState) => ({
  key: `#${fingerprint}`,
  state,
  ...(why === undefined ? {} : { why }),
  ...(testedAt === undefined ? {} : { tested_again: new Date(testedAt).toISOString() }),
  models: models.map(({ model, state, until }) => ({
    model,
    state,
    until: new Date(until).toISOString(),
  })),
});
