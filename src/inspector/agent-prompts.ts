/** Finds the subagents that an answer begins: the prompts of its `Agent` calls. */
import { isObject } from '../lib/json.ts';
import { answerMessage } from './answer-message.ts';

/** Older versions of Claude Code call the tool `Task`. */
const NAMES: ReadonlySet<string> = new Set(['Agent', 'Task']);
const MARKS = [...NAMES].map((name) => `"name":"${name}"`);

/** Most answers have no such call, and are not parsed. */
const mayCall = (answer: Buffer): boolean => MARKS.some((mark) => answer.includes(mark));

export function agentPrompts(answer: Uint8Array): string[] {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  if (!mayCall(bytes)) return [];
  return answerMessage(bytes.toString()).content.flatMap((block) => {
    if (block.type !== 'tool_use' || !NAMES.has(block.name)) return [];
    const { input } = block;
    return isObject(input) && typeof input['prompt'] === 'string' ? [input['prompt']] : [];
  });
}
