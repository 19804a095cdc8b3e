/** One run of the bench: each row against the raw passthrough and the proxy, in turns, so that a busy machine disturbs both. */
import { ask, drive, openSilent, type Target } from './load.ts';
import { type Process, startProxy, startRaw, startUpstream } from './processes.ts';
import { ROWS, type Row } from './rows.ts';

export type RowFigures = {
  name: string;
  title: string;
  /** Microseconds of the process for each request. */
  rawCpu: number;
  cpu: number;
  /** The share of the raw passthrough's throughput, at 32 clients: 0 to 1. */
  throughput: number;
  requestsPerSecond: number;
  /** Milliseconds to the first byte beyond those of the raw passthrough, at one client. */
  addedFirstByte: number;
};

/** Bytes, except for the last figure. */
export type MemoryFigures = {
  idle: number;
  peak: number;
  after: number;
  perIdleStream: number;
  startMs: number;
};

export type Figures = {
  rows: RowFigures[];
  /**
   * Microseconds for each further chunk: for chunks that come together, and, beyond what the raw passthrough takes, for
   * chunks that come one a read.
   */
  chunk: { together: number; apart: number };
  memory: MemoryFigures;
};

export type Size = {
  /** For the requests of each row. */
  share: number;
  rounds: number;
  /** How many requests measure the first byte, for each side. */
  singles: number;
  silent: number;
  settleMs: number;
  starts: number;
};

export const FULL: Size = { share: 1, rounds: 3, singles: 40, silent: 1_000, settleMs: 10_000, starts: 5 };
/** Runs everything once; the figures mean nothing. */
export const SMOKE: Size = { share: 0.01, rounds: 1, singles: 2, silent: 5, settleMs: 0, starts: 1 };

const CLIENTS = 32;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return (low + high) / 2;
}

type Side = { target: Target; process: Process };

/** The numbers of the requests; no side gets the same request twice. */
type Counter = { next: number };

async function round({ target, process }: Side, row: Row, count: number, from: number) {
  const before = process.cpu();
  const perSecond = await drive(target, row, count, CLIENTS, from);
  return { cpu: (process.cpu() - before) / count, perSecond };
}

async function measureRow(row: Row, raw: Side, proxy: Side, size: Size): Promise<RowFigures> {
  const count = Math.max(1, Math.round(row.requests * size.share));
  const counter: Counter = { next: 0 };
  const take = (many: number) => {
    counter.next += many;
    return counter.next - many;
  };
  // Work that a process does only for its first requests does not count.
  const warm = take(Math.max(1, Math.round(count / 10)));
  for (const { target } of [raw, proxy]) await drive(target, row, counter.next - warm, CLIENTS, warm);
  const rounds: { raw: Awaited<ReturnType<typeof round>>; proxy: Awaited<ReturnType<typeof round>> }[] = [];
  for (let nth = 0; nth < size.rounds; nth++) {
    const from = take(count);
    rounds.push({ raw: await round(raw, row, count, from), proxy: await round(proxy, row, count, from) });
  }
  const firsts: { raw: number; proxy: number }[] = [];
  for (let nth = 0; nth < size.singles; nth++) {
    const from = take(1);
    firsts.push({ raw: await ask(raw.target, row, from), proxy: await ask(proxy.target, row, from) });
  }
  return {
    name: row.name,
    title: row.title,
    rawCpu: median(rounds.map((one) => one.raw.cpu)),
    cpu: median(rounds.map((one) => one.proxy.cpu)),
    throughput: median(rounds.map((one) => one.proxy.perSecond / one.raw.perSecond)),
    requestsPerSecond: median(rounds.map((one) => one.proxy.perSecond)),
    addedFirstByte: median(firsts.map((one) => one.proxy)) - median(firsts.map((one) => one.raw)),
  };
}

/** In a process of its own, so that memory that earlier rows left behind does not count. */
async function measureMemory(upstream: Process, size: Size): Promise<MemoryFigures> {
  const starts: number[] = [];
  for (let nth = 1; nth < size.starts; nth++) {
    await using other = await startProxy(upstream.url);
    starts.push(other.startMs);
  }
  await using process = await startProxy(upstream.url);
  const target: Target = { name: 'proxy', url: process.url };
  const idle = process.resident();
  const big = ROWS.find(({ name }) => name === 'cold');
  if (!big) throw new Error('there is no row of large requests');
  process.forgetPeak();
  await drive(target, big, Math.max(CLIENTS, Math.round(big.requests * size.share)), CLIENTS, 0);
  const peak = process.peak();
  await Bun.sleep(size.settleMs);
  const after = process.resident();
  const leave = await openSilent(target, size.silent);
  const perIdleStream = (process.resident() - after) / size.silent;
  leave();
  return { idle, peak, after, perIdleStream, startMs: median([...starts, process.startMs]) };
}

const CHUNKS_MORE = 499;

function perChunk(rows: readonly RowFigures[]): Figures['chunk'] {
  const of = (name: string) =>
    rows.find((row) => row.name === name) ?? { cpu: Number.NaN, rawCpu: Number.NaN };
  const [one, together, apart] = [of('tiny'), of('together'), of('apart')];
  const above = (row: { cpu: number; rawCpu: number }) => row.cpu - row.rawCpu;
  return {
    together: (together.cpu - one.cpu) / CHUNKS_MORE,
    apart: (above(apart) - above(one)) / CHUNKS_MORE,
  };
}

export async function measure(size: Size, onRow: (row: RowFigures) => void): Promise<Figures> {
  await using upstream = await startUpstream();
  const rows: RowFigures[] = [];
  {
    await using rawProcess = await startRaw(upstream.url);
    await using proxyProcess = await startProxy(upstream.url);
    const raw: Side = { target: { name: 'raw', url: rawProcess.url }, process: rawProcess };
    const proxy: Side = { target: { name: 'proxy', url: proxyProcess.url }, process: proxyProcess };
    for (const row of ROWS) {
      const figures = await measureRow(row, raw, proxy, size);
      rows.push(figures);
      onRow(figures);
    }
  }
  return { rows, chunk: perChunk(rows), memory: await measureMemory(upstream, size) };
}
