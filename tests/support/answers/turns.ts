/** Feeds TurnEvents to one answer and shows the result. */
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import type { AnswerPlan } from '../../../src/translate/context.ts';
import { foldEvents } from '../../../src/translate/response/message.ts';
import { AnswerStream } from '../../../src/translate/response/stream.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import { openEnvelope } from '../../../src/translate/signatures.ts';
import { planFor } from './answer.ts';

export const STOP: TurnEvent = { type: 'finish', finish: { kind: 'finished', reason: 'STOP' } };
export const text = (value: string, signature?: string): TurnEvent => ({
  type: 'text',
  text: value,
  ...(signature ? { signature } : {}),
});
export const thinking = (value: string): TurnEvent => ({ type: 'thinking', text: value });
export const call = (signature?: string): TurnEvent => ({
  type: 'call',
  name: 'Bash',
  args: { command: 'ls' },
  ...(signature ? { signature } : {}),
});

export function run(turn: readonly TurnEvent[], change: Partial<AnswerPlan> = {}) {
  const remembered = new Map<string, string>();
  let ids = 0;
  const plan = planFor(['Bash'], change);
  const answer = new AnswerStream({
    plan: () => plan,
    messageId: 'msg_1',
    origin: () => ({ family: 'gemini-3', keyFingerprint: 'k' }),
    newToolId: () => `toolu_${++ids}`,
    newServerToolId: () => `srvtoolu_${++ids}`,
    tellsIterations: false,
    keepFile: () => undefined,
    cacheWritten: () => undefined,
    shown: (text) => text,
    remember: (key, envelope) => remembered.set(key, envelope),
    warn: () => {},
  });
  const events: MessageEvent[] = answer.start();
  for (const event of turn) events.push(...answer.push([event]));
  return { answer, events, remembered };
}

/** The blocks of the folded answer, one letter each; a signature is shown by its place. */
export function shape(events: readonly MessageEvent[]): string[] {
  return foldEvents(events).content.map((block) => {
    if (block.type === 'text') return `text:${block.text}`;
    if (block.type === 'tool_use') return `call:${block.name}`;
    if (block.type === 'server_tool_use') {
      const [asked] = Object.values(block.input);
      return `${block.name === 'web_search' ? 'search' : block.name}:${asked}`;
    }
    if (block.type === 'web_search_tool_result')
      return Array.isArray(block.content) ? `found:${block.content.length}` : block.content.error_code;
    if (block.type === 'thinking') {
      const place = openEnvelope(block.signature)?.place;
      return `thinking:${block.thinking}:${place?.on}`;
    }
    if (block.type === 'compaction') return `compaction:${block.content}`;
    return `${block.type}:${JSON.stringify(block.content)}`;
  });
}
