/**
 * Clears thoughts. Gemini is never sent the words of earlier thoughts, so nothing has to be taken out: this counts what
 * the client's own history holds beyond the turns that it wants to keep. Signatures stay on their calls and texts,
 * since Google wants them back.
 */
import type { EditOf } from '../../anthropic/context-edits.ts';
import type { Message } from '../../anthropic/request.ts';
import { sinceSummary } from './summary.ts';

type Turn = { words: string[] };

const DEFAULT_KEEP = 1;

const isNewQuestion = ({ role, content }: Message): boolean =>
  role === 'user' && (typeof content === 'string' || content.some(({ type }) => type !== 'tool_result'));

/** The turns of the assistant that hold thoughts. A turn goes on over its calls and their results. */
function thinkingTurns(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  let open: Turn | undefined;
  for (const message of messages) {
    if (isNewQuestion(message)) open = undefined;
    if (message.role !== 'assistant' || typeof message.content === 'string') continue;
    for (const block of message.content) {
      if (block.type !== 'thinking' && block.type !== 'redacted_thinking') continue;
      if (!open) {
        open = { words: [] };
        turns.push(open);
      }
      const words = block.type === 'thinking' ? block.thinking : undefined;
      if (typeof words === 'string') open.words.push(words);
    }
  }
  return turns;
}

function kept(keep: EditOf<'clear_thinking'>['keep']): number {
  if (keep === undefined || keep === null) return DEFAULT_KEEP;
  return typeof keep === 'object' && 'value' in keep ? Number(keep.value) : Infinity;
}

/** The number of turns whose thoughts are cleared, and the words of these thoughts. */
export function clearedThinking(
  messages: readonly Message[],
  { keep }: EditOf<'clear_thinking'>,
): { turns: number; words: string } {
  // Claude Code asks for this with every turn: nothing is cleared, and the history is not read.
  if (kept(keep) === Infinity) return { turns: 0, words: '' };
  const turns = thinkingTurns(sinceSummary(messages));
  const cleared = turns.slice(0, Math.max(0, turns.length - kept(keep)));
  return { turns: cleared.length, words: cleared.flatMap(({ words }) => words).join('\n') };
}
