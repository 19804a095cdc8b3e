/**
 * `bun scripts/bench-inspector.ts [--rounds 12]` measures what the inspector costs while nobody looks: the throughput of a
 * proxy with it and of one without, in turns, row by row. A second proxy without it says how much two equal ones differ.
 * `--smoke` only checks that it runs. Linux only.
 */

import { drive } from './bench/load.ts';
import { median } from './bench/measure.ts';
import { type Process, startProxy, startUpstream } from './bench/processes.ts';
import { type Row, rowOf } from './bench/rows.ts';
import { commandLine } from './command-line/command-line.ts';

const { values } = commandLine({
  name: 'bun scripts/bench-inspector.ts',
  about: 'Measures what the inspector costs while nobody looks',
  options: { rounds: { type: 'string', default: '12' }, smoke: { type: 'boolean' } },
});
const ROUNDS = values.smoke ? 1 : Number(values.rounds);
const SHARE = values.smoke ? 0.02 : 1;
const WARM_UPS = 3;
const CLIENTS = 32;
const LOADS = ['tiny', 'coding', 'together'].map(rowOf);

type Round = { perSecond: number; cpu: number };

/** The number of the next request: no body is sent twice. */
let next = 0;

async function run(proxy: Process, row: Row): Promise<Round> {
  const count = Math.max(CLIENTS, Math.round(row.requests * SHARE));
  const from = next;
  next += count;
  const before = proxy.cpu();
  const perSecond = await drive({ name: 'proxy', url: proxy.url }, row, count, CLIENTS, from);
  return { perSecond, cpu: (proxy.cpu() - before) / count };
}

/** The rounds of each proxy; who begins changes, since what comes first finds a cold machine. */
async function inTurns(proxies: readonly Process[], row: Row): Promise<Round[][]> {
  for (const proxy of proxies) for (let left = WARM_UPS; left > 0; left--) await run(proxy, row);
  const rounds: Round[][] = proxies.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    const order = [...proxies.keys()];
    for (const at of round % 2 === 0 ? order : order.toReversed()) {
      const proxy = proxies[at];
      if (proxy) rounds[at]?.push(await run(proxy, row));
    }
  }
  return rounds;
}

/** How much more or less than beside it in the same round, in percent. */
const against = (ours: readonly Round[], theirs: readonly Round[], of: keyof Round): string => {
  const share = median(ours.map((round, at) => round[of] / (theirs[at]?.[of] ?? Number.NaN))) - 1;
  return `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)} %`;
};

const perSecond = (rounds: readonly Round[]): string =>
  median(rounds.map((round) => round.perSecond)).toFixed(0);

await using upstream = await startUpstream();
const off = { INSPECTOR: 'false' };
await using plain = await startProxy(upstream.url, off);
await using inspected = await startProxy(upstream.url);
await using second = await startProxy(upstream.url, off);
for (const row of LOADS) {
  const [without = [], inspecting = [], again = []] = await inTurns([plain, inspected, second], row);
  console.log(
    `${row.title}: ${perSecond(without)} requests a second without the inspector, ${perSecond(inspecting)} with it: ` +
      `${against(inspecting, without, 'perSecond')}, CPU ${against(inspecting, without, 'cpu')}; ` +
      `a second proxy without it: ${against(again, without, 'perSecond')}, CPU ${against(again, without, 'cpu')}`,
  );
}
