/**
 * `bun scripts/bench-workers.ts` measures what a second worker brings: requests a second, CPU and waits with one process
 * and with two, on the same simulated upstream, in turns. `--smoke` only checks that it runs. Linux only.
 */

import { ask, type Target } from './bench/load.ts';
import { median } from './bench/measure.ts';
import { type Process, startProxy, startUpstream } from './bench/processes.ts';
import { type Row, rowOf } from './bench/rows.ts';
import { commandLine } from './command-line/command-line.ts';

const { values } = commandLine({
  name: 'bun scripts/bench-workers.ts',
  about: 'Measures what a second worker brings',
  options: { smoke: { type: 'boolean' } },
});
const SHARE = values.smoke ? 0.02 : 1;
const ROUNDS = values.smoke ? 1 : 3;
const CLIENTS = 32;

type Load = {
  title: string;
  /** Whose waits are measured, and by how many clients at a time. */
  row: Row;
  clients: number;
  requests: number;
  /** Sent one after the other meanwhile, by one client. */
  beside?: Row;
};

const LOADS: readonly Load[] = [
  { title: 'tiny requests', row: rowOf('tiny'), clients: CLIENTS, requests: 2_000 },
  { title: 'coding turns (85 kB)', row: rowOf('coding'), clients: CLIENTS, requests: 600 },
  {
    title: 'tiny requests beside one client of 1 MB requests',
    row: rowOf('tiny'),
    clients: 4,
    requests: 600,
    beside: rowOf('cold'),
  },
];

type Round = { perSecond: number; cpu: number; p50: number; p99: number };

/** The number of the next request: no body is sent twice. */
let next = 0;

async function run(target: Target, process: Process, load: Load): Promise<Round> {
  const count = Math.max(load.clients, Math.round(load.requests * SHARE));
  const waits: number[] = [];
  let left = count;
  let isOver = false;
  const client = async () => {
    while (left-- > 0) waits.push(await ask(target, load.row, next++));
  };
  const beside = async (row: Row) => {
    while (!isOver) await ask(target, row, next++);
  };
  const before = process.cpu();
  const begun = performance.now();
  const other = load.beside && beside(load.beside);
  await Promise.all(Array.from({ length: load.clients }, client));
  const took = performance.now() - begun;
  const cpu = (process.cpu() - before) / count;
  isOver = true;
  await other;
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN;
  return { perSecond: count / (took / 1_000), cpu, p50: at(0.5), p99: at(0.99) };
}

const COUNTS = [1, 2] as const;

await using upstream = await startUpstream();
for (const load of LOADS) {
  const rounds = COUNTS.map((): Round[] => []);
  for (let nth = 0; nth < ROUNDS; nth++) {
    for (const [at, count] of COUNTS.entries()) {
      // A new start for each round: the connections of each are dealt out anew.
      await using proxy = await startProxy(upstream.url, { WORKERS: String(count) });
      const target: Target = { name: 'proxy', url: proxy.url };
      // Each process compiles what it runs often: two need twice the requests until they are warm.
      await run(target, proxy, { ...load, requests: load.requests * 3 });
      const round = await run(target, proxy, load);
      rounds[at]?.push(round);
    }
  }
  console.log(load.title);
  for (const [at, count] of COUNTS.entries()) {
    const of = (figure: keyof Round) => median((rounds[at] ?? []).map((round) => round[figure]));
    console.log(
      `  WORKERS=${count}  ${of('perSecond').toFixed(0)} a second, ${of('cpu').toFixed(0)} µs of CPU each; first byte ${of('p50').toFixed(1)} ms, p99 ${of('p99').toFixed(1)} ms`,
    );
  }
}
for (const count of COUNTS) {
  await using proxy = await startProxy(upstream.url, { WORKERS: String(count) });
  const idle = proxy.resident();
  await run({ name: 'proxy', url: proxy.url }, proxy, { ...(LOADS[1] as Load), requests: 500 });
  console.log(
    `WORKERS=${count}  idle ${(idle / 1e6).toFixed(0)} MB, after 500 coding turns ${(proxy.resident() / 1e6).toFixed(0)} MB, started in ${proxy.startMs.toFixed(0)} ms`,
  );
}
