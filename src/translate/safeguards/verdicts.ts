/** Turns verdicts on the calls of an answer into `safeguard_results`. */
import type { SafeguardResult } from '../../anthropic/message.ts';

/** The safeguard of Claude Code's auto mode. */
export const DANGEROUS_TOOL_USE = 'dangerous_tool_use';

export type CallVerdict =
  | { kind: 'not-flagged' }
  /** `explanation`: shown to the user, and told to the model. */
  | { kind: 'flagged'; explanation: string }
  /** The client runs such calls without a verdict. */
  | { kind: 'skipped' }
  /** `reason`: a word of Anthropic's that the client can put into a sentence. */
  | { kind: 'unavailable'; reason: 'error' | 'timeout' | 'input_too_long' };

type Status = SafeguardResult['status'];
type CallStatus = Extract<Status, { type: 'available' }>['tool_uses'][string];

/**
 * The status where there is no verdict at all. At `disabled` Claude Code's auto mode runs actions that it thinks
 * harmless and asks the user about the others; at `error` it would refuse every action
 * (docs/discoveries/0002-auto-mode.md).
 */
const NO_VERDICT: Status = { type: 'unavailable', reason: 'disabled' };

function callStatus(verdict: CallVerdict): CallStatus {
  switch (verdict.kind) {
    case 'not-flagged':
      return { type: 'evaluated', outcome: 'not_flagged' };
    case 'flagged':
      return { type: 'evaluated', outcome: 'flagged', explanation: verdict.explanation };
    case 'skipped':
      return { type: 'skipped' };
    case 'unavailable':
      return { type: 'unavailable', reason: verdict.reason };
  }
}

/**
 * Where a verdict was wanted and none could be had, the user must be asked, and only `disabled` makes Claude Code ask. A
 * single call without a verdict, beside others that have one, is not run; the model may make it again, alone.
 */
function statusOf(verdicts: readonly CallVerdict[], ids: readonly string[]): Status {
  if (verdicts.length !== ids.length) return NO_VERDICT;
  const has = (...kinds: CallVerdict['kind'][]) => verdicts.some(({ kind }) => kinds.includes(kind));
  if (has('unavailable') && !has('flagged', 'not-flagged')) return NO_VERDICT;
  const statuses = verdicts.map((verdict, index) => [ids[index], callStatus(verdict)] as const);
  return { type: 'available', tool_uses: Object.fromEntries(statuses) };
}

/** `verdicts` and `ids`: those of the answer's calls, in their order. Without `verdicts` nobody has judged the calls. */
export const safeguardResults = (
  types: readonly string[],
  verdicts: readonly CallVerdict[] | undefined,
  ids: readonly string[],
): SafeguardResult[] =>
  types.map((type) => ({
    type,
    status: verdicts && type === DANGEROUS_TOOL_USE ? statusOf(verdicts, ids) : NO_VERDICT,
  }));
