/** What each block becomes; media by the model's generation. */
import { describe, expect, test } from 'bun:test';
import type { ContentBlock, ToolResultBlock } from '../../../src/anthropic/content.ts';
import type { Message } from '../../../src/anthropic/request.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { contextFor, deepFreeze, requestOf } from '../../support/translation.ts';

const translate = (messages: Message[], model?: string) =>
  toGeminiRequest(deepFreeze(requestOf({ messages })), contextFor(model));
const userParts = (block: ContentBlock) =>
  translate([{ role: 'user', content: [block] }]).body.contents[0]?.parts;

const png = { type: 'base64' as const, media_type: 'image/png', data: 'iVBO' };
const pdf = { type: 'base64' as const, media_type: 'application/pdf', data: 'JVBE' };
const pngPart = { inlineData: { mimeType: 'image/png', data: 'iVBO' } };
const pdfPart = { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } };

describe('of the user', () => {
  test.each<[string, ContentBlock, unknown[]]>([
    ['an image', { type: 'image', source: png }, [pngPart]],
    ['base64 with line breaks', { type: 'image', source: { ...png, data: 'iV\nBO\n' } }, [pngPart]],
    ['a PDF', { type: 'document', source: pdf }, [pdfPart]],
    [
      'a PDF with title and context',
      { type: 'document', source: pdf, title: 'T', context: 'C' },
      [{ text: '<document>\n<title>T</title>\nC\n</document>' }, pdfPart],
    ],
    [
      'a text document',
      { type: 'document', source: { type: 'text', data: 'words' }, title: 'T' },
      [{ text: '<document>\n<title>T</title>\nwords\n</document>' }],
    ],
    [
      'a document of blocks',
      {
        type: 'document',
        source: {
          type: 'content',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image', source: png },
          ],
        },
      },
      [{ text: 'a' }, pngPart],
    ],
    [
      'an image by URL',
      { type: 'image', source: { type: 'url', url: 'https://x.example/y.png' } },
      [{ fileData: { mimeType: 'image/png', fileUri: 'https://x.example/y.png' } }],
    ],
    [
      'a search result',
      { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'found' }] },
      [{ text: '<search_result>\n<source>s</source>\n<title>t</title>\nfound\n</search_result>' }],
    ],
  ])('%s', (_, block, parts) => {
    expect(userParts(block)).toEqual(parts as never);
  });
});

describe('of server tools', () => {
  const assistantText = (block: ContentBlock) =>
    translate([
      { role: 'user', content: 'go' },
      { role: 'assistant', content: [block] },
      { role: 'user', content: 'on' },
    ]).body.contents[1]?.parts[0]?.text;

  test.each<[ContentBlock, string]>([
    [
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
      '<server_tool_use>\nweb_search {"query":"q"}\n</server_tool_use>',
    ],
    [
      {
        type: 'web_search_tool_result',
        tool_use_id: 's',
        content: [
          {
            type: 'web_search_result',
            title: 'T',
            url: 'https://x',
            encrypted_content: 'zzz',
            page_age: null,
          },
        ],
      },
      '<web_search_tool_result>\nT\nhttps://x\n</web_search_tool_result>',
    ],
    [
      {
        type: 'web_search_tool_result',
        tool_use_id: 's',
        content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
      },
      '<web_search_tool_result>\nerror: max_uses_exceeded\n</web_search_tool_result>',
    ],
    [
      {
        type: 'web_fetch_tool_result',
        tool_use_id: 's',
        content: {
          type: 'web_fetch_result',
          url: 'https://x',
          content: { type: 'document', source: { type: 'text', data: 'page' } },
        },
      },
      '<web_fetch_tool_result>\nhttps://x\npage\n</web_fetch_tool_result>',
    ],
    [
      {
        type: 'code_execution_tool_result',
        tool_use_id: 's',
        content: { type: 'code_execution_result', stdout: 'hi', return_code: 0, encrypted_stdout: 'zzz' },
      },
      '<code_execution_tool_result>\n{"type":"code_execution_result","stdout":"hi","return_code":0}\n</code_execution_tool_result>',
    ],
    [
      { type: 'mcp_tool_result', tool_use_id: 's', content: [{ type: 'text', text: 'ok' }] },
      '<mcp_tool_result>\nok\n</mcp_tool_result>',
    ],
    [
      { type: 'mcp_tool_result', tool_use_id: 's', content: [{ type: 'image', source: png }] },
      '<mcp_tool_result>\n[image/png]\n</mcp_tool_result>',
    ],
  ])('%j reads as text', (block, text) => {
    expect(assistantText(block)).toBe(text);
  });

  test('media in a result is named, and told', () => {
    const document = { type: 'document', title: 'T', source: pdf };
    const content = { type: 'web_fetch_result', url: 'u', content: document };
    const { warnings } = translate([
      { role: 'user', content: 'go' },
      { role: 'assistant', content: [{ type: 'web_fetch_tool_result', tool_use_id: 's', content }] },
      { role: 'user', content: 'on' },
    ]);
    expect(warnings).toMatchObject([{ code: 'content-changed', path: 'messages.1.content.0' }]);
  });
});

describe('of results', () => {
  const answer = (content: ToolResultBlock['content'], model?: string, failed = false) => {
    const block: ToolResultBlock = { type: 'tool_result', tool_use_id: 'a', is_error: failed };
    if (content !== undefined) block.content = content;
    const called: ContentBlock = { type: 'tool_use', id: 'a', name: 'Read', input: {} };
    const messages: Message[] = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: [called] },
      { role: 'user', content: [block] },
    ];
    return translate(messages, model).body.contents[2]?.parts;
  };
  const mixed: ToolResultBlock['content'] = [
    { type: 'text', text: 'one' },
    { type: 'image', source: png },
    { type: 'text', text: 'two' },
    { type: 'document', source: pdf },
  ];
  const output = 'one\n[attachment 1: image/png]\ntwo\n[attachment 2: application/pdf]';

  test.each<[string, ToolResultBlock['content'], boolean, unknown]>([
    ['a string', 'out', false, { output: 'out' }],
    ['nothing', undefined, false, { output: '' }],
    ['an error', 'bad', true, { error: 'bad' }],
    [
      'references',
      [{ type: 'tool_reference', tool_name: 'X' }],
      false,
      { output: 'Tool X is loaded and can be called.' },
    ],
  ])('%s', (_, content, failed, response) => {
    expect(answer(content, 'gemini-4-argon', failed)).toEqual([
      { functionResponse: { id: 'a', name: 'Read', response } } as never,
    ]);
  });

  test('media goes into the response where the model takes it', () => {
    const response = { id: 'a', name: 'Read', response: { output }, parts: [pngPart, pdfPart] };
    expect(answer(mixed)).toEqual([{ functionResponse: response }]);
  });

  test('and after all responses where it does not', () => {
    expect(answer(mixed, 'gemini-2.5-flash')).toEqual([
      { functionResponse: { name: 'Read', response: { output } } },
      { text: 'Attachment 1 of the result of Read:' },
      pngPart,
      { text: 'Attachment 2 of the result of Read:' },
      pdfPart,
    ]);
  });
});
