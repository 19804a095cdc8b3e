/** From a request to the answer that the first matching rule gives. */
import type { Json, JsonObject } from '../../lib/json.ts';
import type { Scenario, ScenarioRule } from '../scenarios.ts';
import { declarations } from '../validator/request.ts';
import type { Conversation, ToolResult } from './conversation.ts';
import { sampleValue } from './sample.ts';
import { createFill, fillArgs } from './template.ts';

export type Answer = {
  /** Which rule gave it: `scenario/rule`. */
  source: string;
  thinking: readonly string[];
  text: string;
  calls: readonly { name: string; args: JsonObject }[];
};

const NO_RULE: Answer = {
  source: 'built-in/none',
  thinking: [],
  text: 'This is the offline mock; no scenario has an answer to that.',
  calls: [],
};

/** Always an answer: what no rule answers gets a plain sentence. */
export function chooseAnswer(
  scenarios: readonly Scenario[],
  conversation: Conversation,
  caller: string,
): Answer {
  for (const scenario of scenarios) {
    for (const rule of scenario.rules) {
      const answer = matches(rule, conversation, caller) ? answerOf(scenario, rule, conversation) : undefined;
      if (answer) return bent(answer, conversation);
    }
  }
  return bent(NO_RULE, conversation);
}

function matches({ when }: ScenarioRule, conversation: Conversation, caller: string): boolean {
  const { called, turn, words } = conversation;
  if (when.caller && !when.caller.includes(caller)) return false;
  if (when.user && !when.user(words)) return false;
  if (when.turn && (turn < when.turn.min || turn > when.turn.max)) return false;
  if (when.called && !when.called.some((tool) => called.has(tool))) return false;
  if (when.notCalled?.some((tool) => called.has(tool))) return false;
  return !when.result || conversation.lastResults.some((result) => matchesResult(when.result, result));
}

function matchesResult(wanted: ScenarioRule['when']['result'], result: ToolResult): boolean {
  if (wanted?.tool && !wanted.tool.includes(result.tool)) return false;
  if (wanted?.text && !wanted.text(result.text)) return false;
  return wanted?.error === undefined || wanted.error === result.failed;
}

/** Undefined where the rule would call tools and the request declares none of them. */
function answerOf(scenario: Scenario, rule: ScenarioRule, conversation: Conversation): Answer | undefined {
  const fill = createFill(scenario, conversation);
  const calls = rule.calls.flatMap((call) => {
    const name = call.tool.find((tool) => conversation.callable.has(tool));
    return name === undefined ? [] : [{ name, args: fillArgs(call.args, fill) }];
  });
  if (rule.calls.length > 0 && calls.length === 0) return undefined;
  return {
    source: `${scenario.name}/${rule.name}`,
    thinking: rule.thinking.map(fill),
    text: fill(rule.text),
    calls,
  };
}

/** What the request insists on wins over the rule: a call under mode ANY, JSON under a JSON mime type. */
function bent(answer: Answer, conversation: Conversation): Answer {
  const { request, callable, words } = conversation;
  if (answer.calls.length > 0) return answer;
  if (request.toolConfig?.functionCallingConfig?.mode === 'ANY' && callable.size > 0) {
    const forced = declarations(request).find((declaration) => callable.has(declaration.name ?? ''));
    const schema = forced?.parametersJsonSchema ?? forced?.parameters ?? { type: 'object' };
    return {
      ...answer,
      text: '',
      calls: [{ name: forced?.name ?? '', args: asObject(sampleValue(schema, words)) }],
    };
  }
  const config = request.generationConfig ?? {};
  if (config.responseMimeType !== 'application/json') return answer;
  const schema = config.responseJsonSchema ?? config.responseSchema;
  const value = schema === undefined ? { answer: answer.text } : sampleValue(schema, words);
  return { ...answer, text: JSON.stringify(value) };
}

const asObject = (value: Json): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
