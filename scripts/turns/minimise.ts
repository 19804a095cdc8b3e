/**
 * Makes a recorded request small without changing its result: it leaves out pieces as long as a run over the same
 * upstream bytes ends in the same way. It tries large pieces first, and a limited number of them.
 */
import { keepOwnDigits } from '../../src/anthropic/own-json.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { isUnexplainedRefusal, namedTools, outcomeOf } from './outcome.ts';
import { Reduction, type Run, reduce } from './reduce.ts';
import { attempts, type Change, headAttempts, shortened, unnamed, withNamedTools } from './reductions.ts';

/**
 * `nothing`: all that today's result does not need may go. `what is named`: the result is a bug, and its mending may
 * need more, so the tools and arguments that upstream's answer names stay, and so do all settings. `structure`: only
 * texts become shorter.
 */
export type Keeps = 'nothing' | 'what is named' | 'structure';

/** The most runs of one minimisation. A run with a request of a megabyte takes about 20 ms. */
const MAX_RUNS = 600;

export async function minimise(first: Run, keeps: Keeps): Promise<Run> {
  const { recorded } = first;
  const body = tryParseJson(recorded.request.body);
  if (!isObject(body)) return first;
  keepOwnDigits(body, recorded.request.body);
  const reduction = new Reduction(first, (run) => outcomeOf(recorded, run), MAX_RUNS);
  const accepts = (change: Partial<RecordedRequest['request']>) => {
    const { recorded: best } = reduction.best;
    return reduction.accepts({ ...best, request: { ...best.request, ...change } });
  };
  const acceptsBody = (candidate: Value) => accepts({ body: JSON.stringify(candidate) });
  const short = await reduce(body, shortened, acceptsBody);
  await reduce(short, structuralChanges(first, keeps), acceptsBody);
  const { headers, query } = recorded.request;
  if (keeps === 'nothing') await reduce({ headers, query }, headAttempts, accepts);
  return reduction.best;
}

type Value = Record<string, unknown>;

/**
 * Where Google refused the request, the request itself is the evidence, so its structure stays, unless our validator
 * can tell that a smaller one would be refused too, or Google names the declarations that it means.
 */
function structuralChanges({ recorded, run }: Run, keeps: Keeps): (body: Value) => Iterable<Change> {
  if (keeps === 'structure') return () => [];
  const said = recorded.upstream.map(({ reads }) => textOfReads(reads)).join('');
  if (isUnexplainedRefusal(recorded, run)) {
    const named = namedTools(run.recorded);
    return named.length === 0 ? () => [] : (body) => withNamedTools(body, named);
  }
  return keeps === 'nothing' ? attempts : (body) => unnamed(body, said);
}

const textOfReads = (reads: RecordedRequest['upstream'][number]['reads']): string =>
  Buffer.concat(reads.map(({ bytes }) => bytes)).toString('utf8');
