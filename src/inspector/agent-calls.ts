/** Finds the calls of an answer that begin subagents. */
import { isObject } from '../lib/json.ts';
import { answerMessage } from './answer-message.ts';
import { promptHash } from './news.ts';
import type { AgentCall } from './subagents.ts';

/** Older versions of Claude Code call the tool `Task`. */
const NAMES: ReadonlySet<string> = new Set(['Agent', 'Task']);
const MARKS = [...NAMES].map((name) => `"name":"${name}"`);

/** Most answers have no such call, and are not parsed. */
const mayCall = (answer: Buffer): boolean => MARKS.some((mark) => answer.includes(mark));

export function agentCalls(answer: Uint8Array): AgentCall[] {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  if (!mayCall(bytes)) return [];
  return answerMessage(bytes.toString()).content.flatMap((block) => {
    if (block.type !== 'tool_use' || !NAMES.has(block.name)) return [];
    const { id, input } = block;
    return isObject(input) && typeof input['prompt'] === 'string'
      ? [{ id, prompt: promptHash(input['prompt']) }]
      : [];
  });
}
