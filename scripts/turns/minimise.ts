/**
 * Makes a recorded request small without changing its result: it leaves out pieces as long as a run over the same
 * upstream bytes ends in the same way. It tries large pieces first, and a limited number of them.
 */
import { keepOwnDigits } from '../../src/anthropic/own-json.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { runTurn, type TurnRun } from '../../tests/support/turns/run.ts';
import { knownStore } from '../../tests/support/turns/signatures.ts';
import { isUnexplainedRefusal, namedTools, outcomeOf } from './outcome.ts';
import { attempts, type Change, headAttempts, shortened, unnamed, withNamedTools } from './reductions.ts';

export type Minimised = { recorded: RecordedRequest; run: TurnRun; runs: number };

export type MinimiseOptions = {
  /**
   * `nothing`: all that today's result does not need may go. `what is named`: the result is a bug, and its mending may
   * need more, so tools and arguments stay that upstream's answer names, and so do all settings. `structure`: only
   * texts become shorter.
   */
  keeps?: 'nothing' | 'what is named' | 'structure';
  maxRuns?: number;
};

/** The most runs of one minimisation. A run with a request of a megabyte takes about 20 ms. */
const MAX_RUNS = 600;

/** `first` is a run with `recorded` unchanged. */
export async function minimise(
  recorded: RecordedRequest,
  first: TurnRun,
  { keeps = 'nothing', maxRuns = MAX_RUNS }: MinimiseOptions = {},
): Promise<Minimised> {
  const body = tryParseJson(recorded.request.body);
  let best = { recorded, run: first };
  if (!isObject(body)) return { ...best, runs: 0 };
  keepOwnDigits(body, recorded.request.body);
  const goal = outcomeOf(recorded, first);
  let runs = 0;
  const accepts = async (candidate: RecordedRequest): Promise<boolean> => {
    if (runs >= maxRuns) return false;
    runs++;
    const run = await runTurn(candidate, knownStore(first.found));
    if (outcomeOf(recorded, run) !== goal) return false;
    best = { recorded: candidate, run };
    return true;
  };
  const acceptsBody = (candidate: Value) =>
    accepts({ ...best.recorded, request: { ...best.recorded.request, body: JSON.stringify(candidate) } });
  const acceptsHead = (candidate: Value) =>
    accepts({ ...best.recorded, request: { ...best.recorded.request, ...candidate } });
  const short = await reduce(body, shortened, acceptsBody);
  await reduce(short, structuralChanges(recorded, first, keeps), acceptsBody);
  const { headers, query } = recorded.request;
  if (keeps === 'nothing') await reduce({ headers, query }, headAttempts, acceptsHead);
  return { ...best, runs };
}

type Value = Record<string, unknown>;

/**
 * Where Google refused the request, the request itself is the evidence, so its structure stays, unless our validator
 * can tell that a smaller one would be refused too, or Google names the declarations that it means.
 */
function structuralChanges(
  recorded: RecordedRequest,
  first: TurnRun,
  keeps: NonNullable<MinimiseOptions['keeps']>,
): (body: Value) => Iterable<Change> {
  if (keeps === 'structure') return () => [];
  const said = recorded.upstream.map(({ reads }) => textOfReads(reads)).join('');
  if (isUnexplainedRefusal(recorded, first)) {
    const named = namedTools(first.recorded);
    return named.length === 0 ? () => [] : (body) => withNamedTools(body, named);
  }
  return keeps === 'nothing' ? attempts : (body) => unnamed(body, said);
}

const textOfReads = (reads: RecordedRequest['upstream'][number]['reads']): string =>
  Buffer.concat(reads.map(({ bytes }) => bytes)).toString('utf8');

/** Keeps each piece that may go out, and repeats until a round changes nothing. */
export async function reduce<Whole>(
  whole: Whole,
  candidatesOf: (whole: Whole) => Iterable<(whole: Whole) => Whole | undefined>,
  accepts: (candidate: Whole) => Promise<boolean>,
): Promise<Whole> {
  let best = whole;
  for (let changed = true; changed; ) {
    changed = false;
    for (const change of candidatesOf(best)) {
      const candidate = change(best);
      if (candidate === undefined || !(await accepts(candidate))) continue;
      best = candidate;
      changed = true;
    }
  }
  return best;
}
