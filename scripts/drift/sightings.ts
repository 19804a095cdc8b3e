/** What answers really hold: every member and every named value of every chunk, by the message that it stands in. */
import type { GenerateContentResponse } from '../../src/gemini/wire.ts';
import { isObject } from '../../src/lib/json.ts';

/** `Part.text`, `finishReason STOP` … with the place where each was first seen. */
export type Sightings = Map<string, string>;

/** The members that hold another message. */
const INSIDE: Readonly<Record<string, string>> = {
  'GenerateContentResponse.candidates': 'Candidate',
  'GenerateContentResponse.promptFeedback': 'PromptFeedback',
  'GenerateContentResponse.usageMetadata': 'UsageMetadata',
  'Candidate.content': 'Content',
  'Content.parts': 'Part',
  'Part.functionCall': 'FunctionCall',
};

const NAMED: readonly string[] = ['Candidate.finishReason', 'PromptFeedback.blockReason'];

export function sight(chunk: GenerateContentResponse, where: string, seen: Sightings): void {
  visit(chunk, 'GenerateContentResponse', where, seen);
}

function visit(value: unknown, message: string, where: string, seen: Sightings): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, message, where, seen);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const name = `${message}.${key}`;
    if (!seen.has(name)) seen.set(name, where);
    if (NAMED.includes(name) && typeof member === 'string' && !seen.has(`${name} ${member}`)) {
      seen.set(`${name} ${member}`, where);
    }
    const inside = INSIDE[name];
    if (inside !== undefined) visit(member, inside, where, seen);
  }
}
