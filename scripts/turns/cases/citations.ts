/** Citations of the client's documents and search results. */
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { TurnCases } from '../build.ts';
import { chunk, end, says, text } from '../wire.ts';

const citations = { enabled: true };
const facts: ContentBlock = {
  type: 'document',
  title: 'Facts',
  source: { type: 'text', media_type: 'text/plain', data: 'The grass is green. 🌱 The sky is blue.' },
  citations,
};
const found: ContentBlock = {
  type: 'search_result',
  source: 'https://a.example/snow',
  title: 'Snow',
  content: [{ type: 'text', text: 'Snow is white.' }],
  citations,
};

const ask = {
  messages: [
    { role: 'user' as const, content: [facts, found, { type: 'text' as const, text: 'What colour?' }] },
  ],
};

export const CITATIONS: TurnCases = {
  'citations-found': {
    shows: 'Citations of a document and a search result, whose marks come in pieces',
    ask,
    replies: [
      says(
        chunk([text('The sources say: <cite-cl')]),
        chunk([text('aim><cite-quote doc="1">The sky is')]),
        chunk([text(' blue.</cite-quote>the sky is')]),
        chunk([
          text(
            ' blue</cite-claim>, and <cite-claim><cite-quote doc="2">Snow is white.</cite-quote></cite-claim>',
          ),
        ]),
        end(),
      ),
    ],
  },
  'citations-not-found': {
    shows: 'A quotation that no source has: the text without a citation',
    ask,
    replies: [
      says(
        chunk([text('<cite-claim><cite-quote doc="1">The sky is red.</cite-quote>It is red.</cite-claim>')]),
        end(),
      ),
    ],
  },
};
