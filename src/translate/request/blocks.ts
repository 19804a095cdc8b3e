/**
 * The table of block types: one row for each type says what its blocks become. A block type without a row does not
 * compile.
 */
import type { BlockOf, BlockType, ContentBlock, ToolResultContent } from '../../anthropic/content.ts';
import { isObject } from '../../lib/json.ts';
import { CLEARED_RESULT } from '../edits/cleared.ts';
import type { BlockPlace, ContentPart, Item } from './items.ts';
import { content, text } from './items.ts';
import { documentParts, imageParts, searchResultText, uploadParts } from './media/media.ts';
import { refuse } from './refusals/refuse.ts';
import { documentOfPage } from './tools/fetched-page.ts';
import { sealedWords } from './tools/search-words.ts';
import {
  blockText,
  holdsBytes,
  serverCallText,
  serverResultText,
  toolReferenceText,
} from './tools/server-tools.ts';
import { TOOL_SEARCHES } from './tools/tool-search.ts';

type Row<T extends BlockType> = (block: BlockOf<T>, place: BlockPlace) => Item[];
type Rows = { readonly [T in BlockType]: Row<T> };

const serverCall = (
  { id, name, input }: BlockOf<'server_tool_use' | 'mcp_tool_use'>,
  { isServed, path }: BlockPlace,
): Item[] => [
  isServed(name)
    ? { kind: 'call', id, name, input, inputCleared: false, path }
    : { kind: 'served', what: 'call', id, text: serverCallText(name, input) },
];

/** The result of a search that this process made answers its call, with the words that it sealed. */
function foundPages(block: BlockOf<'web_search_tool_result'>, place: BlockPlace): Item[] {
  const { content, tool_use_id: id } = block;
  if (!place.isServed('web_search')) return serverResult(block, place);
  const failed = isObject(content) && content['type'] === 'web_search_tool_result_error';
  const parts = [{ text: [sealedWords(content), serverResultText(block.type, content)].join('\n').trim() }];
  return [{ kind: 'result', id, failed, parts, path: place.path }];
}

/** A page that this process has read answers its call: as the document that it is. */
function readPage(block: BlockOf<'web_fetch_tool_result'>, place: BlockPlace): Item[] {
  const { content: page, tool_use_id: id } = block;
  if (!place.isServed('web_fetch')) return serverResult(block, place);
  const { path } = place;
  const document = documentOfPage(page);
  if (!document) {
    const failed = isObject(page) && page['type'] === 'web_fetch_tool_result_error';
    return [{ kind: 'result', id, failed, parts: [{ text: serverResultText(block.type, page) }], path }];
  }
  const inner = { ...place, path: `${path}.web_fetch_tool_result.content.content` };
  return [{ kind: 'result', id, failed: false, parts: documentParts(document, inner), path }];
}

/** The result of a search for tools answers its call, where the model called it as a function. */
function foundTools(block: BlockOf<'tool_search_tool_result'>, place: BlockPlace): Item[] {
  const { content, tool_use_id: id } = block;
  if (!TOOL_SEARCHES.some(place.isServed)) return serverResult(block, place);
  const failed = isObject(content) && content['type'] === 'tool_search_tool_result_error';
  const parts = [{ text: serverResultText(block.type, content) }];
  return [{ kind: 'result', id, failed, parts, path: place.path }];
}
function serverResult(
  block: { type: string; tool_use_id: string; content?: unknown },
  { path, warn }: BlockPlace,
): Item[] {
  if (holdsBytes(block.content)) warn('content-changed', path, 'media in it is named, not sent');
  const told = serverResultText(block.type, block.content);
  return [{ kind: 'served', what: 'result', id: block.tool_use_id, text: told }];
}

/**
 * The parts of a `tool_result`. It may hold only a few types of blocks; each of these is translated as it would be
 * outside of a result.
 */
function resultParts(blocks: readonly ToolResultContent[], place: BlockPlace): ContentPart[] {
  return blocks.flatMap((block, index) => {
    const inner = { ...place, path: `${place.path}.tool_result.content.${index}` };
    return blockItems(block, inner).flatMap((item) => (item.kind === 'content' ? [item.part] : []));
  });
}

function partsOfResult(block: BlockOf<'tool_result'>, place: BlockPlace): ContentPart[] {
  if (place.cleared.results.has(block)) return [{ text: CLEARED_RESULT }];
  return typeof block.content === 'string'
    ? [{ text: block.content }]
    : resultParts(block.content ?? [], place);
}

const ROWS: Rows = {
  text: (block) => text(block.text),
  image: (block, place) => imageParts(block, place).map(content),
  document: (block, place) => documentParts(block, place).map(content),
  search_result: (block, place) => text(searchResultText(block, place)),
  thinking: (block) => [{ kind: 'thinking', carried: block.signature ?? '' }],
  redacted_thinking: (block) => [{ kind: 'thinking', carried: block.data ?? '' }],
  tool_use: (block, place) => [
    {
      kind: 'call',
      id: block.id,
      name: block.name,
      input: block.input,
      inputCleared: place.cleared.inputs.has(block),
      path: place.path,
    },
  ],
  tool_result: (block, place) => [
    {
      kind: 'result',
      id: block.tool_use_id,
      failed: block.is_error === true,
      parts: partsOfResult(block, place),
      path: place.path,
    },
  ],
  tool_reference: (block) => text(toolReferenceText(block.tool_name)),
  browser_state: (block) => text(blockText(block)),
  server_tool_use: serverCall,
  mcp_tool_use: serverCall,
  web_search_tool_result: foundPages,
  web_fetch_tool_result: readPage,
  code_execution_tool_result: serverResult,
  bash_code_execution_tool_result: serverResult,
  text_editor_code_execution_tool_result: serverResult,
  tool_search_tool_result: foundTools,
  advisor_tool_result: serverResult,
  mcp_tool_result: serverResult,
  mcp_tool_listing: (block) => text(blockText(block)),
  container_upload: (block, place) => uploadParts(block, place).map(content),
  // A summary is put in front of what follows it: see messages.
  compaction: () => [],
  // The block is left out: it only says which of Anthropic's models answered.
  fallback: () => [],
  // These two blocks change which tools are declared: see tool-visibility.
  tool_addition: () => [],
  tool_removal: () => [],
};

/**
 * The items that a block becomes. Throws a MessagesError for a block that cannot be served, and for an unknown type.
 */
export function blockItems(block: ContentBlock, place: BlockPlace): Item[] {
  // The type of the table ties each row to its own block; TypeScript cannot follow that through a look-up by a union.
  const row = ROWS[block.type] as ((block: ContentBlock, place: BlockPlace) => Item[]) | undefined;
  if (!row || !Object.hasOwn(ROWS, block.type)) {
    refuse(
      `${place.path}: Input tag '${block.type}' found using 'type' does not match any of the expected tags`,
    );
  }
  return row(block, place);
}
