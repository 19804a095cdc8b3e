/** `{{user}}`, `{{result}}`, `{{result.Tool}}`, `{{status.Tool}}` and a scenario's facts, put into its texts. */
import type { Json, JsonObject } from '../../lib/json.ts';
import type { Scenario } from '../scenarios.ts';
import { type Conversation, requestTexts, type ToolResult } from './conversation.ts';

const SLOT = /\{\{\s*([A-Za-z_]+)(?:\.([^\s}]+))?\s*\}\}/g;
/** Characters of a value that go into an answer. */
const LONGEST = 2_000;

/** Fills the slots of a text; one that nothing is known of stays as it is. */
export type Fill = (text: string) => string;

export function createFill(scenario: Scenario, conversation: Conversation): Fill {
  let texts: string | undefined;
  const fact = (name: string): string | undefined => {
    const known = scenario.facts.get(name);
    if (!known) return undefined;
    texts ??= requestTexts(conversation.request);
    return [...texts.matchAll(known.find)].at(-1)?.[1]?.trim() ?? known.otherwise;
  };
  return (text) =>
    text.replaceAll(SLOT, (slot, name: string, tool: string | undefined) => {
      const value = builtIn(conversation, name, tool) ?? fact(name);
      return value === undefined ? slot : value.slice(0, LONGEST);
    });
}

function builtIn(conversation: Conversation, name: string, tool: string | undefined): string | undefined {
  const { results, lastResults, user } = conversation;
  const last: ToolResult | undefined = tool
    ? results.findLast((result) => tool.split('|').includes(result.tool))
    : lastResults.at(-1);
  if (name === 'user') return user;
  if (name === 'result') return last?.text.trim() ?? '(no result)';
  if (name !== 'status') return undefined;
  if (!last) return 'not run';
  return last.failed ? 'failed' : 'done';
}

export function fillArgs(args: JsonObject, fill: Fill): JsonObject {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, fillValue(value, fill)]));
}

function fillValue(value: Json, fill: Fill): Json {
  if (typeof value === 'string') return fill(value);
  if (Array.isArray(value)) return value.map((item) => fillValue(item, fill));
  return typeof value === 'object' && value !== null ? fillArgs(value, fill) : value;
}
