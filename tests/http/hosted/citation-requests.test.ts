/** Requests with citations of documents and search results: what Gemini is sent, and what is refused, over HTTP. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { CITING_INSTRUCTION } from '../../../src/translate/citing/marks.ts';
import { googleStream, hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';
import { citations, FACTS, plain, result, text, user } from '../../support/talks/citations.ts';
import { PDF } from '../../support/talks/files.ts';

describe('a request', () => {
  const sentTo = async (messages: object[], path = '/v1/messages', changes: object = {}) => {
    const sent: string[] = [];
    const fetch: Fetch = async (url, init) => {
      sent.push(String(init.body));
      return url.includes(':countTokens')
        ? Response.json({ totalTokens: 7 })
        : googleStream(textChunk('Well.', 'STOP'));
    };
    await using proxy: TestProxy = await startProxy({ fetch });
    const response = await proxy.send(path, { ...hello, messages, ...changes });
    return { response, answer: await response.json(), sent: sent.join() };
  };

  const ASKED = JSON.stringify(CITING_INSTRUCTION).slice(1, -1);

  test('without citations says nothing of marks and numbers', async () => {
    const { sent } = await sentTo([user(text(FACTS, { citations: { enabled: false } }))]);
    expect(sent).not.toContain('cite-');
    expect(sent).not.toContain('<number>');
  });

  test.each(['/v1/messages', '/v1/messages/count_tokens'])(
    'tells the model how to cite: %s',
    async (path) => {
      const { sent } = await sentTo([user(text(FACTS))], path);
      expect(sent).toContain(ASKED);
      expect(sent).toContain('<number>1</number>');
    },
  );

  test('takes citations of earlier answers, and sends the text alone', async () => {
    const history = [
      user(text(FACTS)),
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'It is ' },
          {
            type: 'text',
            text: 'blue',
            citations: [
              {
                type: 'char_location',
                cited_text: 'The sky is blue.',
                document_index: 0,
                document_title: null,
                start_char_index: 46,
                end_char_index: 62,
              },
            ],
          },
        ],
      },
      { role: 'user', content: 'Sure?' },
    ];
    const { response, sent } = await sentTo(history);
    expect(response.status).toBe(200);
    const { contents } = JSON.parse(sent);
    expect(contents[1]).toEqual({ role: 'model', parts: [{ text: 'It is ' }, { text: 'blue' }] });
  });

  test.each<[string, object[], object, string]>([
    [
      'with citations of some documents',
      [user(text(FACTS), text('b', { citations: undefined }))],
      {},
      'messages.0.content.1.document.citations: citations must be enabled on all or none of the documents',
    ],
    [
      'with citations of some search results',
      [user({ ...result('a', 'x'), citations: { enabled: false } }, result('b', 'y'))],
      {},
      'messages.0.content.0.search_result.citations: citations must be enabled on all or none of the search results',
    ],
    [
      'with citations and a form of the answer',
      [user(text(FACTS))],
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      'output_config.format: cannot be used together with citations (messages.0.content.0.document.citations)',
    ],
  ])('%s is refused', async (_, messages, changes, message) => {
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      const { response, answer } = await sentTo(messages, path, changes);
      expect(response.status).toBe(400);
      expect(answer).toMatchObject({ error: { type: 'invalid_request_error', message } });
    }
  });

  test('documents and search results need not agree', async () => {
    const { response } = await sentTo([user(text(FACTS, { citations: undefined }), result('a', 'x'))]);
    expect(response.status).toBe(200);
  });

  test('with a PDF whose text cannot be read is answered', async () => {
    const source = { type: 'base64', media_type: 'application/pdf', data: PDF.toString('base64') };
    const { answer, sent } = await sentTo([user({ type: 'document', source, citations })]);
    expect(answer).toMatchObject({ content: [plain('Well.')] });
    expect(sent).toContain('<number>1</number>');
  });
});
