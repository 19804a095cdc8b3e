/** Finds the answer to a request: the answer of the first rule or state that matches. */
import { isObject, type Json, type JsonObject, tryParseJson } from '../../lib/json.ts';
import { SchemaCheck } from '../../lib/schema/schema-check.ts';
import type { FaultRule } from '../faults/index.ts';
import type {
  Act,
  Ending,
  PlainAct,
  PromptBlock,
  Scenario,
  Signed,
  SpeechPart,
  SpeechSetting,
  Speed,
} from '../scenario/types.ts';
import { declarations, hasTool } from '../validator/request.ts';
import { type BuiltCall, buildCall, smallestCall } from './build-call.ts';
import { oneOf } from './chance.ts';
import type { Conversation } from './conversation.ts';
import { errandSpeech } from './errand/plan.ts';
import { flowState } from './flow.ts';
import { type Asking, matches } from './matching.ts';
import { sampleValue } from './sample.ts';
import { createFill, type Fill, fillArgs, fillGrounding } from './template.ts';

/** A piece of an answer, with its slots filled. */
export type SpokenPart = { signed?: Signed } & (
  | { kind: 'thought' | 'text'; text: string }
  | { kind: 'call'; call: BuiltCall }
  | { kind: 'exact'; part: JsonObject }
);

export type Spoken = Omit<SpeechSetting, 'candidates'> & {
  kind: 'speech';
  parts: readonly SpokenPart[];
  candidates?: readonly { parts: readonly SpokenPart[]; finish: Ending }[];
};

export type Reply =
  | Spoken
  | { kind: 'blocked'; block: PromptBlock }
  | { kind: 'refusal'; refusal: FaultRule };

export type Answer = {
  /** The rule or state that gave the answer: `scenario/rule`. */
  source: string;
  reply: Reply;
  /** The faults that spoil the answer, the outermost last. */
  faults: readonly FaultRule[];
  /** The rules that have spoilt it. */
  spoilers: readonly string[];
  pace: Speed | undefined;
};

type Candidate = { name: string; act: Act };

const said = (text: string): SpokenPart => ({ kind: 'text', text });

export const spokenText = ({ parts }: Pick<Spoken, 'parts'>): string =>
  parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');

export const spokenCalls = ({ parts }: Pick<Spoken, 'parts'>): readonly BuiltCall[] =>
  parts.flatMap((part) => (part.kind === 'call' ? [part.call] : []));

/** The source of an answer that no scenario has. */
export const NO_SOURCE = 'built-in/none';

const NO_RULE: Spoken = {
  kind: 'speech',
  parts: [said('This is the offline mock; no scenario has an answer to that.')],
};

/**
 * Chooses the answer. There is always one: a request that no scenario answers gets a plain sentence. `chosen` names a
 * scenario that is asked first, whatever the prompt.
 */
export function chooseAnswer(scenarios: readonly Scenario[], asking: Asking, chosen?: string): Answer {
  const first = scenarios.filter(({ name }) => name === chosen);
  const order = [...first, ...scenarios.filter((scenario) => !first.includes(scenario))];
  const faults: FaultRule[] = [];
  const spoilers: string[] = [];
  let pace: Speed | undefined;
  for (const scenario of order) {
    for (const { name, act: given } of candidates(scenario, asking, scenario.name === chosen)) {
      const source = `${scenario.name}/${name}`;
      const act = given.kind === 'chance' ? oneOf(given.ways, asking.chance.random(source)) : given;
      if (!act) continue;
      const reply = act.kind === 'spoil' ? undefined : replyOf(scenario, act, asking.conversation);
      if ('faults' in act && (reply || act.kind === 'spoil')) faults.push(...act.faults);
      if (act.kind === 'spoil') {
        pace ??= scenario.pace;
        spoilers.push(source);
      }
      if (reply) return { source, reply, faults, spoilers, pace: pace ?? scenario.pace };
    }
  }
  return { source: NO_SOURCE, reply: bent(NO_RULE, asking.conversation), faults, spoilers, pace };
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
  act: Exclude<PlainAct, { kind: 'spoil' }>,
  conversation: Conversation,
): Reply | undefined {
  if (act.kind === 'refuse') return { kind: 'refusal', refusal: act.refusal };
  if (act.kind === 'block') return { kind: 'blocked', block: act.block };
  const fill = createFill(scenario, conversation);
  if (act.kind === 'errand') return errandReply(conversation, fill);
  const { parts, grounding, pages, candidates: others, ...rest } = act.speech;
  const spoken = spokenParts(parts, conversation, fill);
  const wantsCalls = parts.some(({ kind }) => kind === 'call');
  if (wantsCalls && spokenCalls({ parts: spoken }).length === 0) return undefined;
  const { request } = conversation;
  if ((rest.code && !hasTool(request, 'codeExecution')) || (pages && !hasTool(request, 'urlContext')))
    return undefined;
  const speech: Spoken = {
    kind: 'speech',
    parts: spoken,
    ...rest,
    ...(grounding ? { grounding: fillGrounding(grounding, fill) } : {}),
    ...(pages ? { pages: pages.map((page) => ({ ...page, url: fill(page.url) })) } : {}),
    ...(others
      ? {
          candidates: others.map(({ parts: own, finish }) => ({
            parts: spokenParts(own, conversation, fill),
            finish,
          })),
        }
      : {}),
  };
  return bent(speech, conversation);
}

/** The parts with their slots filled, without calls that the client has no tool for. */
function spokenParts(parts: readonly SpeechPart[], conversation: Conversation, fill: Fill): SpokenPart[] {
  return parts.flatMap((part): SpokenPart[] => {
    if (part.kind === 'exact') return [{ ...part, part: fillArgs(part.part, fill) }];
    if (part.kind !== 'call') return [{ ...part, text: fill(part.text) }];
    const call = buildCall(part.call, conversation, fill);
    return call ? [{ ...part, call }] : [];
  });
}

/**
 * The reply to a plain request. The folder from which relative paths start is a fact of the scenario, like other facts
 * in its templates.
 */
function errandReply(conversation: Conversation, fill: Fill): Reply | undefined {
  const cwd = fill('{{cwd}}');
  const speech = errandSpeech(conversation, cwd.startsWith('{{') ? '.' : cwd);
  if (!speech) return undefined;
  const calls = speech.calls.map((call): SpokenPart => ({ kind: 'call', call }));
  const parts: SpokenPart[] = [{ kind: 'thought', text: speech.thinking }, said(speech.text), ...calls];
  return bent({ kind: 'speech', parts }, conversation);
}

/** True where a scenario has written the JSON that is asked for. */
function fits(text: string, schema: unknown): boolean {
  const value = tryParseJson(text);
  return isObject(value) && new SchemaCheck((schema ?? {}) as Json).verdict(value as Json) !== 'illegal';
}

/**
 * Changes a reply so that it fits what the request demands: a call in mode ANY, JSON under a JSON mime type. What a
 * scenario has written part by part, or with an end of its own, stays as it is.
 */
function bent(spoken: Spoken, conversation: Conversation): Spoken {
  const { request, callable, words } = conversation;
  const { parts, finish } = spoken;
  if (finish || parts.some(({ kind }) => kind === 'call' || kind === 'exact')) return spoken;
  const thoughts = parts.filter(({ kind }) => kind === 'thought');
  if (request.toolConfig?.functionCallingConfig?.mode === 'ANY' && callable.size > 0) {
    const forced = declarations(request).find((declaration) => callable.has(declaration.name ?? ''));
    const call = smallestCall(forced?.name ?? '', conversation);
    return { ...spoken, parts: [...thoughts, { kind: 'call', call }] };
  }
  const config = request.generationConfig ?? {};
  if (config.responseMimeType !== 'application/json') return spoken;
  const schema = config.responseJsonSchema ?? config.responseSchema;
  const text = spokenText(spoken);
  if (fits(text, schema)) return spoken;
  const value = isObject(schema) ? sampleValue(schema, words) : { answer: text };
  return { ...spoken, parts: [...thoughts, said(JSON.stringify(value))] };
}
