/** Faults that send the same bytes in other pieces and at another speed. */
import { onBody, pause, type Reads } from './body.ts';
import type { Behaviour } from './fault.ts';

const MS = 1_000;
/** The least milliseconds that a piece lasts, so that a high speed needs few timers. */
const SHORTEST_MS = 100;
const LARGEST_READ = 64;

async function* cutBy(reads: Reads, size: () => number): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const read of reads) {
    let at = 0;
    while (at < read.byteLength) {
      const end = at + size();
      yield read.subarray(at, end);
      at = end;
    }
  }
}

export const readsBytes: Behaviour = onBody(async function* (reads, strike) {
  strike.struck();
  yield* cutBy(reads, () => 1);
});

export const readsAtRandom: Behaviour = onBody(async function* (reads, strike) {
  strike.struck();
  yield* cutBy(reads, () => 1 + Math.floor(strike.random.next() * LARGEST_READ));
});

/** Limits the number of bytes in a second. */
export const narrows: Behaviour = onBody(async function* (reads, strike) {
  const { rate = 1 } = strike.settings;
  const size = Math.max(1, Math.ceil((rate * SHORTEST_MS) / MS));
  strike.struck();
  for await (const piece of cutBy(reads, () => size)) {
    await pause((piece.byteLength / rate) * MS, strike);
    yield piece;
  }
});

/** Waits up to `for` before each read. */
export const jitters: Behaviour = onBody(async function* (reads, strike) {
  const { for: longest = 0 } = strike.settings;
  strike.struck();
  for await (const read of reads) {
    await pause(Math.floor(strike.random.next() * longest), strike);
    yield read;
  }
});
