/**
 * However the socket slices the bytes, the answer is the same. By default a sample of cuts; with `CORPUS_EXHAUSTIVE=1`
 * (`bun run corpus`) a cut at every byte offset of every raw stream.
 */
import { describe, expect, test } from 'bun:test';
import { createSeededRandom } from '../../src/lib/ports.ts';
import { answerFrames, decodeSlices, planFor } from '../support/answers/answer.ts';
import { hasCorpus, recordings } from '../support/corpus/corpus.ts';
import { readIndependently } from '../support/corpus/independent-reading.ts';
import { slicesOf } from '../support/corpus/recorded-backend.ts';

const exhaustive = process.env['CORPUS_EXHAUSTIVE'] === '1';
const SAMPLED_CUTS = 25;
const streams = recordings('gemini').filter(({ kind }) => kind === 'stream');
const raw = streams.filter(({ source }) => source.fidelity === 'raw');

function* cutsOf(length: number): Generator<number> {
  if (exhaustive) for (let at = 1; at < length; at++) yield at;
  const random = createSeededRandom(length);
  for (let i = 0; i < SAMPLED_CUTS; i++) yield 1 + Math.floor(random.next() * (length - 1));
}

function* randomSizes(seed: number): Generator<number> {
  const random = createSeededRandom(seed);
  while (true) yield 1 + Math.floor(random.next() * 40);
}

function* ones(): Generator<number> {
  while (true) yield 1;
}

describe.skipIf(!hasCorpus)('re-slicing recorded streams', () => {
  let cuts = 0;

  for (const recording of exhaustive ? raw : streams) {
    test(
      recording.id,
      async () => {
        const bytes = new TextEncoder().encode(recording.response.body);
        const plan = planFor(readIndependently(recording.response.body).calls.map(({ name }) => name));
        const frames = decodeSlices([bytes]);
        const whole = JSON.stringify(frames);
        for (const at of cutsOf(bytes.length)) {
          cuts++;
          if (JSON.stringify(decodeSlices(slicesOf(bytes, [at]))) !== whole) {
            throw new Error(`cut at byte ${at} of ${bytes.length} gives other frames`);
          }
        }
        const { events } = await answerFrames(frames, plan);
        for (const sizes of [ones(), randomSizes(1), randomSizes(2)]) {
          const again = await answerFrames(decodeSlices(slicesOf(bytes, sizes)), plan);
          expect(again.events).toEqual(events);
        }
      },
      exhaustive ? 600_000 : 20_000,
    );
  }

  test('cuts made', () => {
    console.log(`${cuts} cuts over ${exhaustive ? raw.length : streams.length} streams`);
    expect(cuts).toBeGreaterThan(0);
  });
});
