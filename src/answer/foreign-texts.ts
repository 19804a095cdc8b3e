/**
 * Texts that stand on the user's side of a conversation and are not the user's: messages of the role `system` in the middle of
 * it, with which Claude Code tells of its tools, of its plan mode, of work that has ended. Upstream they look like the user's.
 */
import type { Message } from '../anthropic/request.ts';
import { contentHash } from '../lib/hash.ts';

/** Their hashes, separated by blanks. */
export function foreignTexts(messages: readonly Message[]): string {
  const texts = messages
    .filter(({ role }) => role === 'system')
    .flatMap(({ content }) =>
      typeof content === 'string'
        ? [content]
        : content.flatMap((block) => (block.type === 'text' ? [block.text] : [])),
    );
  return texts.map(contentHash).join(' ');
}
