/** One key, and no choice. For recordings and replays: what happens to their requests must not depend on other requests. */
import type { Backend } from '../upstream/backend.ts';
import type { KeyRoute, Keys } from './keys.ts';
import { keyVerdict } from './verdict.ts';

/** Remembers nothing of a request: each request is served as if it were the first. */
export function singleKey(backend: Backend): Keys {
  const route: KeyRoute = {
    backend: () => backend,
    chosen: () => ({ why: 'home', home: backend.keyFingerprint }),
    readyNow: () => true,
    ready: async () => {},
    refusal: () => undefined,
    failed: () => 'no',
    sentAgain() {},
    succeeded() {},
    released() {},
  };
  return {
    kind: backend.kind,
    backends: [backend],
    route: () => route,
    countRoute: () => ({
      backend: () => backend,
      refusal: () => undefined,
      failed: () => false,
      succeeded() {},
    }),
    usable: () => true,
    note() {},
    states: () => [{ fingerprint: backend.keyFingerprint, state: 'in use', models: [] }],
    modelStates: () => new Map(),
  };
}

/**
 * For one request alone. Until its end the request remembers what it has found out: that the key has no access to a model, or no quota of
 * the model for the day.
 */
export function keyOfOneRequest(backend: Backend): Keys {
  const single = singleKey(backend);
  const gone = new Set<string>();
  return {
    ...single,
    usable: (model) => !gone.has(model),
    route: (model, session) => ({
      ...single.route(model, session),
      failed(error) {
        const { kind } = keyVerdict(error);
        if (kind === 'denied' || kind === 'day') gone.add(model);
        return 'no';
      },
    }),
  };
}
