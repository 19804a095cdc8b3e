/** Checks whether a rule's conditions hold. */
import { inRange } from '../scenario/conditions.ts';
import type { Condition, ResultTest } from '../scenario/types.ts';
import type { Chance } from './chance.ts';
import type { Conversation, ToolResult } from './conversation.ts';

/** What is known about a request when scenarios are asked for an answer. */
export type Asking = {
  conversation: Conversation;
  caller: string;
  /** The number of this request among the requests of the turn, from 1. Attempts that ended in an error count. */
  nth: number;
  /** The chance at the place of this request. */
  chance: Chance;
};

/** True where `when` holds. `states` is the state of each flow of the scenario. */
export function matches(when: Condition, asking: Asking, states: readonly string[]): boolean {
  const { called, turn, words, lastResults } = asking.conversation;
  if (when.caller && !when.caller.includes(asking.caller)) return false;
  if (when.user && !when.user(words)) return false;
  if (when.turn && !inRange(turn, when.turn)) return false;
  if (when.request && !inRange(asking.nth, when.request)) return false;
  if (when.state && !when.state.some((state) => states.includes(state))) return false;
  if (when.called && !when.called.some((tool) => called.has(tool))) return false;
  if (when.notCalled?.some((tool) => called.has(tool))) return false;
  const { result } = when;
  return !result || lastResults.some((given) => matchesResult(result, given));
}

export function matchesResult(wanted: ResultTest, given: ToolResult): boolean {
  if (wanted.tool && !wanted.tool.includes(given.tool)) return false;
  if (wanted.text && !wanted.text(given.text)) return false;
  return wanted.error === undefined || wanted.error === given.failed;
}
