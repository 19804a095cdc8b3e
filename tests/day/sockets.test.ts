/**
 * A second of the day over real sockets, on the real clock. Clients, proxy and Google each have a port of their own.
 */
import { expect, test } from 'bun:test';
import { type Clock, createSeededRandom, systemClock } from '../../src/lib/ports.ts';
import { startProxy } from '../support/proxy.ts';
import { Clients, type Door } from './clients.ts';
import { Google } from './google.ts';
import { judge, problemsOf } from './judge.ts';
import { CAPPED_AT, DAY_START, FALLBACKS, KEYS, type Phase } from './script.ts';

/** One key is revoked, and another has used up its day. (Broken sockets: `tests/sim/faults/real-sockets.test.ts`.) */
const SCRIPT: readonly Phase[] = [
  {
    name: 'a second',
    from: (CAPPED_AT - DAY_START) / 60_000,
    lasts: 1.6 / 60,
    asks: 30,
    // No failures that count for a breaker: an open one would take seconds.
    early: { share: 0.2, kinds: ['broken chunk after thoughts', 'end after thoughts', 'empty answer'] },
    late: { share: 0.05, kinds: ['end in the answer', 'half a call'] },
  },
];
/** Of Google's pauses. */
const PACE = 0.02;

/** The system's clock, set to the hour of the script. */
function hourClock(): Clock & { readonly time: number } {
  const ahead = CAPPED_AT - systemClock.monotonic();
  const monotonic = () => systemClock.monotonic() + ahead;
  return {
    sleep: systemClock.sleep,
    after: systemClock.after,
    monotonic,
    wall: () => new Date(monotonic()),
    get time() {
      return monotonic();
    },
  };
}

function serveGoogle(google: Google) {
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const { url, headers, signal } = request;
      const init = { headers, body: await request.text(), signal };
      return google.fetch(url, init, { id: 'day', labels: {}, note() {} });
    },
  });
}

const overSocket =
  (url: string): Door =>
  async (request) =>
    fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: request.headers,
      body: await request.text(),
      signal: request.signal,
    });

test('over real sockets: each request ends in its own whole answer or in one typed error', async () => {
  const clock = hourClock();
  const google = new Google({ clock, random: createSeededRandom(3), script: SCRIPT, pace: PACE });
  const server = serveGoogle(google);
  const env = {
    BACKEND: 'gemini',
    API_KEYS: Object.values(KEYS).join(','),
    MODEL_FALLBACKS: FALLBACKS,
    GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${server.port}`,
  };
  try {
    await using proxy = await startProxy({ env });
    const clients = new Clients({
      door: overSocket(proxy.url),
      clock,
      random: createSeededRandom(4),
      script: SCRIPT,
      sessions: 6,
      comebacks: 0,
    });
    clients.start();
    while (!clients.done || google.open.length > 0) await systemClock.sleep(20);
    const verdicts = judge(clients.asked, google.sends, 1_000);
    expect(problemsOf(verdicts)).toEqual([]);
    const complete = verdicts.filter(({ ending }) => ending === 'complete');
    expect(complete.length).toBeGreaterThan(20);
    const outcomes = new Set(google.sends.map(({ outcome }) => outcome));
    for (const outcome of ['answered', 'key refused', 'day quota'] as const)
      expect(outcomes).toContain(outcome);
    const health = await (await proxy.send('/health')).json();
    expect(health.streams_in_flight).toBe(0);
  } finally {
    await server.stop(true);
  }
}, 20_000);
