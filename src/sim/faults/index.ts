/** Applies faults: makes a `Fetch` that fails on purpose, around the mock, a replay or the real network. */
import type { GoogleError } from '../../gemini/wire.ts';
import { keyFingerprint } from '../../lib/hash.ts';
import { type Clock, createSeededRandom, type Exchange, type Fetch, type Random } from '../../lib/ports.ts';
import type { FaultRow, FaultyRequest, Send, Strike } from './fault.ts';
import type { FaultRule } from './parse.ts';
import { Places } from './places.ts';
import { QuotaWindows } from './quota-windows.ts';
import { refusalReply } from './status.ts';
import { FAULTS } from './table.ts';

export { describeFaults, describeParameters, faultNames } from './describe.ts';
export { checkKeys, FaultError, type FaultRule, parseFaults } from './parse.ts';

export type FaultPorts = {
  clock: Clock;
  /** The seed of all random numbers: the same seed and the same requests give the same faults. */
  seed: number;
  /** The keys in the order in which rules count them. Without it no rule strikes a key by its place. */
  keys?: () => readonly string[];
  /** The name of a key in the log. Without it each key has the name of a key of Gemini. */
  fingerprint?: (key: string) => string;
  /** What rules remember beyond this `Fetch`. */
  memory?: RuleMemory;
  /** Called with each rule that strikes. */
  onStrike?: (rule: FaultRule) => void;
};

const ROUTE = /\/models\/([^/:]+):(\w+)$/;
const ANSWERS: readonly string[] = ['generateContent', 'streamGenerateContent'];

/** A rule, with what it has seen. */
type Counted = { rule: FaultRule; index: number; requests: number; places: Places };

type Remembered = {
  /** The moment of the first request that the rule was for. */
  firstAt: number | undefined;
  windows: QuotaWindows;
};

/** What rules remember of time. */
export class RuleMemory {
  /** The moment at which the rules were set. */
  readonly begun: number;
  readonly #rules = new WeakMap<FaultRule, Remembered>();

  constructor(begun: number) {
    this.begun = begun;
  }

  of(rule: FaultRule): Remembered {
    let known = this.#rules.get(rule);
    if (!known) {
      known = { firstAt: undefined, windows: new QuotaWindows() };
      this.#rules.set(rule, known);
    }
    return known;
  }
}

/**
 * Makes that `Fetch`. If several rules strike one request, the rule that was written first is nearest to us. Each
 * strike is noted on the exchange as `fault`, with the rule and the number of the request within the rule.
 */
export function createFaultFetch(inner: Fetch, rules: readonly FaultRule[], ports: FaultPorts): Fetch {
  const { memory = new RuleMemory(ports.clock.monotonic()) } = ports;
  const counted = rules.map((rule, index): Counted => ({ rule, index, requests: 0, places: new Places() }));
  return (url, init, exchange) => {
    const asked = readAsked(url, init);
    let send: Send = () => inner(url, init, exchange);
    for (const each of counted.toReversed()) {
      if (!concerns(each.rule, asked, exchange, ports)) continue;
      const now = ports.clock.monotonic();
      const known = memory.of(each.rule);
      known.firstAt ??= now;
      if (!isInTime(each.rule, now, { start: memory.begun, first: known.firstAt })) continue;
      each.requests++;
      const { rule, index, requests } = each;
      const place = rule.probability < 1 ? each.places.of(init.body, exchange) : `${requests}`;
      const random = randomFor(rule.seed ?? ports.seed, index, place);
      if (!strikes(rule, requests, random)) continue;
      const next = send;
      const signal = init.signal ?? new AbortController().signal;
      const strike = openStrike(each, { ...ports, asked, random, signal, exchange, windows: known.windows });
      send = () => FAULTS[rule.name].behave(next, strike);
    }
    return abortable(send, init.signal ?? undefined);
  };
}

async function abortable(send: Send, signal: AbortSignal | undefined): Promise<Response> {
  signal?.throwIfAborted();
  return send();
}

type Asked = FaultyRequest & { method: string };

function readAsked(url: string, init: RequestInit): Asked {
  const [, id = '', method = ''] = ROUTE.exec(new URL(url).pathname) ?? [];
  return {
    model: decodeURIComponent(id),
    method,
    key: new Headers(init.headers).get('x-goog-api-key') ?? '',
    streams: method === 'streamGenerateContent',
  };
}

function concerns(
  rule: FaultRule,
  { model, method, key }: Asked,
  exchange: Exchange,
  ports: FaultPorts,
): boolean {
  if (rule.model && !rule.model.test(model)) return false;
  if (typeof rule.key === 'number' && ports.keys?.()[rule.key - 1] !== key) return false;
  const { fingerprint = keyFingerprint } = ports;
  if (rule.key instanceof RegExp && !rule.key.test(fingerprint(key))) return false;
  return rule.caller ? rule.caller.test(exchange.labels['caller'] ?? '') : ANSWERS.includes(method);
}

function isInTime(
  { time }: FaultRule,
  now: number,
  begun: Readonly<Record<'start' | 'first', number>>,
): boolean {
  if (!time) return true;
  const passed = now - begun[time.since];
  return passed >= time.from && passed < time.until;
}

/**
 * True where a rule strikes a request. A random number is drawn for every request, so that no request changes the draws
 * of another.
 */
function strikes({ requests, probability }: FaultRule, request: number, random: Random): boolean {
  return random.next() < probability && request >= requests.from && request <= requests.to;
}

const randomFor = (seed: number, rule: number, place: string): Random =>
  createSeededRandom(Number(Bun.hash.xxHash32(`${seed}/${rule}/${place}`)));

type StrikePorts = Pick<Strike, 'clock' | 'random' | 'signal' | 'windows'> &
  Pick<FaultPorts, 'onStrike'> & { asked: Asked; exchange: Exchange };

function openStrike({ rule, requests }: Counted, ports: StrikePorts): Strike {
  const { exchange, asked, clock, random, signal, windows, onStrike } = ports;
  let struck = false;
  return {
    request: asked,
    windows,
    clock,
    random,
    signal,
    settings: rule.settings,
    struck(detail = {}) {
      if (struck) return;
      struck = true;
      exchange.note('fault', { fault: rule.text, request: requests, ...detail });
      onStrike?.(rule);
    },
  };
}

/** What a rule says that does nothing but refuse. `asStream`: for a request that asked for a stream. */
export function refuseBy(
  { name, settings }: FaultRule,
  model: string,
  asStream: boolean,
): { error: GoogleError; response: Response } {
  const { refusal }: FaultRow = FAULTS[name];
  if (!refusal) throw new Error(`${name} does more than to refuse`);
  const error = refusal(model);
  return { error, response: refusalReply(error, settings, asStream) };
}
