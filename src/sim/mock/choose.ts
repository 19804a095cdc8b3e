/** Finds the answer to a request: the answer of the first rule or state that matches. */
import { isObject, type Json, tryParseJson } from '../../lib/json.ts';
import { SchemaCheck } from '../../lib/schema/schema-check.ts';
import type { FaultRule } from '../faults/index.ts';
import type { Act, CodeRun, Grounding, Scenario, ScenarioRefusal, Speed } from '../scenario/types.ts';
import { declarations, hasTool } from '../validator/request.ts';
import { type BuiltCall, buildCall, smallestCall } from './build-call.ts';
import type { Conversation } from './conversation.ts';
import { errandSpeech } from './errand/plan.ts';
import { flowState } from './flow.ts';
import { type Asking, matches } from './matching.ts';
import { sampleValue } from './sample.ts';
import { createFill, type Fill, fillGrounding } from './template.ts';

export type Spoken = {
  kind: 'speech';
  thinking: readonly string[];
  text: string;
  calls: readonly BuiltCall[];
  grounding?: Grounding;
  code?: readonly CodeRun[];
  pages?: readonly string[];
};

export type Answer = {
  /** The rule or state that gave the answer: `scenario/rule`. */
  source: string;
  reply: Spoken | { kind: 'refusal'; refusal: ScenarioRefusal };
  /** The faults that spoil the answer, the outermost last. */
  faults: readonly FaultRule[];
  pace: Speed | undefined;
};

type Candidate = { name: string; act: Act };

const NO_RULE: Answer = {
  source: 'built-in/none',
  reply: {
    kind: 'speech',
    thinking: [],
    text: 'This is the offline mock; no scenario has an answer to that.',
    calls: [],
  },
  faults: [],
  pace: undefined,
};

/**
 * Chooses the answer. There is always one: a request that no scenario answers gets a plain sentence. `chosen` names a
 * scenario that is asked first, whatever the prompt.
 */
export function chooseAnswer(scenarios: readonly Scenario[], asking: Asking, chosen?: string): Answer {
  const first = scenarios.filter(({ name }) => name === chosen);
  const order = [...first, ...scenarios.filter((scenario) => !first.includes(scenario))];
  const faults: FaultRule[] = [];
  let pace: Speed | undefined;
  for (const scenario of order) {
    for (const { name, act } of candidates(scenario, asking, scenario.name === chosen)) {
      const reply = act.kind === 'spoil' ? undefined : replyOf(scenario, act, asking.conversation);
      if ('faults' in act && (reply || act.kind === 'spoil')) faults.push(...act.faults);
      if (act.kind === 'spoil') pace ??= scenario.pace;
      if (reply) return { source: `${scenario.name}/${name}`, reply, faults, pace: pace ?? scenario.pace };
    }
  }
  return { ...NO_RULE, reply: bent(NO_RULE.reply as Spoken, asking.conversation), faults, pace };
}

/** The rules and states of `scenario` that apply to the request, in the order of asking. */
function candidates(scenario: Scenario, asking: Asking, chosen: boolean): Candidate[] {
  const { prompt, rules, flows } = scenario;
  const begins = (words: string) => chosen || !prompt || prompt(words);
  const standing = flows.flatMap((flow, index) => {
    if (flow.caller && !flow.caller.includes(asking.caller)) return [];
    const state = flowState(flow, asking.conversation, index === 0 ? begins : (flow.prompt ?? begins));
    return state ? [state] : [];
  });
  const states = standing.map(({ name }) => name);
  const open = begins(asking.conversation.words);
  return [...rules.filter(({ when }) => open && matches(when, asking, states)), ...standing];
}

/** Makes the reply; undefined where the reply needs tools, the client's or Google's, that the request does not have. */
function replyOf(
  scenario: Scenario,
  act: Exclude<Act, { kind: 'spoil' }>,
  conversation: Conversation,
): Answer['reply'] | undefined {
  if (act.kind === 'refuse') return { kind: 'refusal', refusal: act.refusal };
  const fill = createFill(scenario, conversation);
  if (act.kind === 'errand') return errandReply(conversation, fill);
  const { speech } = act;
  const calls = speech.calls.flatMap((call) => buildCall(call, conversation, fill) ?? []);
  if (speech.calls.length > 0 && calls.length === 0) return undefined;
  const { request } = conversation;
  if (
    (speech.code && !hasTool(request, 'codeExecution')) ||
    (speech.pages && !hasTool(request, 'urlContext'))
  )
    return undefined;
  const spoken: Spoken = {
    kind: 'speech',
    thinking: speech.thinking.map(fill),
    text: fill(speech.text),
    calls,
    ...(speech.grounding ? { grounding: fillGrounding(speech.grounding, fill) } : {}),
    ...(speech.code ? { code: speech.code } : {}),
    ...(speech.pages ? { pages: speech.pages.map(fill) } : {}),
  };
  return bent(spoken, conversation);
}

/**
 * The reply to a plain request. The folder from which relative paths start is a fact of the scenario, like other facts
 * in its templates.
 */
function errandReply(conversation: Conversation, fill: Fill): Answer['reply'] | undefined {
  const cwd = fill('{{cwd}}');
  const speech = errandSpeech(conversation, cwd.startsWith('{{') ? '.' : cwd);
  return speech && bent({ kind: 'speech', ...speech, thinking: [speech.thinking] }, conversation);
}

/** True where a scenario has written the JSON that is asked for. */
function fits(text: string, schema: unknown): boolean {
  const value = tryParseJson(text);
  return isObject(value) && new SchemaCheck((schema ?? {}) as Json).verdict(value as Json) !== 'illegal';
}

/** Changes a reply so that it fits what the request demands: a call in mode ANY, JSON under a JSON mime type. */
function bent(spoken: Spoken, conversation: Conversation): Spoken {
  const { request, callable, words } = conversation;
  if (spoken.calls.length > 0) return spoken;
  if (request.toolConfig?.functionCallingConfig?.mode === 'ANY' && callable.size > 0) {
    const forced = declarations(request).find((declaration) => callable.has(declaration.name ?? ''));
    return { ...spoken, text: '', calls: [smallestCall(forced?.name ?? '', conversation)] };
  }
  const config = request.generationConfig ?? {};
  if (config.responseMimeType !== 'application/json') return spoken;
  const schema = config.responseJsonSchema ?? config.responseSchema;
  if (fits(spoken.text, schema)) return spoken;
  const value = isObject(schema) ? sampleValue(schema, words) : { answer: spoken.text };
  return { ...spoken, text: JSON.stringify(value) };
}
