/** The sources of a piece of text, as the proxy tells them in an answer. */
import { type Static, Type } from '@sinclair/typebox';
import { tagged } from './answer-words.ts';
import { Nullable } from './schema-words.ts';

const place = (description: string) => Type.Integer({ minimum: 0, description });

/**
 * A page that a search found. Fields named `encrypted_…`, and quotations, are empty: Google does not give the words of a
 * page.
 */
export const WebCitation = tagged(
  'web_search_result_location',
  {
    url: Type.String(),
    title: Type.String(),
    encrypted_index: Type.String(),
    cited_text: Type.String(),
  },
  'A page that a search found.',
);
export type WebCitation = Static<typeof WebCitation>;

const blocks = {
  start_block_index: place('The first block, counted from 0.'),
  end_block_index: place('The block after the last one.'),
};

/** The words that are cited, and the document in which they stand. */
const inDocument = {
  cited_text: Type.String(),
  document_index: place('The document among all documents of the request, counted from 0.'),
  document_title: Nullable(Type.String()),
};
const file = { file_id: Type.Optional(Type.String({ description: 'Present for an uploaded file.' })) };

export const CharCitation = tagged(
  'char_location',
  {
    ...inDocument,
    start_char_index: place('Characters (code points) before the words.'),
    end_char_index: place('The place after the last character.'),
    ...file,
  },
  'Words of a document of text.',
);

export const PageCitation = tagged(
  'page_location',
  {
    ...inDocument,
    start_page_number: place('The first page, counted from 1.'),
    end_page_number: place('The page after the last one.'),
    ...file,
  },
  'Words of a PDF.',
);

export const BlockCitation = tagged(
  'content_block_location',
  { ...inDocument, ...blocks },
  'Blocks of a document that the client has cut into blocks. `cited_text` is their whole text.',
);

export const ResultCitation = tagged(
  'search_result_location',
  {
    cited_text: Type.String(),
    source: Type.String(),
    title: Nullable(Type.String()),
    search_result_index: place('The block among all `search_result` blocks of the request, counted from 0.'),
    ...blocks,
  },
  'Blocks of a search result. `cited_text` is their whole text.',
);

/** All kinds, by their names in the API description. */
export const CITATIONS = {
  WebCitation,
  CharCitation,
  PageCitation,
  BlockCitation,
  ResultCitation,
} as const;

export const TextCitation = Type.Union(Object.values(CITATIONS));
export type TextCitation = Static<(typeof CITATIONS)[keyof typeof CITATIONS]>;

/** Words of what the client has sent. */
export type SourceCitation = Exclude<TextCitation, WebCitation>;
