/** What came of a run, as far as it must stay the same while a turn is made small. */
import { UpstreamError } from '../../src/gemini/errors.ts';
import { modelRow } from '../../src/gemini/model-rows.ts';
import type { GenerateContentRequest } from '../../src/gemini/wire.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import { textOf } from '../../src/sim/cassette/escape.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { validateRequest } from '../../src/sim/validator/index.ts';
import { culpritsOf } from '../../src/translate/request/quarantine/culprits.ts';
import { googleError } from '../../src/upstream/status-error.ts';
import type { TurnRun } from '../../tests/support/turns/run.ts';

/**
 * Everything that must stay the same: what the client saw, how often upstream was asked, our own errors, why Google
 * would refuse, and which declarations it names.
 */
export function outcomeOf(recorded: RecordedRequest, { recorded: now, bugs }: TurnRun): string {
  const { status, headers, bytes, end } = now.answer;
  return JSON.stringify([
    status,
    headers,
    Buffer.from(bytes).toString('latin1'),
    end,
    now.upstream.length,
    bugs.map((bug) => (bug instanceof Error ? `${bug.name}: ${bug.message}` : String(bug))),
    recorded.upstream.some(isRefusal) ? [validatorRefusals(now), namedTools(now)] : [],
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

export const isUnexplainedRefusal = (recorded: RecordedRequest, first: TurnRun): boolean =>
  recorded.upstream.some(isRefusal) && validatorRefusals(first.recorded).length === 0;

/** The names of the declarations that Google names where it refuses; empty where it names none. */
export const namedTools = ({ upstream }: RecordedRequest): string[] =>
  upstream.filter(isRefusal).flatMap(({ request, reads }) => {
    const sent = tryParseJson(request.body);
    if (!isObject(sent)) return [];
    const body = textOf(Buffer.concat(reads.map(({ bytes }) => bytes)));
    const google = googleError(body);
    const error = new UpstreamError('status', google?.message ?? body, { google });
    const found = culpritsOf(error, sent as GenerateContentRequest);
    return found?.kind === 'named' ? found.culprits.map(({ declaration }) => declaration.name ?? '') : [];
  });
