/**
 * Finds out where a conversation is in a flow. The state is not stored: it is computed from the history that the client
 * sends, so it survives restarts, retries and resumed sessions.
 */
import { callsOf } from '../scenario/acts.ts';
import { inRange, isUnconditional } from '../scenario/conditions.ts';
import type { Flow, State, TextTest, Transition } from '../scenario/types.ts';
import type { Conversation, StoryEvent } from './conversation.ts';
import { matchesResult } from './matching.ts';

type Step = Extract<StoryEvent, { kind: 'step' }>;

/**
 * The state of a flow. Undefined where no words of the user have begun the flow, where the flow has ended, or where the
 * client lacks the tools to go on.
 */
export function flowState(
  flow: Flow,
  { story, callable }: Pick<Conversation, 'story' | 'callable'>,
  begins: TextTest,
): State | undefined {
  const [first] = flow.states.values();
  let state: State | undefined;
  for (const event of story) {
    if (event.kind === 'step') state = state && afterStep(flow, state, event);
    else {
      const speaker = state && ableState(flow, state, callable);
      state = afterWords(flow, speaker, event.words) ?? (begins(event.words) ? first : undefined);
    }
  }
  return state && ableState(flow, state, callable);
}

/** The state to which the first matching row leads. */
function follow(flow: Flow, state: State, fits: (on: Transition['on']) => boolean): State | undefined {
  const row = state.next.find(({ on }) => fits(on));
  return row && flow.states.get(row.to);
}

const afterWords = (flow: Flow, state: State | undefined, words: string): State | undefined =>
  state && follow(flow, state, (on) => on.kind === 'words' && on.user(words));

const callsOneOf = ({ act }: State, has: (tool: string) => boolean): boolean =>
  callsOf(act).some(({ tool }) => tool.some(has));

/** True where the state calls nothing, or something that can be called. */
const isAble = ({ act }: State, callable: ReadonlySet<string>): boolean => {
  const calls = callsOf(act);
  return (
    calls.length === 0 ||
    calls.some(({ tool, isDeclared }) => !isDeclared || tool.some((name) => callable.has(name)))
  );
};

const leads = (on: Transition['on'], step: Step): boolean =>
  on.kind === 'step' &&
  (on.turn === undefined || inRange(step.turn, on.turn)) &&
  (on.result === undefined || step.results.some((given) => matchesResult(on.result ?? {}, given)));

const whenUnable = (flow: Flow, state: State): State | undefined =>
  follow(flow, state, (on) => on.kind === 'unable') ?? follow(flow, state, isUnconditional);

/** The states after `state` that a client without their tools passes over, each once. */
function* passedOver(flow: Flow, state: State): Generator<State, void, undefined> {
  const seen = new Set<State>();
  for (let at: State | undefined = state; at && !seen.has(at); at = whenUnable(flow, at)) {
    seen.add(at);
    yield at;
  }
}

/**
 * The state after a step. If the client lacked the tools of `state`, that state was skipped, and the step belongs to
 * the next state.
 */
function afterStep(flow: Flow, state: State, step: Step): State {
  for (const at of passedOver(flow, state)) {
    if (!callsOneOf(at, (tool) => step.calls.includes(tool))) continue;
    return follow(flow, at, (on) => leads(on, step)) ?? at;
  }
  // The step belongs to a rule, or was a call that the request demanded.
  return state;
}

/** `state`, or the next state that can act with the declared tools. */
function ableState(flow: Flow, state: State, callable: ReadonlySet<string>): State | undefined {
  for (const at of passedOver(flow, state)) {
    if (isAble(at, callable)) return at;
  }
  return undefined;
}
