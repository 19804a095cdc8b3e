/** What is left of streams of Google's after they were recorded. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tryParseJson } from '../../../src/lib/json.ts';
import type { Grade } from '../../peers/judge.ts';
import { STREAMS } from '../../peers/recordings.ts';
import type { Bench } from '../bench.ts';
import type { Probe } from '../probes.ts';

const utf8 = new TextEncoder();

/** Ways in which streams of Gemini were seen to be broken, beside those of `STREAMS`. */
const BROKEN: readonly Uint8Array[] = [
  ...Object.values(STREAMS).map((pieces) => new Uint8Array(Buffer.concat([...pieces]))),
  utf8.encode('data: {"candidates":[{"content":{"parts":[{"text":"cut'),
  utf8.encode(
    'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\r\n\r\ndata: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}\r\n\r\n',
  ),
  utf8.encode(
    'data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}\r\n\r\n{"candidates": oops}\r\n\r\n',
  ),
  new Uint8Array([
    ...utf8.encode('data: {"candidates":[{"content":{"parts":[{"text":"'),
    0xc3,
    0x28,
    ...utf8.encode('"}]},"finishReason":"STOP"}]}\r\n\r\n'),
  ]),
  utf8.encode('data: {"candidates":[{"content":{"parts":[]},"finishReason":"TOMORROWS_REASON"}]}\r\n\r\n'),
  utf8.encode('[{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}]'),
];

/** Raw streams of Google, where they are at hand. */
function realStreams(): Uint8Array[] {
  const folder = join(process.env['CORPUS_DIR'] ?? '', 'gemini/sse');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

/** Answers "stream 7" with the seventh stream. */
async function serve(streams: readonly Uint8Array[]) {
  const server = createServer(async (request, response) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece);
    const number = /stream (\d+)\b/.exec(Buffer.concat(pieces).toString())?.[1];
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(streams[Number(number)] ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve));
  return { url: `http://127.0.0.1:${port}`, close };
}

type Figure = 'onDisk' | 'replayed' | 'sameWords';
/** How many of all streams were kept in each way. */
type Kept = Readonly<Record<Figure | 'all', number>>;

/** The streams are recorded and replayed once for each program, however many probes look at the result. */
const known = new WeakMap<Bench, Map<string, Promise<Kept>>>();

function kept(bench: Bench, name: string, streams: readonly Uint8Array[]): Promise<Kept> {
  const all = known.get(bench) ?? new Map<string, Promise<Kept>>();
  known.set(bench, all);
  const there = all.get(name) ?? recordAndReplay(bench, streams);
  all.set(name, there);
  return there;
}

async function recordAndReplay(bench: Bench, streams: readonly Uint8Array[]): Promise<Kept> {
  const { subject } = bench;
  const home = bench.home();
  const upstream = await serve(streams);
  const asked = streams.map((_, index) => `Tell me stream ${index} please.`);
  const during: string[] = [];
  try {
    const recorder = await bench.start((port) => subject.record(home, port, upstream.url));
    for (const text of asked) during.push(await subject.ask(recorder.url, text));
    await recorder.stop();
  } finally {
    await upstream.close();
  }
  const bodies = subject.kept(home);
  const replay = await bench.start((port) => subject.replay(home, port));
  let [replayed, sameWords] = [0, 0];
  for (const [index, text] of asked.entries()) {
    const again = await subject.ask(replay.url, text);
    if (again === during[index]) replayed++;
    else
      console.error(
        `${subject.name}: stream ${index} is told otherwise: ${firstDifference(during[index] ?? '', again)}`,
      );
    if (wordsOf(again) === wordsOf(during[index] ?? '')) sameWords++;
  }
  await replay.stop();
  const onDisk = streams.filter((bytes) => {
    const buffer = Buffer.from(bytes);
    return [buffer.toString('latin1'), buffer.toString('utf8')].some((text) => bodies.includes(text));
  });
  return { onDisk: onDisk.length, replayed, sameWords, all: streams.length };
}

const SHOWN = 100;

function firstDifference(was: string, is: string): string {
  let at = 0;
  while (at < was.length && was[at] === is[at]) at++;
  return [was, is].map((text) => JSON.stringify(text.slice(at, at + SHOWN))).join(' is now ');
}

/** The texts and the names of calls in a stream of either API, however they are cut. */
function wordsOf(stream: string): string {
  const [texts, names]: [string[], string[]] = [[], []];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (key === 'text' && typeof item === 'string') texts.push(item);
      else if (key === 'name' && typeof item === 'string') names.push(item);
      else walk(item);
    }
  };
  for (const [, data = ''] of stream.matchAll(/^data: ?(.*)$/gm)) walk(tryParseJson(data));
  return JSON.stringify([texts.join(''), names]);
}

const count = (good: number, all: number): Grade => ({
  mark: good === all ? 'exact' : good > 0 ? 'told' : 'wrong',
  note: `${good} of ${all}`,
});

const NO_CORPUS: Grade = { mark: 'told', note: 'not tried: no corpus (`CORPUS_DIR`)' };

async function graded(
  bench: Bench,
  name: string,
  streams: readonly Uint8Array[],
  what: Figure,
): Promise<Grade> {
  const found = await kept(bench, name, streams);
  return count(found[what], found.all);
}

const real =
  (what: Figure) =>
  async (bench: Bench): Promise<Grade> => {
    const streams = realStreams();
    return streams.length === 0 ? NO_CORPUS : graded(bench, 'real', streams, what);
  };

export const recordingProbes: readonly Probe[] = [
  {
    id: 'real-kept',
    wanted: 'Real streams of Google, recorded: they are on disk byte for byte',
    run: real('onDisk'),
  },
  {
    id: 'real-replayed',
    wanted: 'The same, replayed: the client hears what it heard while they were recorded',
    run: real('replayed'),
  },
  {
    id: 'real-words',
    wanted: 'The same, replayed: at least the same texts and calls, however they are cut',
    run: real('sameWords'),
  },
  {
    id: 'broken-kept',
    wanted:
      'Broken and odd streams (cut, no JSON, no UTF-8, an error within, a lost call): on disk byte for byte',
    run: (bench) => graded(bench, 'broken', BROKEN, 'onDisk'),
  },
  {
    id: 'broken-replayed',
    wanted: 'The same, replayed: the client hears what it heard',
    run: (bench) => graded(bench, 'broken', BROKEN, 'replayed'),
  },
];
