/**
 * Finds the pictures and documents of a history, as bytes or by URL: in messages, in results, and in documents of
 * several parts.
 */
import type { ContentBlock, DocumentBlock, ImageBlock } from '../../../anthropic/content.ts';
import type { Message } from '../../../anthropic/request.ts';
import { summaryPlace } from '../../edits/summary.ts';

type MediaBlock = ImageBlock | DocumentBlock;

/** `path` is the path of the block: `messages.0.content.1`. */
export type MediaPlace = { block: MediaBlock; path: string };

function collect(block: ContentBlock, path: string, places: MediaPlace[]): void {
  if (block.type === 'tool_result') {
    if (typeof block.content !== 'object') return;
    block.content?.forEach((child, index) => {
      collect(child, `${path}.tool_result.content.${index}`, places);
    });
    return;
  }
  if (block.type !== 'image' && block.type !== 'document') return;
  const { source } = block;
  if (source.type !== 'content') places.push({ block, path });
  else if (typeof source.content !== 'string')
    source.content.forEach((child, index) => {
      collect(child, `${path}.document.source.content.${index}`, places);
    });
}

/** Lists the media in the order of the history, without those that a summary has replaced. */
export function mediaPlaces(messages: readonly Message[]): MediaPlace[] {
  const places: MediaPlace[] = [];
  const first = summaryPlace(messages)?.index ?? 0;
  messages.forEach(({ content }, index) => {
    if (typeof content === 'string' || index < first) return;
    content.forEach((block, position) => {
      // The path is written only where it may be needed: a long history has thousands of blocks.
      if (mayHoldMedia(block)) collect(block, `messages.${index}.content.${position}`, places);
    });
  });
  return places;
}

const mayHoldMedia = (block: ContentBlock): boolean =>
  block.type === 'image' ||
  block.type === 'document' ||
  (block.type === 'tool_result' && typeof block.content === 'object');
