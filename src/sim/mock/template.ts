/**
 * Replaces `{{user}}`, `{{result}}`, `{{result.Tool}}`, `{{result.Tool#2}}`, `{{status.Tool}}`, `{{media}}`,
 * `{{self.name}}` and a scenario's facts in its texts.
 */
import type { Json, JsonObject } from '../../lib/json.ts';
import { readSlot, SLOT } from '../scenario/slots.ts';
import type { Fact, Grounding, Scenario } from '../scenario/types.ts';
import { type Conversation, requestTexts, resultTexts, type ToolResult } from './conversation.ts';

/** The most characters of a value that are put into an answer. */
const LONGEST = 2_000;

/** Fills the slots of a text. A slot of an unknown name stays as it is; files with such slots are refused. */
export type Fill = (text: string) => string;

export function createFill(scenario: Scenario, conversation: Conversation): Fill {
  const places = { texts: requestTexts, results: resultTexts };
  const read: Partial<Record<Fact['in'], string>> = {};
  const fact = (name: string): string | undefined => {
    const known = scenario.facts.get(name);
    if (!known) return undefined;
    read[known.in] ??= places[known.in](conversation.request);
    return [...(read[known.in] ?? '').matchAll(known.find)].at(-1)?.[1]?.trim() ?? known.otherwise;
  };
  return (text) =>
    text.replaceAll(SLOT, (written: string, escaping: string, inside: string) => {
      if (escaping) return written.slice(escaping.length);
      const { name = '', of, line } = readSlot(inside) ?? {};
      const value = builtIn(conversation, name, of) ?? fact(name);
      if (value === undefined) return written;
      return (line === undefined ? value : lineOf(value, line)).slice(0, LONGEST);
    });
}

function builtIn(conversation: Conversation, name: string, tool: string | undefined): string | undefined {
  const { results, lastResults, user, self } = conversation;
  if (name === 'self') return Object.entries(self).find(([word]) => word === tool)?.[1];
  const last: ToolResult | undefined = tool
    ? results.findLast((result) => tool.split('|').includes(result.tool))
    : lastResults.at(-1);
  if (name === 'user') return user;
  if (name === 'media') return mediaText(conversation);
  if (name === 'result') return last?.text.trim() ?? '(no result)';
  if (name !== 'status') return undefined;
  if (!last) return 'not run';
  return last.failed ? 'failed' : 'done';
}

/** One line of a value. Lines are counted from 1; a number beyond the last line means the last line. */
function lineOf(value: string, number: number): string {
  const lines = value.split('\n').filter((line) => line.trim() !== '');
  return (lines[number - 1] ?? lines.at(-1) ?? '').trim();
}

function mediaText({ media }: Conversation): string {
  const all = media.map(({ mimeType = 'unknown', data = '' }) => {
    return `${mimeType} (${Buffer.from(data, 'base64').length} bytes)`;
  });
  return all.length > 0 ? all.join(', ') : 'nothing';
}

export function fillArgs(args: JsonObject, fill: Fill): JsonObject {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, fillValue(value, fill)]));
}

export function fillValue(value: Json, fill: Fill): Json {
  if (typeof value === 'string') return fill(value);
  if (Array.isArray(value)) return value.map((item) => fillValue(item, fill));
  return typeof value === 'object' && value !== null ? fillArgs(value, fill) : value;
}

export const fillGrounding = ({ queries, sources, supports }: Grounding, fill: Fill): Grounding => ({
  queries: queries.map(fill),
  sources: sources.map(({ title, uri }) => ({ title: fill(title), uri: fill(uri) })),
  supports: supports.map(({ text, sources }) => ({ text: fill(text), sources })),
});
