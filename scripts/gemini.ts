/**
 * `bun run gemini` plays Google on loopback: the mock behind a socket of its own, so that a proxy with a key, or
 * several proxies, can be tried without one. It takes every key, but `bad` and those that begin with `bad-`.
 */
import { parseArgs } from 'node:util';
import { SCENARIOS } from '../src/compose/mock-upstream.ts';
import { type Exchange, systemClock, systemRandom } from '../src/lib/ports.ts';
import { badKey } from '../src/sim/faults/status.ts';
import { createMockFetch } from '../src/sim/mock/index.ts';
import { errorReply } from '../src/sim/mock/replies.ts';
import { STAND_IN } from '../src/sim/mock/self.ts';
import { loadScenarios } from '../src/sim/scenarios.ts';

const USUAL_PORT = '8099';
const BAD_KEY = /^bad(?:-|$)/;
/** What a request is for is not on the wire. Nearly all are turns of a conversation. */
const EXCHANGE: Exchange = { id: 'gemini', labels: { caller: 'main' }, note() {} };

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: USUAL_PORT },
    /** Nothing comes from a cache but what is kept by name (`CACHE_CONTROL=explicit`). */
    'no-implicit-cache': { type: 'boolean', default: false },
  },
});

const mock = createMockFetch({
  scenarios: loadScenarios(SCENARIOS),
  random: systemRandom,
  clock: systemClock,
  pace: 'human',
  implicitCache: !values['no-implicit-cache'],
  self: STAND_IN,
});

const refuseKey = (): Response => errorReply(badKey(''), false);

async function answer(request: Request): Promise<Response> {
  const key = request.headers.get('x-goog-api-key') ?? '';
  if (key === '' || BAD_KEY.test(key)) return refuseKey();
  const { url, method, headers, signal } = request;
  const body = await request.arrayBuffer();
  return mock(url, { method, headers, signal, ...(body.byteLength === 0 ? {} : { body }) }, EXCHANGE);
}

try {
  const { port } = Bun.serve({
    port: Number(values.port),
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: answer,
  });
  console.log(`A stand-in for Google: GEMINI_API_KEY=any GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:${port}`);
} catch (error) {
  console.error(`--port ${values.port}: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
