/** Citations of documents and search results: what Gemini is asked, and what the client is told, over HTTP. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { type Script, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { pdfOf } from '../../support/made/pdf.ts';
import { googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';
import { citations, custom, FACTS, plain, result, text, user } from '../../support/talks/citations.ts';
import { upload } from '../../support/talks/files.ts';

const claim = (said: string, doc: number, ...quotes: string[]) =>
  `<cite-claim>${quotes.map((quote) => `<cite-quote doc="${doc}">${quote}</cite-quote>`).join('')}${said}</cite-claim>`;

/** What a model says, in chunks of seven characters. */
const says = (said: string): Script => {
  const pieces = [...said].join('').match(/[\s\S]{1,7}/gu) ?? [''];
  const chunks = pieces.map((piece, at) => textChunk(piece, at === pieces.length - 1 ? 'STOP' : undefined));
  return ({ stream }) => (stream ? googleStream(...chunks) : Response.json(textChunk(said, 'STOP')));
};

const textsOf = ({ content }: Anthropic.Message) =>
  content.flatMap((block) =>
    block.type === 'text' ? [{ text: block.text, citations: block.citations }] : [],
  );

async function ask(script: Script, messages: object[], changes: object = {}) {
  const google = scriptedGoogle(script);
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const body = { ...hello, messages, ...changes } as Anthropic.MessageCreateParamsNonStreaming;
  const streamed = await google.through(client.messages.stream(body).finalMessage());
  const whole = await google.through(client.messages.create(body));
  expect(textsOf(whole)).toEqual(textsOf(streamed));
  const bodies = google.asked.map((asked) => JSON.parse(asked.body));
  return { content: streamed.content as unknown as object[], message: streamed, body: bodies[0] };
}

const cited = (said: string, ...citations: object[]) => ({ type: 'text', text: said, citations });
const slice = (document: string, { start_char_index: start, end_char_index: end }: Record<string, number>) =>
  [...document].slice(start, end).join('');

describe('a citation', () => {
  test.each<[string, object[], string, object]>([
    [
      'of a text counts characters',
      [text(FACTS, { title: 'Facts' })],
      'The sky is blue.',
      {
        type: 'char_location',
        cited_text: 'The sky is blue.',
        document_index: 0,
        document_title: 'Facts',
        start_char_index: 46,
        end_char_index: 62,
      },
    ],
    [
      'of Chinese words after an emoji',
      [text(FACTS)],
      '草是绿色的。',
      {
        type: 'char_location',
        cited_text: '草是绿色的。',
        document_index: 0,
        document_title: null,
        start_char_index: 22,
        end_char_index: 28,
      },
    ],
    [
      'of words with another accent holds those of the document',
      [text(FACTS)],
      'Cafés are open.',
      {
        type: 'char_location',
        cited_text: 'Cafe\u0301s are open.',
        document_index: 0,
        document_title: null,
        start_char_index: 29,
        end_char_index: 45,
      },
    ],
    [
      'of a document in blocks holds the whole blocks',
      [custom('The grass is green.', 'Snow is white. Coal is black.', 'Nothing else.')],
      'Coal is black. Nothing else.',
      {
        type: 'content_block_location',
        cited_text: 'Snow is white. Coal is black.Nothing else.',
        document_index: 0,
        document_title: 'Notes',
        start_block_index: 1,
        end_block_index: 3,
      },
    ],
    [
      'of a search result names its source',
      [result('https://a.example', 'Snow is white.')],
      'Snow is white.',
      {
        type: 'search_result_location',
        cited_text: 'Snow is white.',
        source: 'https://a.example',
        title: 'About https://a.example',
        search_result_index: 0,
        start_block_index: 0,
        end_block_index: 1,
      },
    ],
  ])('%s', async (_, blocks, quote, expected) => {
    const { content } = await ask(says(`Well: ${claim('so it is', 1, quote)}, I think.`), [user(...blocks)]);
    expect(content).toMatchObject([plain('Well: '), cited('so it is', expected), plain(', I think.')]);
    expect(Object.keys((content[1] as { citations: object[] }).citations[0] ?? {})).toEqual(
      Object.keys(expected),
    );
    if ('start_char_index' in expected)
      expect(slice(FACTS, expected as unknown as Record<string, number>)).toBe(
        (expected as unknown as { cited_text: string }).cited_text,
      );
  });

  const BOOK = pdfOf(
    ['The grass is green.', 'Con-', 'currency is hard, and the end'],
    ['of this sentence is on page two.'],
    ['The sky is blue.'],
  );

  test.each<[string, string, object]>([
    [
      'of a page',
      'The sky is blue.',
      { cited_text: 'The sky is blue.', start_page_number: 3, end_page_number: 4 },
    ],
    [
      'of words that the PDF breaks',
      'Concurrency is hard',
      { cited_text: 'Con-\ncurrency is hard', start_page_number: 1, end_page_number: 2 },
    ],
    [
      'of words on two pages',
      'and the end of this sentence',
      { cited_text: 'and the end\nof this sentence', start_page_number: 1, end_page_number: 3 },
    ],
  ])('%s counts from 1', async (_, quote, expected) => {
    const source = { type: 'base64', media_type: 'application/pdf', data: BOOK.toString('base64') };
    const book = { type: 'document', title: 'Book', source, citations };
    const { content } = await ask(says(claim('so it is', 1, quote)), [user(book)]);
    expect(content).toMatchObject([
      cited('so it is', { type: 'page_location', document_index: 0, document_title: 'Book', ...expected }),
    ]);
  });

  test('of an uploaded PDF has the id of its file', async () => {
    const google = scriptedGoogle(says(claim('b', 1, 'The sky is blue.')));
    await using proxy = await google.start();
    const { id } = await upload(proxy, { bytes: BOOK, name: 'book.pdf', type: 'application/pdf' });
    const document = { type: 'document', source: { type: 'file', file_id: id }, citations };
    const body = { ...hello, messages: [user(document)] };
    const answer = await google.through(proxy.send('/v1/messages', body).then((one) => one.json()));
    expect(answer).toMatchObject({
      content: [cited('b', { type: 'page_location', start_page_number: 3, file_id: id })],
    });
  });

  test('comes before its text, in a block of its own', async () => {
    const google = scriptedGoogle(says(`Well: ${claim('blue', 1, 'The sky is blue.')}.`));
    await using proxy = await google.start();
    const asked = proxy.send('/v1/messages', { ...hello, stream: true, messages: [user(text(FACTS))] });
    const events = (await google.through(asked.then((answer) => answer.text())))
      .split('\n')
      .flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []));
    const told = events.flatMap(({ index, content_block: block, delta }) =>
      index === undefined ? [] : [`${index} ${block ? JSON.stringify(block) : (delta?.type ?? 'stop')}`],
    );
    expect(told.filter((one, at) => one !== told[at - 1])).toEqual([
      '0 {"type":"text","text":""}',
      '0 text_delta',
      '0 stop',
      '1 {"type":"text","text":"","citations":[]}',
      '1 citations_delta',
      '1 text_delta',
      '1 stop',
      '2 {"type":"text","text":""}',
      '2 text_delta',
      '2 stop',
    ]);
  });

  test('counts documents over all messages and results, and search results apart', async () => {
    const messages = [
      user(text('The grass is green.'), result('a', 'One.')),
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [result('b', 'Snow is white.'), text('The sky is blue.')],
          },
        ],
      },
    ];
    const said = `${claim('Blue', 4, 'The sky is blue.')} ${claim('White', 3, 'Snow is white.')}`;
    const tools = [{ name: 'look', input_schema: { type: 'object' } }];
    const { content, body } = await ask(says(said), messages, { tools });
    expect(content).toMatchObject([
      { text: 'Blue ', citations: [{ type: 'char_location', document_index: 1 }] },
      { text: 'White', citations: [{ type: 'search_result_location', search_result_index: 1, source: 'b' }] },
    ]);
    const numbers = [...JSON.stringify(body.contents).matchAll(/<(\w+)>\\+n<number>(\d)<\/number>/g)];
    expect(numbers.map(([, tag, number]) => `${number} ${tag}`)).toEqual([
      '1 document',
      '2 search_result',
      '3 search_result',
      '4 document',
    ]);
  });

  test('of words that no source has is not told, and the text is plain', async () => {
    const { content } = await ask(says(`a ${claim('b', 1, 'The sky is red.')} c`), [user(text(FACTS))]);
    expect(content).toMatchObject([plain('a b c')]);
  });

  test('of an uploaded text has the id of its file', async () => {
    const google = scriptedGoogle(says(claim('b', 1, 'Zwölf.')));
    await using proxy = await google.start();
    const { id } = await upload(proxy, { bytes: 'Elf. Zwölf.', name: 'a.txt' });
    const document = { type: 'document', source: { type: 'file', file_id: id }, citations };
    const body = { ...hello, messages: [user(document)] };
    const answer = await google.through(proxy.send('/v1/messages', body).then((one) => one.json()));
    const location = { start_char_index: 5, end_char_index: 11, file_id: id };
    expect(answer).toMatchObject({ content: [cited('b', location)] });
  });

  test('is found over the seam of a long answer', async () => {
    const whole = claim('blue', 1, 'The sky is blue.');
    const google = scriptedGoogle((_, index) => {
      const piece = index === 0 ? whole.slice(0, 50) : whole.slice(50);
      const { candidates, usageMetadata } = textChunk(piece, index === 0 ? 'CONTINUATION' : 'STOP');
      const continuationToken = index === 0 ? { continuationToken: 'dG9rZW4=' } : {};
      return googleStream({
        candidates: candidates.map((one) => ({ ...one, ...continuationToken })),
        usageMetadata,
      });
    });
    await using proxy = await google.start();
    const body = { ...hello, max_tokens: 128_000, stream: true, messages: [user(text(FACTS))] };
    const answer = await google.through(proxy.send('/v1/messages', body).then((one) => one.text()));
    expect(google.asked).toHaveLength(2);
    expect(answer).toContain('"start_char_index":46');
  });

  test('is found in another attempt, where the first broke off within a quotation', async () => {
    const whole = claim('blue', 1, 'The sky is blue.');
    const google = scriptedGoogle((asked, index) =>
      index === 0 ? googleStream(textChunk(whole.slice(0, 40))) : says(whole)(asked, 0),
    );
    await using proxy = await google.start();
    const body = { ...hello, stream: true, messages: [user(text(FACTS))] };
    const answer = await google.through(proxy.send('/v1/messages', body).then((one) => one.text()));
    expect(google.asked).toHaveLength(2);
    expect(answer.match(/citations_delta/g)).toHaveLength(1);
    expect(answer).not.toContain('The sk"');
  });

  test.each(['<cite-claim></cite-claim>', claim(' ', 1, ' '), '<cite-quote doc="1"/>'])(
    'without words is no answer, and is asked for again: %s',
    async (marks) => {
      const google = scriptedGoogle((asked, index) => says(index === 0 ? marks : 'Blue.')(asked, 0));
      await using proxy = await google.start();
      const body = { ...hello, stream: true, messages: [user(text(FACTS))] };
      const answer = await google.through(proxy.send('/v1/messages', body).then((one) => one.text()));
      expect(google.asked).toHaveLength(2);
      expect(answer).toContain('Blue.');
    },
  );

  test('ends at a stop sequence of its text, not of its quotation', async () => {
    const said = `${claim('It is blue, they say', 1, 'The sky is blue.')} More.`;
    const { content, message } = await ask(says(said), [user(text(FACTS))], {
      stop_sequences: ['sky', 'they'],
    });
    expect(content).toMatchObject([{ text: 'It is blue, ', citations: [{ start_char_index: 46 }] }]);
    expect(message.stop_sequence).toBe('they');
  });
});

describe('a stop sequence', () => {
  test('is found where it begins before a citation', async () => {
    const said = `They say: it ${claim('is blue.', 1, 'The sky is blue.')} More.`;
    const { content, message } = await ask(says(said), [user(text(FACTS))], { stop_sequences: ['it is'] });
    expect(content).toEqual([plain('They say: ')]);
    expect(message.stop_sequence).toBe('it is');
  });
});

describe('beside a search of the web', () => {
  const search = { type: 'web_search_20250305', name: 'web_search' };
  const found = {
    webSearchQueries: ['sky'],
    groundingChunks: [{ web: { uri: 'https://a.example/', title: 'a.example' } }],
    groundingSupports: [
      { segment: { startIndex: 90, endIndex: 106, text: 'The web says so.' }, groundingChunkIndices: [0] },
    ],
  };
  test('both kinds are told', async () => {
    const said = `${claim('It is blue.', 1, 'The sky is blue.')} The web says so. Well.`;
    const { candidates, usageMetadata } = textChunk(said, 'STOP');
    const chunk = {
      candidates: candidates.map((one) => ({ ...one, groundingMetadata: found })),
      usageMetadata,
    };
    const script: Script = ({ stream }) => (stream ? googleStream(chunk) : Response.json(chunk));
    const { content } = await ask(script, [user(text(FACTS))], { tools: [search] });
    expect(content).toMatchObject([
      { type: 'server_tool_use' },
      { type: 'web_search_tool_result' },
      { text: 'It is blue.', citations: [{ type: 'char_location', start_char_index: 46 }] },
      { text: ' The web says so.', citations: [{ type: 'web_search_result_location' }] },
      { text: ' Well.' },
    ]);
  });
});

describe('the mock', () => {
  test('cites the first document where it is asked to', async () => {
    await using proxy = await startProxy();
    const content = [custom('Snow is white. Coal is black.'), { type: 'text', text: 'Please cite it.' }];
    const answer = await proxy.send('/v1/messages', { ...hello, messages: [{ role: 'user', content }] });
    expect(await answer.json()).toMatchObject({
      content: [
        plain('It begins with these words: '),
        cited('Snow is white.', {
          type: 'content_block_location',
          cited_text: 'Snow is white. Coal is black.',
        }),
        { type: 'text' },
      ],
    });
  });
});
