/** Applies faults: makes a `Fetch` that fails on purpose, around the mock, a replay or the real network. */
import { type Clock, createSeededRandom, type Exchange, type Fetch, type Random } from '../../lib/ports.ts';
import type { Send, Strike } from './fault.ts';
import type { FaultRule } from './parse.ts';
import { FAULTS } from './table.ts';

export { describeFaults, describeParameters, faultNames } from './describe.ts';
export { FaultError, type FaultRule, parseFaults } from './parse.ts';

export type FaultPorts = {
  clock: Clock;
  /** The seed of all random numbers: the same seed and the same requests in the same order give the same faults. */
  seed: number;
};

const ROUTE = /\/models\/([^/:]+):(\w+)$/;
const ANSWERS: readonly string[] = ['generateContent', 'streamGenerateContent'];

/**
 * Makes that `Fetch`. If several rules strike one request, the rule that was written first is nearest to us. Each
 * strike is noted on the exchange as `fault`, with the rule and the number of the request within the rule.
 */
export function createFaultFetch(inner: Fetch, rules: readonly FaultRule[], ports: FaultPorts): Fetch {
  const counted = rules.map((rule, index) => ({ rule, index, requests: 0 }));
  return (url, init, exchange) => {
    let send: Send = () => inner(url, init, exchange);
    for (const each of counted.toReversed()) {
      if (!concerns(each.rule, url, exchange)) continue;
      each.requests++;
      const { rule, index, requests } = each;
      const random = randomFor(rule.seed ?? ports.seed, index, requests);
      if (!strikes(rule, requests, random)) continue;
      const next = send;
      const signal = init.signal ?? new AbortController().signal;
      const strike = openStrike(rule, requests, { clock: ports.clock, random, signal, exchange });
      send = () => FAULTS[rule.name].behave(next, strike);
    }
    return abortable(send, init.signal ?? undefined);
  };
}

async function abortable(send: Send, signal: AbortSignal | undefined): Promise<Response> {
  signal?.throwIfAborted();
  return send();
}

function concerns({ model, caller }: FaultRule, url: string, exchange: Exchange): boolean {
  const [, id = '', method = ''] = ROUTE.exec(new URL(url).pathname) ?? [];
  if (model && !model.test(decodeURIComponent(id))) return false;
  return caller ? caller.test(exchange.labels['caller'] ?? '') : ANSWERS.includes(method);
}

/**
 * True where a rule strikes a request. A random number is drawn for every request, so that no request changes the draws
 * of another.
 */
function strikes({ requests, probability }: FaultRule, request: number, random: Random): boolean {
  return random.next() < probability && request >= requests.from && request <= requests.to;
}

const randomFor = (seed: number, rule: number, request: number): Random =>
  createSeededRandom(Number(Bun.hash.xxHash32(`${seed}/${rule}/${request}`)));

type StrikePorts = { clock: Clock; random: Random; signal: AbortSignal; exchange: Exchange };

function openStrike(rule: FaultRule, request: number, ports: StrikePorts): Strike {
  const { exchange, ...rest } = ports;
  let struck = false;
  return {
    ...rest,
    settings: rule.settings,
    struck(detail = {}) {
      if (!struck) exchange.note('fault', { fault: rule.text, request, ...detail });
      struck = true;
    },
  };
}
