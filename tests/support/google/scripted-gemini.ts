/** Google's side of a few conversations, in Google's wire bytes, chosen by the last words of the user. */
import type { GenerateContentRequest, RequestPart } from '../../../src/gemini/wire.ts';
import type { Seen } from './upstream.ts';

export const SIGNATURE = 'EqYBCqMBAXLI2nz0wVnZkFTYsq1vT0hRBsW4cQ==';
const USAGE = {
  promptTokenCount: 120,
  cachedContentTokenCount: 100,
  candidatesTokenCount: 9,
  thoughtsTokenCount: 4,
};

type Chunk = Record<string, unknown>;

const content = (...parts: Chunk[]): Chunk => ({
  candidates: [{ index: 0, content: { role: 'model', parts } }],
});
const end = (finishReason = 'STOP'): Chunk => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: '' }] }, finishReason }],
  usageMetadata: USAGE,
  modelVersion: 'gemini-4-argon',
});

/** The answer to each last text of the user; `cut` ends without a finishReason. */
const SAYINGS: Readonly<Record<string, readonly Chunk[]>> = {
  count: [content({ text: 'one, ' }), content({ text: 'two, thr' }), content({ text: 'ee, four' }), end()],
  'weather in Oslo': [
    content({ text: 'Which city? ', thought: true }),
    content({
      functionCall: { id: 'call-1', name: 'get_weather', args: { city: 'Oslo' } },
      thoughtSignature: SIGNATURE,
    }),
    end(),
  ],
  forbidden: [{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: USAGE }],
  cut: [content({ text: 'half a sen' })],
};

/** Google's refusal of a request that it cannot read. */
const INVALID = {
  error: { code: 400, message: 'Request contains an invalid argument.', status: 'INVALID_ARGUMENT' },
};

const lastParts = (body: GenerateContentRequest): RequestPart[] => body.contents.at(-1)?.parts ?? [];

function chunksFor(body: GenerateContentRequest): readonly Chunk[] | undefined {
  const parts = lastParts(body);
  const result = parts.find((part) => part.functionResponse)?.functionResponse;
  if (result) return [content({ text: `The tool said: ${JSON.stringify(result.response)}` }), end()];
  return SAYINGS[parts.at(-1)?.text ?? ''];
}

export function scriptedGemini(request: Request, seen: Seen): Response {
  // The proxy asks for Google's own list of models, which has nothing new here.
  if (request.method === 'GET') return Response.json({ models: [] });
  // The proxy asks for Google's list of models when it starts.
  if (seen.method === 'GET') return Response.json({ models: [] });
  const body: GenerateContentRequest = JSON.parse(seen.body);
  if (seen.url.pathname.endsWith(':countTokens')) return Response.json({ totalTokens: 42 });
  const chunks = chunksFor(body);
  if (!chunks) return Response.json(INVALID, { status: 400 });
  if (!seen.url.pathname.endsWith(':streamGenerateContent'))
    throw new Error(`unscripted: ${seen.url.pathname}`);
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}
