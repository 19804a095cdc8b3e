/** What Google answers where it has run a tool of its own: a page that it has read, code that it has run. In the form of recorded answers. */
import type { GeminiTool } from '../../src/gemini/wire.ts';
import type { Trouble } from './google.ts';

type Chunk = Record<string, unknown>;

const chunk = (parts: Chunk[], end: Chunk = {}): Chunk => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...end }],
  usageMetadata: { promptTokenCount: 46, candidatesTokenCount: 12, totalTokenCount: 58 },
  modelVersion: 'gemini-4-argon',
});

const PAGE = 'https://example.com/lighthouse';

const FETCHED: Chunk[] = [
  chunk([{ text: 'The lighthouse ' }]),
  chunk([{ text: 'was built in 1871.' }], {
    finishReason: 'STOP',
    urlContextMetadata: {
      urlMetadata: [{ retrievedUrl: PAGE, urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS' }],
    },
  }),
];

const COMPUTED: Chunk[] = [
  chunk([{ executableCode: { language: 'PYTHON', code: 'print(6 * 7)', id: 'x1' } }]),
  chunk([{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '42\n', id: 'x1' } }]),
  chunk([{ text: 'It is 42.' }], { finishReason: 'STOP' }),
];

const stream = (chunks: readonly Chunk[]): Response =>
  new Response(chunks.map((each) => `data: ${JSON.stringify(each)}\r\n\r\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });

const has = (tools: readonly GeminiTool[] | undefined, name: string): boolean =>
  tools?.some((tool) => name in tool) === true;

export const withTools: Trouble = ({ body }) => {
  if (has(body.tools, 'urlContext')) return stream(FETCHED);
  return has(body.tools, 'codeExecution') ? stream(COMPUTED) : undefined;
};
