/** Pictures and documents: by URL, with a wrong declaration, and as an answer. */
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { MessagesRequest } from '../../../src/anthropic/request.ts';
import type { TurnCases } from '../build.ts';
import { chunk, end, refuses, says, text } from '../wire.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** One red pixel. */
const BMP = 'Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/AA==';
/** 10,000 pixels wide and 6,000 high, in 38 bytes. */
const HUGE_GIF = 'R0lGODlhECdwF4AAAP8AAAD/ACwAAAAAECdwFwACAkQBADs=';
/** The beginning of one. */
const AVIF = 'AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUI=';

const inline = (media_type: string, data: string): ContentBlock => ({
  type: 'image',
  source: { type: 'base64', media_type, data },
});

const ask = (...blocks: ContentBlock[]): Partial<MessagesRequest> => ({
  messages: [{ role: 'user', content: [...blocks, { type: 'text', text: 'What is it?' }] }],
});
const picture: ContentBlock = {
  type: 'image',
  source: { type: 'url', url: 'https://pics.example.com/cat.png' },
};
const document: ContentBlock = {
  type: 'document',
  title: 'Report',
  source: { type: 'url', url: 'https://docs.example.com/report' },
};

const itIs = says(chunk([text('A cat.')]), end());

export const MEDIA: TurnCases = {
  'media-url-told': {
    shows: 'A picture and a PDF by URL: Google is told the URLs',
    ask: ask(picture, document),
    replies: [itIs],
  },
  'media-url-refused': {
    shows: 'A picture by URL that Google cannot read: a 400 that names the block, at once',
    ask: ask(document, picture),
    replies: [
      refuses(
        400,
        'INVALID_ARGUMENT',
        'Cannot fetch content from the provided URL: https://pics.example.com/cat.png. Status: URL_ROBOTED-ROBOTED_DENIED',
      ),
    ],
  },
  'media-url-read': {
    shows: 'A picture by URL that this process reads: Google gets the bytes, of a model that reads no URLs',
    gemini: 'gemini-2.5-flash',
    ask: ask(picture),
    fetched: [[{ mimeType: 'image/png', data: PIXEL }]],
    replies: [itIs],
  },
  'media-url-in-result': {
    shows: 'A picture by URL in a result: told beside it, because a result takes bytes only',
    ask: {
      messages: [
        { role: 'user', content: 'Look at it.' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Look', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [picture] }] },
      ] as MessagesRequest['messages'],
      tools: [{ name: 'Look', input_schema: { type: 'object' } }],
    },
    replies: [itIs],
  },
  'media-url-private': {
    shows: 'A picture on a private host: refused before anything is asked',
    ask: ask({ type: 'image', source: { type: 'url', url: 'https://169.254.169.254/latest/meta-data' } }),
  },
  'media-declared-wrongly': {
    shows: 'A PNG that is declared as JPEG: sent as PNG',
    ask: ask(inline('image/jpeg', PIXEL)),
    replies: [itIs],
  },
  'media-bmp': {
    shows: 'A BMP that is declared as PNG: Gemini does not read it, so it is made a PNG',
    ask: ask(inline('image/png', BMP)),
    replies: [itIs],
  },
  'media-gif-too-large': {
    shows: 'A GIF of 60 million pixels: a 400 that names the block, before anything is decoded',
    ask: ask(inline('image/gif', HUGE_GIF)),
  },
  'media-avif': {
    shows: 'An AVIF, which nobody here can decode: a 400 that names the block',
    ask: ask(inline('image/webp', AVIF)),
  },
  'media-only-picture': {
    shows: 'An answer that is only a picture: told in words, and not asked for again',
    replies: [says(chunk([{ inlineData: { mimeType: 'image/png', data: PIXEL } }]), end())],
  },
};
