/** The same upstream bytes, cut into other reads. */
import { createSeededRandom } from '../../../src/lib/ports.ts';
import type { RecordedRequest, UpstreamExchange } from '../../../src/sim/cassette/types.ts';

type Cut = (length: number) => number[];

/** Bytes. What follows in a very large answer is one read. */
const MOST_CUT = 65_536;

const everyByte: Cut = (length) => Array.from({ length: Math.min(length, MOST_CUT) }, (_, index) => index);
const nowhere: Cut = () => [];
const at =
  (place: number): Cut =>
  (length) =>
    place < length ? [place] : [];

/** Places by a seed, up to `count`, so spread that reads have all sizes. */
function scattered(seed: number): Cut {
  return (length) => {
    const random = createSeededRandom(seed);
    const share = random.next();
    return everyByte(length).filter(() => random.next() < share);
  };
}

const SAMPLES = process.env['CORPUS_EXHAUSTIVE'] === '1' ? Number.POSITIVE_INFINITY : 12;

/** One read; one read for each byte; a few seeded cuts; and all cuts in two (or a sample that is always the same). */
export function reslicings(recorded: RecordedRequest): { how: string; recorded: RecordedRequest }[] {
  const length = Math.max(0, ...recorded.upstream.map((exchange) => bodyOf(exchange).length));
  const stride = Math.max(1, Math.ceil(length / SAMPLES));
  const first = 1 % stride;
  const twos = Array.from(
    { length: Math.ceil((length - first) / stride) },
    (_, index) => first + index * stride,
  );
  const cuts: [how: string, cut: Cut][] = [
    ['whole', nowhere],
    ['byte by byte', everyByte],
    ...[1, 2, 3].map((seed): [string, Cut] => [`scattered ${seed}`, scattered(seed)]),
    ...twos.map((place): [string, Cut] => [`cut at ${place}`, at(place)]),
  ];
  return cuts.map(([how, cut]) => ({
    how,
    recorded: { ...recorded, upstream: recorded.upstream.map((exchange) => resliced(exchange, cut)) },
  }));
}

const bodyOf = ({ reads }: UpstreamExchange) => Buffer.concat(reads.map(({ bytes }) => bytes));

/**
 * Pauses are removed: pings depend on them, and are not compared. The first pause stays, because it decides what the
 * start can tell.
 */
function resliced(exchange: UpstreamExchange, cut: Cut): UpstreamExchange {
  const body = bodyOf(exchange);
  const edges = [...new Set([0, ...cut(body.length), body.length])].sort((a, b) => a - b);
  const reads = edges.slice(1).map((edge, index) => ({
    ms: index === 0 ? (exchange.reads[0]?.ms ?? 0) : 0,
    bytes: new Uint8Array(body.subarray(edges[index], edge)),
  }));
  return { ...exchange, reads };
}
