/**
 * `bun run gemini` plays Google on loopback: the mock behind a socket of its own, so that a proxy with a key, or
 * several proxies, can be tried without one. It takes every key, but `bad` and those that begin with `bad-`.
 */
import { commandLine, slip } from './command-line/command-line.ts';
import { simulatedGoogle } from './drift/simulated/google.ts';
import { plantsNamed } from './drift/simulated/plants.ts';

const USUAL_PORT = '8099';
const MOST_PORT = 65_535;

const { values } = commandLine({
  name: 'bun run gemini',
  about:
    'Plays Google on loopback, for a proxy with a key: GEMINI_API_KEY=any GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8099',
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

const port = Number(values.port);
if (!/^\d+$/.test(values.port) || port > MOST_PORT)
  slip(`--port: expected a whole number from 0 to ${MOST_PORT}, got ${JSON.stringify(values.port)}`);
const { pace } = values;
if (pace !== 'instant' && pace !== 'human')
  slip(`--pace: expected instant or human, got ${JSON.stringify(pace)}`);

try {
  const server = Bun.serve({
    port,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: simulatedGoogle({
      pace,
      implicitCache: !values['no-implicit-cache'],
      plants: plantsNamed(values.differs.split(',').filter((name) => name !== '')),
    }),
  });
  console.log(
    `A stand-in for Google: GEMINI_API_KEY=any GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:${server.port}`,
  );
} catch (error) {
  const why = error instanceof Error ? error.message : error;
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  console.error(isTaken ? `--port: ${port} is in use already; choose another one` : why);
  process.exitCode = 1;
}
