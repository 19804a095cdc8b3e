/**
 * Texts on the user's side of a conversation that the user did not write: `system` messages in the middle of it, in
 * which Claude Code tells the model about its tools, its plan mode, and work that has ended. Upstream they look like
 * the user's.
 */
import type { Message } from '../anthropic/request.ts';
import { contentHash } from '../lib/hash.ts';

/** The hashes of the texts that the user did not write, separated by blanks. */
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
