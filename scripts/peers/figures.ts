/** What a peer costs: space, time to start, and CPU and time for requests, one after the other. */
import { CASES } from './cases.ts';
import { send } from './client.ts';
import { startGemini } from './gemini.ts';
import { CLIENT_KEY } from './peers.ts';
import type { PeerProcess } from './process.ts';

const WARM_UP = 40;
const REQUESTS = 200;
const LARGE_REQUESTS = 60;
/** Claude Code sends about as many, of that length. */
const TOOLS = 40;
const DESCRIPTION = 'What this tool does, when to use it and when not to, told at length. '.repeat(25);

export type Figures = {
  installedMegabytes: number;
  /** The median of all starts. */
  startMs: number;
  residentMegabytes: number;
  /** Of one request of a few words, and of one with the tools of Claude Code. */
  small: Cost;
  large: Cost;
};
export type Cost = { cpuMs: number; firstDeltaMs: number };

export type WithPeer = <Result>(
  gemini: string,
  work: (process: PeerProcess) => Promise<Result>,
) => Promise<Result>;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

async function cost(process: PeerProcess, body: object, requests: number): Promise<Cost> {
  const one = async () => {
    const told = await send(process.url, { path: '/v1/messages', body }, CLIENT_KEY);
    if (told.ended !== 'whole') throw new Error(`no answer: ${told.ended} ${told.status}`);
    return told.firstDeltaMs;
  };
  for (let sent = 0; sent < WARM_UP; sent++) await one();
  const before = process.cpu();
  const times: number[] = [];
  for (let sent = 0; sent < requests; sent++) times.push(await one());
  return { cpuMs: (process.cpu() - before) / requests / 1_000, firstDeltaMs: median(times) };
}

const parameter = { type: 'string', description: 'What is meant by this one' };
const tools = Array.from({ length: TOOLS }, (_, index) => ({
  name: `tool_${index}`,
  description: DESCRIPTION,
  input_schema: {
    type: 'object',
    properties: { path: parameter, text: parameter, mode: { type: 'string', enum: ['a', 'b'] } },
    required: ['path'],
  },
}));

export async function measure(
  folder: string,
  starts: readonly number[],
  withPeer: WithPeer,
): Promise<Figures> {
  const [fine] = CASES;
  const gemini = await startGemini(fine?.replies ?? []);
  const ask = { ...(fine?.requests[0]?.([]).body as object) };
  try {
    return await withPeer(gemini.url, async (process) => {
      const small = await cost(process, ask, REQUESTS);
      const large = await cost(process, { ...ask, tools }, LARGE_REQUESTS);
      const kilobytes = Number((await Bun.$`du -sk ${folder}`.text()).split('\t')[0]);
      return {
        installedMegabytes: kilobytes / 1_000,
        startMs: median(starts),
        residentMegabytes: process.resident() / 1_000_000,
        small,
        large,
      };
    });
  } finally {
    await gemini.close();
  }
}
