/** Refuses messages that Anthropic's API refuses because of their place or their role. */
import type { ContentBlock } from '../../../anthropic/content.ts';
import type { ApiVersion, Message } from '../../../anthropic/request.ts';
import { checkSummary } from '../../edits/summary.ts';
import { refuse } from './refuse.ts';
import { refuseAddedTool } from './refused-tools.ts';

/** The blocks that only one role may write, with that role. */
const ONLY: ReadonlyMap<ContentBlock['type'], Message['role']> = new Map([
  ['tool_use', 'assistant'],
  ['thinking', 'assistant'],
  ['redacted_thinking', 'assistant'],
  ['tool_result', 'user'],
  ['tool_addition', 'system'],
  ['tool_removal', 'system'],
]);

/** Where a block stands. Its path is written only for an error: a long history has thousands of blocks. */
type Place = { index: number; position: number };
const pathOf = ({ index, position }: Place): string => `messages.${index}.content.${position}`;

const hasCitations = (block: ContentBlock): boolean =>
  block.type === 'text' && Array.isArray(block.citations) && block.citations.length > 0;

function refuseBlock(block: ContentBlock, role: Message['role'], place: Place, version: ApiVersion): void {
  const owner = ONLY.get(block.type);
  if (owner !== undefined && owner !== role) {
    refuse(`${pathOf(place)}: \`${block.type}\` blocks can only be in \`${owner}\` messages`);
  }
  if (block.type === 'compaction') checkSummary(block, pathOf(place));
  if (block.type === 'tool_addition') refuseAddedTool(block, `${pathOf(place)}.tool_addition`);
  if (version !== '2026-10-21') return;
  if (block.type === 'document' && role === 'assistant') {
    refuse(`${pathOf(place)}: \`document\` blocks cannot be in \`assistant\` messages`);
  }
  if (role === 'user' && hasCitations(block)) {
    refuse(`${pathOf(place)}.text.citations: Extra inputs are not permitted`);
  }
}

export function refuseMessages(messages: readonly Message[], version: ApiVersion): void {
  if (messages.length === 0) refuse('messages: at least one message is required');
  messages.forEach(({ role, content }, index) => {
    if (role === 'user' && content.length === 0) {
      refuse(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
    if (typeof content === 'string') return;
    content.forEach((block, position) => {
      refuseBlock(block, role, { index, position }, version);
    });
  });
}
