/** Loaded before every test: no test may reach beyond loopback, or see a key of the developer's. */

import { setDefaultTimeout } from 'bun:test';
import { plugin } from 'bun';
import fc from 'fast-check';

/** Bun's five seconds are too short on a busy machine. */
const LIMIT_MS = 20_000;

// Bun forgets the limit after each file (https://github.com/oven-sh/bun/issues/43787), so each file sets it anew.
plugin({
  name: 'limit of each test',
  setup(build) {
    build.onResolve({ filter: /\.test\.ts$/ }, () => {
      setDefaultTimeout(LIMIT_MS);
      return undefined;
    });
  },
});

// Chance explores at the desk. In CI the seed is fixed, so that a failure comes from the change.
if (process.env['CI']) fc.configureGlobal({ seed: 20261122 });

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '0.0.0.0']);

for (const name of [
  'API_KEYS',
  'GEMINI_API_KEY',
  'GOOGLE_API_KEY',
  'GOOGLE_CLOUD_PROJECT',
  'PROXY_API_KEY',
]) {
  delete process.env[name];
}

const realFetch = globalThis.fetch;

const loopbackFetch = async (input: string | URL | Request, init?: RequestInit) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (!LOOPBACK.has(url.hostname)) throw new Error(`a test tried to reach ${url.hostname}`);
  return realFetch(input, init);
};

globalThis.fetch = Object.assign(loopbackFetch, { preconnect: realFetch.preconnect });
