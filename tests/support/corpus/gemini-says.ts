/** What Gemini would have sent for an answer of Anthropic's: the same texts, thoughts, calls, searches and code, in Google's chunks. */
import { isObject, type JsonObject } from '../../../src/lib/json.ts';
import type { ReadAnswer, RecordedBlock } from './answer-shapes.ts';

const SIGNED = { thoughtSignature: 'c2lnbmVk' };
const FINISHED: Readonly<Record<string, string>> = { max_tokens: 'MAX_TOKENS', refusal: 'SAFETY' };

const inputOf = ({ input, partial_json: json }: RecordedBlock): JsonObject => {
  if (typeof json === 'string' && json.trim() !== '') return JSON.parse(json);
  return isObject(input) ? (input as JsonObject) : {};
};

const isToolSearch = ({ type, name }: RecordedBlock): boolean =>
  type === 'server_tool_use' && String(name).startsWith('tool_search_tool');

function serverPart(block: RecordedBlock): JsonObject[] {
  const { name, id } = block;
  const input = inputOf(block);
  // To Gemini the search for tools is a function.
  if (isToolSearch(block)) return [{ functionCall: { name: String(name), args: input, id: String(id) } }];
  const code = input['code'] ?? input['command'];
  if (/code_execution/.test(String(name)) && typeof code === 'string') {
    return [
      { executableCode: { language: 'PYTHON', code, id: String(id) }, ...SIGNED },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'done\n', id: String(id) } },
    ];
  }
  return [];
}

/** The text of a block, with our marks around what it says of the client's documents and search results. */
function markedText({ text, citations }: RecordedBlock): string {
  const quotes = (Array.isArray(citations) ? citations : [])
    .map((one: unknown): object => Object(one))
    .filter((one) => 'document_index' in one || 'search_result_index' in one)
    .map((one) => `<cite-quote doc="1">${'cited_text' in one ? one.cited_text : ''}</cite-quote>`);
  return quotes.length > 0 ? `<cite-claim>${quotes.join('')}${text}</cite-claim>` : String(text);
}

/** A signature stands on the thought itself: on another part, the proxy would need a block of its own to carry it. */
function partsOf(block: RecordedBlock): JsonObject[] {
  switch (block.type) {
    case 'text':
      return block['text'] ? [{ text: markedText(block) }] : [];
    case 'thinking':
      // A thought that was not shown was thought all the same.
      return [{ text: String(block['thinking'] || 'Hm.'), thought: true, ...SIGNED }];
    case 'tool_use':
      return [
        { functionCall: { name: String(block['name']), args: inputOf(block), id: String(block['id']) } },
      ];
    case 'server_tool_use':
      return serverPart(block);
    default:
      return [];
  }
}

const PAGE = 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/x';

/** What Google tells beside its parts of searches and pages. */
function metadataOf(blocks: readonly RecordedBlock[]): JsonObject {
  const asked = (name: string) =>
    blocks.filter((block) => block.type === 'server_tool_use' && block['name'] === name).map(inputOf);
  const queries = asked('web_search').map(({ query }) => String(query));
  const pages = asked('web_fetch').map(({ url }) => String(url));
  const texts = blocks.flatMap(({ type, text }) => (type === 'text' ? [String(text ?? '')] : []));
  const endIndex = Buffer.byteLength(texts.join(''));
  return {
    ...(queries.length === 0
      ? {}
      : {
          groundingMetadata: {
            webSearchQueries: queries,
            groundingChunks: [{ web: { uri: PAGE, title: 'a.example' } }],
            groundingSupports: [{ segment: { endIndex, text: texts.join('') }, groundingChunkIndices: [0] }],
          },
        }),
    ...(pages.length === 0
      ? {}
      : {
          urlContextMetadata: {
            urlMetadata: pages.map((retrievedUrl) => ({
              retrievedUrl,
              urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS',
            })),
          },
        }),
  };
}

/** One response. */
function responseOf({ blocks, stopReason, stopSequence, error }: ReadAnswer): JsonObject[] {
  const usageMetadata = {
    promptTokenCount: 90,
    cachedContentTokenCount: 40,
    candidatesTokenCount: 9,
    thoughtsTokenCount: 5,
  };
  const candidate = (parts: JsonObject[], more: JsonObject = {}): JsonObject => ({
    candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
    usageMetadata,
  });
  const finishReason = FINISHED[String(stopReason)] ?? 'STOP';
  const said = blocks.flatMap((block) => partsOf(block).map((part) => candidate([part])));
  if (error)
    return [...said, { error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' } }];
  // Gemini knows no stop sequences: it goes on, and the proxy cuts.
  const last = typeof stopSequence === 'string' ? `${stopSequence} and so on` : '';
  return [...said, candidate([{ text: last }], { finishReason, ...metadataOf(blocks) })];
}

/** The responses in their order: after a search for tools the proxy asks again. */
export function geminiSays(answer: ReadAnswer): JsonObject[][] {
  const search = answer.blocks.findIndex(isToolSearch);
  if (search === -1) return [responseOf(answer)];
  const [before, after] = [answer.blocks.slice(0, search + 1), answer.blocks.slice(search + 1)];
  const first = { ...answer, blocks: before, stopReason: 'tool_use', stopSequence: null, error: undefined };
  return [responseOf(first), ...geminiSays({ ...answer, blocks: after })];
}
