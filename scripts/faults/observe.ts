/** What could be seen of a scene from outside, in lines that say when: two versions that do the same give the same lines. */
import { openBench, type Played } from '../../tests/support/faults/bench.ts';
import type { FaultCase } from '../../tests/support/faults/cases.ts';
import type { Heard } from '../../tests/support/faults/client.ts';
import type { Asked } from '../../tests/support/faults/upstream.ts';

export type Observed = { name: string; lines: string[] };

/** By what the lines call them. */
export type Texts = Map<string, string>;

/** Of a text, for whoever looks at a difference; all of it is in its hash. */
const KEPT = 20_000;

const utf8 = new TextDecoder();

function nameOf(content: string | Uint8Array, texts: Texts): string {
  const name = `#${Bun.hash.xxHash64(content).toString(36)}`;
  if (!texts.has(name))
    texts.set(name, (typeof content === 'string' ? content : utf8.decode(content)).slice(0, KEPT));
  return name;
}

const headersText = (headers: Iterable<readonly [string, string]>): string =>
  [...headers]
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
    .join('\n');

/** How many reads bring them is nobody's concern. */
function bytesByTime(reads: Heard['reads']): [at: number, bytes: Uint8Array][] {
  const byTime = new Map<number, Uint8Array[]>();
  for (const { at, bytes } of reads) byTime.set(at, [...(byTime.get(at) ?? []), bytes]);
  return [...byTime].map(([at, pieces]) => [at, Buffer.concat(pieces)]);
}

function askedLines({ at, method, url, headers, body, end }: Asked, number: number, texts: Texts): string[] {
  const who = `request ${number} upstream`;
  const sent = `headers ${nameOf(headersText(headers), texts)}, body ${nameOf(body, texts)}`;
  return [
    `${who}, ${at} ms: ${method} ${url}, ${sent}`,
    end ? `${who}, ${end.at} ms: ${end.how}` : `${who}: never let go`,
  ];
}

function heardLines({ head, reads, end }: Heard, number: number, texts: Texts): string[] {
  const who = `client ${number}`;
  return [
    ...(head
      ? [`${who}, ${head.at} ms: HTTP ${head.status}, headers ${nameOf(headersText(head.headers), texts)}`]
      : []),
    ...bytesByTime(reads).map(
      ([at, bytes]) => `${who}, ${at} ms: ${bytes.length} bytes ${nameOf(bytes, texts)}`,
    ),
    `${who}, ${end.at} ms: ${end.how}`,
  ];
}

const linesOf = ({ asked, heard }: Played, texts: Texts): string[] => [
  ...asked.flatMap((each, index) => askedLines(each, index + 1, texts)),
  ...heard.flatMap((each, index) => heardLines(each, index + 1, texts)),
];

/** A scene that does not end is told as one. */
export async function observe({ name, settings, scene }: FaultCase, texts: Texts): Promise<Observed> {
  using bench = await openBench(settings);
  try {
    return { name, lines: linesOf(await bench.play(scene), texts) };
  } catch (error) {
    return { name, lines: [String(error)] };
  }
}
