/**
 * Every fault on top of every other. Whatever the two do to an answer: somebody handles every failure (an unhandled one
 * ends the process), the answer ends, and no timer is left. For readers that stay, and for readers that leave.
 */
import { describe, expect, test } from 'bun:test';
import { createFaultFetch, faultNames, parseFaults } from '../../../src/sim/faults/index.ts';
import { createGenaiBackend } from '../../../src/upstream/genai.ts';
import { turns } from '../../support/google/held-upstream.ts';
import { exchange } from '../../support/google/upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { googleStream, textChunk } from '../../support/proxy.ts';

/** Milliseconds. */
const PATIENCE = 500;
const STEP = 250;
/** Milliseconds, enough for the longest answer, one byte at a time. */
const STEPS = 2_000;
const HEAVY = new Set(['big-event', 'giant-headers']);
const NAMES = faultNames().filter((name) => !HEAVY.has(name));
const TIMEOUT_MS = 30_000;

const upstream = async () =>
  googleStream(...['Hel', 'lo é', ' the'].map((text) => textChunk(text)), textChunk('re', 'STOP'));

type Reader = 'stays' | 'leaves';

/** What is left at the end: nothing, or whatever has not ended. */
async function run(rules: string, reader: Reader): Promise<string> {
  const clock = new ManualClock();
  const stop = new AbortController();
  const backend = createGenaiBackend({
    kind: 'gemini',
    apiKey: 'key-of-a-test',
    baseUrl: 'http://upstream',
    fetch: createFaultFetch(upstream, parseFaults(rules), { clock, seed: 1 }),
    headTimeoutMs: PATIENCE,
    idleTimeoutMs: PATIENCE,
    clock,
  });
  let over = false;
  const read = async () => {
    const call = { model: 'gemini-4-argon', body: '{}', stream: true };
    const { frames } = await backend.generate(call, exchange, stop.signal);
    for await (const _ of frames) if (reader === 'leaves') return;
  };
  const ended = read().then(
    () => true,
    () => true,
  );
  void ended.then((done) => {
    over = done;
  });
  for (let step = 0; step < STEPS && !over; step++) {
    await clock.advance(STEP);
    if (step % 20 === 0) await turns(1);
    if (reader === 'leaves' && step === 1) stop.abort(new Error('left'));
  }
  await turns(1);
  if (!over) return 'not ended';
  return clock.sleeping === 0 ? 'nothing' : `${clock.sleeping} timers`;
}

describe.each<Reader>(['stays', 'leaves'])('a reader that %s', (reader) => {
  test(
    'hears the end of every pair, and nothing is left',
    async () => {
      const left: string[] = [];
      for (const outer of NAMES) {
        for (const inner of NAMES) {
          const what = await run(`${outer},${inner}`, reader);
          if (what !== 'nothing') left.push(`${outer},${inner}: ${what}`);
        }
      }
      expect(left).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
