/**
 * Makes a recorded request small without changing its result: it leaves out pieces as long as a run over the same
 * upstream bytes ends in the same way. It tries large pieces first, and a limited number of them.
 */
import { keepOwnDigits } from '../../src/anthropic/own-json.ts';
import { modelRow } from '../../src/gemini/model-rows.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { validateRequest } from '../../src/sim/validator/index.ts';
import { runTurn, type TurnRun } from '../../tests/support/turns/run.ts';
import { knownStore } from '../../tests/support/turns/signatures.ts';
import { attempts, shortened } from './reductions.ts';

export type Minimised = { recorded: RecordedRequest; run: TurnRun; runs: number };

/** The most runs of one minimisation. A run with a request of a megabyte takes about 20 ms. */
const MAX_RUNS = 600;

/** `first` is a run with `recorded` unchanged. */
export async function minimise(
  recorded: RecordedRequest,
  first: TurnRun,
  maxRuns = MAX_RUNS,
): Promise<Minimised> {
  const body = tryParseJson(recorded.request.body);
  let best = { recorded, run: first };
  if (!isObject(body)) return { ...best, runs: 0 };
  keepOwnDigits(body, recorded.request.body);
  const goal = outcomeOf(recorded, first);
  const store = () => knownStore(first.found);
  let runs = 0;
  const accepts = async (candidate: Record<string, unknown>): Promise<boolean> => {
    if (runs >= maxRuns) return false;
    runs++;
    const request = { ...recorded.request, body: JSON.stringify(candidate) };
    const smaller = { ...recorded, request };
    const run = await runTurn(smaller, store());
    if (outcomeOf(recorded, run) !== goal) return false;
    best = { recorded: smaller, run };
    return true;
  };
  // Where Google refused, the request itself is the evidence, so it stays, unless our validator can tell that a smaller
  // one would be refused too.
  const short = await reduce(body, shortened, accepts);
  if (!isUnexplainedRefusal(recorded, first)) await reduce(short, attempts, accepts);
  return { ...best, runs };
}

type Value = Record<string, unknown>;

/** Keeps each piece that may go out, and repeats until a round changes nothing. */
async function reduce(
  body: Value,
  candidatesOf: (body: Value) => Iterable<(body: Value) => Value | undefined>,
  accepts: (candidate: Value) => Promise<boolean>,
): Promise<Value> {
  let best = body;
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

/**
 * Everything that must stay the same: what the client saw, how often upstream was asked, our own errors, and why Google
 * would refuse.
 */
function outcomeOf(recorded: RecordedRequest, { recorded: now, bugs }: TurnRun): string {
  const { status, headers, bytes, end } = now.answer;
  return JSON.stringify([
    status,
    headers,
    Buffer.from(bytes).toString('latin1'),
    end,
    now.upstream.length,
    bugs.map((bug) => (bug instanceof Error ? `${bug.name}: ${bug.message}` : String(bug))),
    recorded.upstream.some(isRefusal) ? validatorRefusals(now) : [],
  ]);
}

const isRefusal = ({ head }: RecordedRequest['upstream'][number]): boolean =>
  head !== undefined && [400, 404, 413, 422].includes(head.status);

const validatorRefusals = ({ upstream }: RecordedRequest): string[] =>
  upstream.flatMap(({ model, request }) => {
    if (request.path.endsWith(':countTokens')) return [];
    const refusal = validateRequest(modelRow(model), tryParseJson(request.body));
    return refusal ? [refusal.message ?? 'refused'] : [];
  });

const isUnexplainedRefusal = (recorded: RecordedRequest, first: TurnRun): boolean =>
  recorded.upstream.some(isRefusal) && validatorRefusals(first.recorded).length === 0;
