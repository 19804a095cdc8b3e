/**
 * `bun run gemini` plays Google on loopback: the mock behind a socket of its own, so that a proxy with a key, or
 * several proxies, can be tried without one. It takes every key, but `bad` and those that begin with `bad-`.
 */
import { parseArgs } from 'node:util';
import { simulatedGoogle } from './drift/simulated/google.ts';
import { plantsNamed } from './drift/simulated/plants.ts';

const USUAL_PORT = '8099';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: USUAL_PORT },
    /** Nothing comes from a cache but what is kept by name (`CACHE_CONTROL=explicit`). */
    'no-implicit-cache': { type: 'boolean', default: false },
    /** How fast it answers: `instant` or `human`. */
    pace: { type: 'string', default: 'human' },
    /** What it does otherwise than Google, for `bun run drift`: names of `drift/simulated/plants.ts`, or `all`. */
    differs: { type: 'string', default: '' },
  },
});

try {
  const { port } = Bun.serve({
    port: Number(values.port),
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: simulatedGoogle({
      pace: values.pace === 'instant' ? 'instant' : 'human',
      implicitCache: !values['no-implicit-cache'],
      plants: plantsNamed(values.differs.split(',').filter((name) => name !== '')),
    }),
  });
  console.log(`A stand-in for Google: GEMINI_API_KEY=any GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:${port}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
