/** What our own tables say of the wire. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCK_REASONS, isKnownFinishReason } from '../../src/translate/response/stop-reason.ts';
import { membersOf } from './declarations.ts';
import type { Sightings } from './sightings.ts';

const WIRE = readFileSync(join(import.meta.dir, '../../src/gemini/wire.ts'), 'utf8');

const named = (type: string): string[] => {
  const members = membersOf(WIRE, type);
  if (!members) throw new Error(`src/gemini/wire.ts has no type ${type}`);
  return members.map(({ name }) => name);
};

/** Members of the messages of an answer that our reader knows, whether it uses them or not. */
export const READ: Readonly<Record<string, readonly string[]>> = {
  GenerateContentResponse: named('GenerateContentResponse'),
  Candidate: named('Candidate'),
  Content: ['parts', 'role'],
  Part: named('ResponsePart'),
  FunctionCall: ['id', 'name', 'args', 'partialArgs', 'willContinue'],
  UsageMetadata: named('UsageMetadata'),
  PromptFeedback: named('PromptFeedback'),
};

/** The reader takes these as they are, so no row says more about them. */
const PLAIN_ENDS: readonly string[] = ['FINISH_REASON_UNSPECIFIED'];
const PLAIN_BLOCKS: readonly string[] = ['OTHER', 'BLOCK_REASON_UNSPECIFIED', 'BLOCKED_REASON_UNSPECIFIED'];

export const knowsFinishReason = (value: string): boolean =>
  isKnownFinishReason(value) || PLAIN_ENDS.includes(value);
export const knowsBlockReason = (value: string): boolean =>
  Object.hasOwn(BLOCK_REASONS, value) || PLAIN_BLOCKS.includes(value);

/** What was seen in answers and is in no table of ours. */
export function unknownIn(seen: Sightings): string[] {
  return [...seen].flatMap(([name]) => {
    const [path = '', value] = name.split(' ');
    const [message = '', member = ''] = path.split('.');
    if (value === undefined) return READ[message]?.includes(member) ? [] : [`unread ${path}`];
    if (path === 'Candidate.finishReason') return knowsFinishReason(value) ? [] : [`unknown ${name}`];
    return knowsBlockReason(value) ? [] : [`unknown ${name}`];
  });
}
