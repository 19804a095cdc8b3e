/** A key's state as operators are told it. */
import type { KeyState } from '../backend/keys.ts';

export const tellKey = ({ fingerprint, state, models }: KeyState) => ({
  key: `#${fingerprint}`,
  state,
  models: models.map(({ model, state, until }) => ({
    model,
    state,
    until: new Date(until).toISOString(),
  })),
});
