/** The sources of a request: their pieces, their indexes, those that cannot be read, and the bounds of the search. */
import { describe, expect, test } from 'bun:test';
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import { Quotations } from '../../../src/translate/citing/quotations.ts';
import { citingOf } from '../../../src/translate/citing/sources.ts';
import type { MediaFacts } from '../../../src/translate/context.ts';
import { contextFor } from '../../support/translation.ts';

const citations = { enabled: true };
const image: ContentBlock = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'AAAA' },
};
const said = (text: string): ContentBlock => ({ type: 'text', text });
const text = (data: string, more: object = {}) =>
  ({ type: 'document', source: { type: 'text', data }, citations, ...more }) as ContentBlock;
const document = (source: object) => ({ type: 'document', source, citations }) as ContentBlock;

function read(
  content: ContentBlock[],
  media: Partial<MediaFacts> = {},
  most?: { exact: number; alike: number },
) {
  const warnings: string[] = [];
  const citing = citingOf(
    [{ role: 'user', content }],
    { ...contextFor().media, ...media },
    (_, path, detail) => warnings.push(`${path}: ${detail}`),
  );
  const quotations = new Quotations(citing?.sources ?? [], most);
  return { warnings, find: (quote: string, number?: number) => quotations.find(quote, number) };
}

describe('a place', () => {
  test('counts pictures among the blocks of a document', () => {
    const { find } = read([document({ type: 'content', content: [said('One.'), image, said('Two.')] })]);
    expect(find('Two.')).toMatchObject({ start_block_index: 2, end_block_index: 3, cited_text: 'Two.' });
    expect(find('One. Two.')).toMatchObject({
      start_block_index: 0,
      end_block_index: 3,
      cited_text: 'One.Two.',
    });
  });

  test('is in the one block of a document that is one text', () => {
    const { find } = read([document({ type: 'content', content: 'One. Two.' })]);
    expect(find('Two.')).toMatchObject({ start_block_index: 0, end_block_index: 1, cited_text: 'One. Two.' });
  });

  test('is in the source that was named, where several have the words', () => {
    const { find } = read([text('a b'), text('a b')]);
    expect(find('a b', 2)).toMatchObject({ document_index: 1 });
    expect(find('a b', 7)).toMatchObject({ document_index: 0 });
    expect(find('a b')).toMatchObject({ document_index: 0 });
  });

  test.each<[string, string, string, string | undefined]>([
    ['in quotation marks', 'One. Two.', '"Two."', 'Two.'],
    ['in other quotation marks', 'One. Two.', ' „Two.“ ', 'Two.'],
    ['in quotation marks of the source', 'One. “Two.”', '"Two."', '“Two.”'],
    ['with escapes', 'if (a < b && c)', 'a &lt; b &amp;&amp; c', 'a < b && c'],
    ['with escapes of the source', 'a &lt; b', 'a &lt; b', 'a &lt; b'],
    ['with escapes and quotation marks', 'a < b', '&quot;a &lt; b&quot;', 'a < b'],
    ['of nothing in quotation marks', 'One. ""', '""', undefined],
  ])('is found for words %s', (_, source, quote, expected) => {
    expect(read([text(source)]).find(quote)?.cited_text).toBe(expected as string);
  });

  test('counts documents without citations', () => {
    const { find } = read([text('a', { citations: undefined }), text('b')]);
    expect(find('b', 1)).toMatchObject({ document_index: 1 });
    expect(find('a', 1)).toBeUndefined();
  });

  test('is on a page of a PDF that was read from its URL', () => {
    const url = 'https://a.example/b.pdf';
    const { find } = read([document({ type: 'url', url })], {
      fetched: new Map([[url, { mimeType: 'application/pdf', data: 'AAAA' }]]),
      pages: new Map([['AAAA', { pages: ['One.', 'Two.'] }]]),
    });
    expect(find('Two.')).toMatchObject({ type: 'page_location', start_page_number: 2, end_page_number: 3 });
  });
});

describe('nothing is cited', () => {
  test.each<[string, ContentBlock, Partial<MediaFacts>, string]>([
    [
      'of a PDF that only Google reads',
      document({ type: 'url', url: 'https://a.example/b.pdf' }),
      {},
      'the proxy does not have its bytes',
    ],
    [
      'of a PDF without text',
      document({ type: 'base64', media_type: 'application/pdf', data: 'AAAA' }),
      { pages: new Map([['AAAA', { problem: 'it has no text, only pictures' }]]) },
      'it has no text, only pictures',
    ],
  ])('%s, and a warning says why', (_, block, media, why) => {
    const { find, warnings } = read([block], media);
    expect(find('a', 1)).toBeUndefined();
    expect(warnings).toEqual([`messages.0.content.0: no citations are made of it: ${why}`]);
  });

  test('where too many characters were looked at', () => {
    const { find } = read([text('“a” b')], {}, { exact: 10, alike: 5 });
    expect(find('"a" b')).toMatchObject({ cited_text: '“a” b' });
    expect(find('"a"')).toBeUndefined();
    expect(find('b')).toBeUndefined();
  });

  test('for a quotation that is too long', () => {
    const { find } = read([text('a'.repeat(30_000))]);
    expect(find('a'.repeat(20_001))).toBeUndefined();
    expect(find('a'.repeat(20_000))).toBeDefined();
  });

  test('beyond the most characters of cited text', () => {
    const { find } = read([document({ type: 'content', content: `a ${'b'.repeat(1_500_000)}` })]);
    expect(find('a')).toBeDefined();
    expect(find('a')).toBeUndefined();
  });
});
