/** Citations of pages that this process has fetched, over HTTP. */
import { expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import { asking, calls, says, talk, URL_ASKED } from '../../support/talks/page-talk.ts';

test('a page whose citations are wanted is cited', async () => {
  const quote = '<cite-quote doc="1">It opens at nine.</cite-quote>';
  const { content, bodies } = await talk(
    [calls(URL_ASKED), says(`<cite-claim>${quote}At nine.</cite-claim>`)],
    [asking({ citations: { enabled: true } })],
  );
  expect(content.slice(2)).toMatchObject([
    { content: { content: { citations: { enabled: true } } } },
    {
      type: 'text',
      text: 'At nine.',
      citations: [
        {
          type: 'char_location',
          cited_text: 'It opens at nine.',
          document_index: 0,
          document_title: 'A & B',
          start_char_index: 8,
          end_char_index: 25,
        },
      ],
    },
  ]);
  expect(JSON.stringify(bodies[0])).not.toContain('cite-quote');
});

const DOCUMENT = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Blue.' } };
const FORM = { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } };
test.each<[string, object, object, object]>([
  ['is cited beside a document that is not', DOCUMENT, { citations: { enabled: true } }, {}],
  ['is not cited beside a document that is', { ...DOCUMENT, citations: { enabled: true } }, {}, {}],
  ['is not cited in an answer in JSON', DOCUMENT, { citations: { enabled: true } }, FORM],
])('a page %s', async (how, document, change, more) => {
  const quote = '<cite-quote doc="1">It opens at nine.</cite-quote>';
  const said = more === FORM ? '{"at":9}' : `<cite-claim>${quote}Nine.</cite-claim>`;
  const { messages } = asking(change);
  const content = [document, { type: 'text', text: messages[0]?.content }];
  const first = { ...asking(change), ...more, messages: [{ role: 'user', content }] };
  const { messages: answers } = await talk(
    [calls(URL_ASKED), says(said), says('{}')],
    [
      first,
      {
        after: ([answer]: Anthropic.Message[]) => ({
          ...first,
          messages: [
            ...first.messages,
            { role: 'assistant', content: answer?.content },
            { role: 'user', content: 'Sure?' },
          ],
        }),
      },
    ],
  );
  const last = answers[0]?.content.at(-1) as Anthropic.TextBlock;
  expect(last.text).toBe(more === FORM ? '{"at":9}' : 'Nine.');
  expect(last.citations?.length ?? 0).toBe(how.startsWith('is cited') ? 1 : 0);
  expect(answers[1]?.stop_reason).toBe('end_turn');
});
