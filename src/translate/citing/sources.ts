/**
 * The documents and search results of a request whose words can be cited: their numbers for the model, their text, and
 * the form in which Anthropic tells a place in them.
 */
import type { BlockOf, ContentBlock, DocumentBlock } from '../../anthropic/content.ts';
import type { Message } from '../../anthropic/request.ts';
import { onceEach } from '../../lib/lasting.ts';
import type { MediaFacts } from '../context.ts';
import { readBase64 } from '../request/media/inline-media.ts';
import { sentUrl } from '../request/media/url-media.ts';
import { documentOfPage } from '../request/tools/fetched-page.ts';
import type { Warn } from '../warnings.ts';
import type { Place, Source } from './source.ts';

const UNREAD = 'the proxy does not have its bytes';

export type CitableBlock = DocumentBlock | BlockOf<'search_result'>;

/**
 * `path` is the path of the block: `messages.0.content.1`. `isFetched`: a page that a web fetch has read, so that the tool
 * decides about its citations.
 */
export type CitablePlace = { block: CitableBlock; path: string; isFetched: boolean };

function collect(block: ContentBlock, path: string, places: CitablePlace[]): void {
  if (block.type === 'document' || block.type === 'search_result')
    places.push({ block, path, isFetched: false });
  if (block.type === 'web_fetch_tool_result') {
    const page = documentOfPage(block.content);
    if (page)
      places.push({ block: page, path: `${path}.web_fetch_tool_result.content.content`, isFetched: true });
  }
  if (block.type !== 'tool_result' || typeof block.content !== 'object') return;
  block.content?.forEach((child, index) => {
    collect(child, `${path}.tool_result.content.${index}`, places);
  });
}

/** The documents and search results in the order of the history, also of those parts that are not sent any more. */
export const citablePlaces = onceEach((messages: readonly Message[]): readonly CitablePlace[] => {
  const places: CitablePlace[] = [];
  messages.forEach(({ content }, index) => {
    if (typeof content === 'string') return;
    content.forEach((block, position) => {
      // The path is written only where it may be needed: a long history has thousands of blocks.
      if (mayBeCited(block)) collect(block, `messages.${index}.content.${position}`, places);
    });
  });
  return places;
});

const mayBeCited = (block: ContentBlock): boolean =>
  block.type === 'document' ||
  block.type === 'search_result' ||
  block.type === 'web_fetch_tool_result' ||
  (block.type === 'tool_result' && typeof block.content === 'object');

export function wantsCitations({ citations: wanted }: CitableBlock): boolean {
  return typeof wanted === 'object' && wanted !== null && 'enabled' in wanted && wanted.enabled === true;
}

/** Code points before `at`. */
function codePoints(text: string, at: number): number {
  let pairs = 0;
  for (let index = 0; index < at; ) {
    if ((text.codePointAt(index) ?? 0) > 0xffff) pairs++;
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return at - pairs;
}

type InDocument = { document_index: number; document_title: string | null };
type File = { file_id?: string };

function ofText(text: string, document: InDocument, file: File): Source {
  return {
    pieces: [text],
    reading: 'text',
    cite: ({ start, text: cited_text }) => {
      const before = codePoints(text, start);
      return {
        type: 'char_location',
        cited_text,
        ...document,
        start_char_index: before,
        end_char_index: before + codePoints(cited_text, cited_text.length),
        ...file,
      };
    },
  };
}

/** The base64 of the PDF that a document is; undefined for another document, and where only Google reads its bytes. */
export function pdfIn(
  { source }: DocumentBlock,
  { files, fetched }: Pick<MediaFacts, 'files' | 'fetched'>,
): string | undefined {
  if (source.type === 'base64') return readBase64(source.data);
  const found =
    source.type === 'file'
      ? files.get(source.file_id)
      : source.type === 'url'
        ? fetched.get(sentUrl(source.url))
        : undefined;
  return found && 'data' in found ? found.data : undefined;
}

function ofPdf(block: DocumentBlock, document: InDocument, file: File, media: MediaFacts): Source {
  const pdf = pdfIn(block, media);
  const read = pdf === undefined ? undefined : media.pages.get(pdf);
  return {
    pieces: read && 'pages' in read ? read.pages : undefined,
    problem: read && 'problem' in read ? read.problem : undefined,
    reading: 'pages',
    cite: ({ text: cited_text, first, last }) => ({
      type: 'page_location',
      cited_text,
      ...document,
      start_page_number: first + 1,
      end_page_number: last + 2,
      ...file,
    }),
  };
}

/** The whole blocks in which the words stand: to Anthropic a block is the least that can be cited. */
const wholeBlocks = (blocks: readonly string[], { first, last }: Place) => ({
  cited_text: blocks.slice(first, last + 1).join(''),
  range: { start_block_index: first, end_block_index: last + 1 },
});

function ofBlocks(blocks: readonly string[], document: InDocument): Source {
  return {
    pieces: blocks,
    reading: 'text',
    cite: (place) => {
      const { cited_text, range } = wholeBlocks(blocks, place);
      return { type: 'content_block_location', cited_text, ...document, ...range };
    },
  };
}

function ofSearchResult(block: BlockOf<'search_result'>, index: number): Source {
  const blocks = block.content.map(({ text }) => text);
  return {
    pieces: blocks,
    reading: 'text',
    cite: (place) => {
      const { cited_text, range } = wholeBlocks(blocks, place);
      const { source, title } = block;
      return {
        type: 'search_result_location',
        cited_text,
        source,
        title,
        search_result_index: index,
        ...range,
      };
    },
  };
}

function ofDocument(block: DocumentBlock, index: number, media: MediaFacts): Source {
  const { source, title } = block;
  const document = { document_index: index, document_title: title ?? null };
  switch (source.type) {
    case 'text':
      return ofText(source.data, document, {});
    case 'content':
      return ofBlocks(
        typeof source.content === 'string'
          ? [source.content]
          : source.content.map((block) => (block.type === 'text' ? block.text : '')),
        document,
      );
    case 'base64':
    case 'url':
      return ofPdf(block, document, {}, media);
    case 'file': {
      const found = media.files.get(source.file_id);
      const file = { file_id: source.file_id };
      return found && 'text' in found
        ? ofText(found.text, document, file)
        : ofPdf(block, document, file, media);
    }
  }
}

/**
 * What a request may have cited. `numbers`: how the model knows a source, by its block. They count from 1, so the source
 * with a number stands one place before that in `sources`.
 */
export type Citing = { sources: readonly Source[]; numbers: ReadonlyMap<object, number> };

/**
 * The sources for which the client asks for citations; undefined where it asks for none. Their indexes count the other
 * documents and results as well.
 */
export function citingOf(messages: readonly Message[], media: MediaFacts, warn: Warn): Citing | undefined {
  const [sources, numbers] = [[] as Source[], new Map<object, number>()];
  let [documents, results] = [0, 0];
  for (const { block, path } of citablePlaces(messages)) {
    const index = block.type === 'document' ? documents++ : results++;
    if (!wantsCitations(block)) continue;
    const source = block.type === 'document' ? ofDocument(block, index, media) : ofSearchResult(block, index);
    if (!source.pieces)
      warn('content-changed', path, `no citations are made of it: ${source.problem ?? UNREAD}`);
    sources.push(source);
    numbers.set(block, sources.length);
  }
  return sources.length > 0 ? { sources, numbers } : undefined;
}
