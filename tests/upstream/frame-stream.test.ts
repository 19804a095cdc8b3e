import { expect, test } from 'bun:test';
import { Breather } from '../../src/lib/async.ts';
import type { Connection } from '../../src/upstream/connection.ts';
import { FrameStream } from '../../src/upstream/frame-stream.ts';

const EVENT = 'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\r\n\r\n';

/** A stream whose reads are there before they are asked for. */
function connectionOf(reads: Uint8Array[]) {
  const left = [...reads];
  const connection = {
    read: async () => left.shift(),
    close: () => {
      left.length = 0;
    },
    heard: () => {},
    expect: () => {},
  };
  return connection as unknown as Connection;
}

/** How often timers and sockets got a turn meanwhile. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await work();
  done = true;
  return turns;
}

const bytes = new TextEncoder().encode(EVENT.repeat(20_000));
const slicesOf = (size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

test.each([
  ['one read of all', [bytes]],
  ['reads that are all there', slicesOf(1_000)],
])('a long answer lets others have their turn: %s', async (_name, reads) => {
  let frames = 0;
  const turns = await turnsDuring(async () => {
    for await (const batch of new FrameStream(connectionOf(reads))) frames += batch.length;
  });
  expect(frames).toBe(20_000);
  expect(turns).toBeGreaterThanOrEqual(Math.floor(bytes.length / (512 * 1024)));
});

test('nothing more is read once it is left, though more has come', async () => {
  const stream = new FrameStream(connectionOf([bytes]));
  await stream.next();
  await stream.return();
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test('a breather is due after so many steps, over and over', () => {
  const breather = new Breather(3);
  expect([1, 1, 1, 1, 1, 1, 5, 1].map((steps) => breather.isDue(steps))).toEqual([
    false,
    false,
    true,
    false,
    false,
    true,
    true,
    false,
  ]);
});
