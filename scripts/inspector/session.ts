/**
 * A session of a coding agent with a Google that has a bad day, for the inspector's page: a retried and replaced request, a
 * field that is dropped, a frame that is repaired, a subagent, an error, and an answer that takes its time. The words
 * are made up.
 */
import type { GenerateContentRequest } from '../../src/gemini/wire.ts';

type Part = Record<string, unknown>;
type Usage = { prompt: number; cached?: number; out?: number; thoughts?: number };

const QUESTION = 'the date parser fails around midnight in Lisbon, find out why and fix it';
const ERRAND = 'find every caller of parseLocal and say which of them pass a zone';
export const SESSION = '7c1e0b52-4a4e-4f57-9a8b-1f0f8c7a2d11';
const OTHER_SESSION = 'e02f9a71-0d0c-4c58-8f6e-3c1f2b5a9d22';

const chunk = (parts: Part[], finishReason?: string, usage?: Usage): string =>
  JSON.stringify({
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts },
        ...(finishReason === undefined ? {} : { finishReason }),
      },
    ],
    ...(usage
      ? {
          usageMetadata: {
            promptTokenCount: usage.prompt,
            cachedContentTokenCount: usage.cached ?? 0,
            candidatesTokenCount: usage.out ?? 40,
            thoughtsTokenCount: usage.thoughts ?? 0,
          },
        }
      : {}),
  });

const sse = (...events: string[]): Response =>
  new Response(events.map((event) => `data: ${event}\r\n\r\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });

const thought = (text: string): Part => ({ text, thought: true });
const call = (name: string, args: Part): Part => ({
  functionCall: { name, args },
  thoughtSignature: 'EqYBCqMBAXLI2nz0wVnZkFTYsq1vT0hRBsW4cQ==',
});

const down = () =>
  Response.json(
    {
      error: {
        code: 503,
        status: 'UNAVAILABLE',
        message: 'The model is overloaded. Please try again later.',
      },
    },
    { status: 503 },
  );
const tooLong = () =>
  Response.json(
    {
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'The input token count (1104233) exceeds the maximum number of tokens allowed (1048576).',
      },
    },
    { status: 400 },
  );

/** The quota of the day is used up. */
const outToday = () =>
  Response.json(
    {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: 'You exceeded your current quota, please check your plan and billing details.',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
          },
        ],
      },
    },
    { status: 429 },
  );

/** The keys of the day. The second one has used up its quota. */
export const KEYS = ['AIza-canary-key-0123456789', 'AIza-canary-key-9876543210'] as const;

/** An answer that ends after its first thought, when Google has counted it. */
const brokenOff = () =>
  sse(chunk([thought('The offset is read')], undefined, { prompt: 84_310, out: 0, thoughts: 12 }));

/** One JSON object over two events, as Google sometimes sends it. */
function brokenInTwo(text: string): string[] {
  const whole = chunk([{ text }]);
  const middle = Math.floor(whole.length / 2);
  return [whole.slice(0, middle), whole.slice(middle)];
}

/** An answer that is told bit by bit until `go` is resolved. */
function slowAnswer(go: Promise<void>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async start(controller) {
      const send = (event: string) => controller.enqueue(encoder.encode(`data: ${event}\r\n\r\n`));
      send(chunk([thought('The test passes now. What is left is the edit of the guide.')]));
      send(chunk([{ text: 'The offset is now taken at the local time. ' }]));
      await go;
      send(chunk([{ text: 'All 42 tests pass.' }], 'STOP', { prompt: 86_400, cached: 79_500, out: 214 }));
      controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

type Scene = { asks: string; answer(url: string): Response };

/** What Google answers, by the last words that it is asked. */
function scenes(go: Promise<void>): readonly Scene[] {
  let asked = 0;
  return [
    {
      asks: QUESTION,
      answer: () =>
        sse(
          chunk([thought('A test that fails around midnight points to a zone.')]),
          chunk([
            call('Bash', { command: 'bun test tests/date.test.ts', description: 'Run the date tests' }),
          ]),
          chunk([], 'STOP', { prompt: 71_300, out: 322, thoughts: 120 }),
        ),
    },
    {
      asks: '41 pass, 1 fail',
      answer: () =>
        sse(
          chunk([{ text: 'I ask a helper for the callers.' }]),
          chunk([call('Agent', { description: 'find callers', prompt: ERRAND, subagent_type: 'Explore' })]),
          chunk([], 'STOP', { prompt: 81_200, cached: 77_100, out: 188 }),
        ),
    },
    {
      asks: ERRAND,
      answer: () =>
        sse(
          chunk([call('Grep', { pattern: 'parseLocal\\(' })]),
          chunk([], 'STOP', { prompt: 30_100, out: 84 }),
        ),
    },
    {
      asks: 'src/date/agenda.ts:14',
      answer: () =>
        sse(
          ...brokenInTwo('Two callers: agenda.ts passes a zone, '),
          chunk([{ text: 'reminder.ts does not.' }], 'STOP', { prompt: 32_900, cached: 29_900, out: 96 }),
        ),
    },
    {
      asks: 'reminder.ts does not',
      answer: (url) => {
        if (url.includes('argon')) return asked++ === 0 ? brokenOff() : down();
        return sse(
          chunk([thought('The offset is read before the zone is set.')]),
          chunk([
            {
              text: 'The offset must be taken at the local time. I change parseLocal and run the test again.',
            },
          ]),
          chunk([
            call('Edit', {
              file_path: 'src/date/parse-local.ts',
              old_string: "const offset = zoneOffset(zone, Date.parse(text + 'Z'));",
              new_string: 'const offset = zoneOffset(zone, guess(text, zone));',
            }),
          ]),
          chunk([], 'STOP', { prompt: 84_310, out: 612, thoughts: 208 }),
        );
      },
    },
    { asks: 'the edit was made', answer: () => slowAnswer(go) },
    {
      asks: 'translate the error messages',
      answer: () => sse(chunk([{ text: 'Which file?' }], 'STOP', { prompt: 36_700, out: 20 })),
    },
    { asks: 'errors.json', answer: tooLong },
  ];
}

/** The texts of the last turn, whatever their form. */
const lastWords = ({ contents }: GenerateContentRequest): string => JSON.stringify(contents.at(-1) ?? '');

/** Google, as the proxy's `fetch`. `go` ends the slow answer. */
export function badDay(go: Promise<void>) {
  const all = scenes(go);
  return async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    if (request.method === 'GET') return Response.json({ models: [] });
    if (request.headers.get('x-goog-api-key') === KEYS[1]) return outToday();
    const body = (await request.json()) as GenerateContentRequest;
    const words = lastWords(body);
    const scene = all.findLast(({ asks }) => words.includes(JSON.stringify(asks).slice(1, -1)));
    if (!scene) return sse(chunk([{ text: 'Hello.' }], 'STOP', { prompt: 12, out: 3 }));
    const answer = scene.answer(request.url);
    if (request.url.includes(':streamGenerateContent') || !answer.ok) return answer;
    throw new Error('the session streams');
  };
}

// The client's side.

const TOOLS = [
  { name: 'Bash', properties: { command: { type: 'string' }, description: { type: 'string' } } },
  {
    name: 'Agent',
    properties: {
      description: { type: 'string' },
      prompt: { type: 'string' },
      subagent_type: { type: 'string' },
    },
  },
  { name: 'Grep', properties: { pattern: { type: 'string' } } },
  {
    name: 'Edit',
    properties: {
      file_path: { type: 'string' },
      old_string: { type: 'string' },
      new_string: { type: 'string' },
    },
  },
  {
    name: 'mcp__tracker__create',
    properties: { steps: { type: 'array', items: { $ref: '#/$defs/Step' } } },
    $defs: {
      Step: {
        type: 'object',
        properties: { title: { type: 'string' }, steps: { type: 'array', items: { $ref: '#/$defs/Step' } } },
      },
    },
  },
].map(({ name, properties, $defs }) => ({
  name,
  description: `What ${name} does.`,
  input_schema: { type: 'object', properties, ...($defs ? { $defs } : {}) },
}));

type Message = { role: 'user' | 'assistant'; content: unknown };
type Block = Record<string, unknown>;

/** The content of an answer that was streamed. */
function contentOf(stream: string): Block[] {
  const blocks: (Block & { json?: string })[] = [];
  for (const [, data = ''] of stream.matchAll(/^data: (.*)$/gm)) {
    const event = JSON.parse(data);
    const block = blocks[event.index];
    if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block };
    else if (event.type === 'content_block_delta' && block) {
      const { delta } = event;
      if (delta.type === 'text_delta') block['text'] = `${block['text'] ?? ''}${delta.text}`;
      if (delta.type === 'thinking_delta') block['thinking'] = `${block['thinking'] ?? ''}${delta.thinking}`;
      if (delta.type === 'signature_delta') block['signature'] = delta.signature;
      if (delta.type === 'input_json_delta') block.json = `${block.json ?? ''}${delta.partial_json}`;
    }
  }
  return blocks.map(({ json, ...block }) =>
    json === undefined ? block : { ...block, input: JSON.parse(json) },
  );
}

export type Client = {
  url: string;
  key?: string;
};

const send = (
  client: Client,
  messages: readonly Message[],
  headers: Record<string, string>,
  more: Block = {},
): Promise<Response> =>
  fetch(`${client.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      ...(client.key === undefined ? {} : { 'x-api-key': client.key }),
      ...headers,
    },
    body: JSON.stringify({
      model: 'claude-opus-5-5',
      max_tokens: 128_000,
      stream: true,
      thinking: { type: 'adaptive' },
      system: 'You are a coding agent.',
      tools: TOOLS,
      messages,
      ...more,
    }),
  });

const AGENT = 'claude-cli/2.1.330 (external, cli)';
const main = { 'user-agent': AGENT, 'x-claude-code-session-id': SESSION };
const errand = { ...main, 'x-claude-code-agent-id': 'a1', 'x-claude-code-parent-agent-id': 'main' };
const sdk = { 'user-agent': 'agent-sdk/0.4.2', 'x-claude-code-session-id': OTHER_SESSION };

/** Asks, and returns the history with the answer and the result of its last call. */
async function turn(
  client: Client,
  history: Message[],
  headers: Record<string, string>,
  result?: string,
  more?: Block,
): Promise<Message[]> {
  const content = contentOf(await (await send(client, history, headers, more)).text());
  const id = content.findLast(({ type }) => type === 'tool_use')?.['id'];
  const answered: Message[] = [...history, { role: 'assistant', content }];
  if (result === undefined) return answered;
  return [
    ...answered,
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: id, content: result, is_error: result.includes('fail') }],
    },
  ];
}

const TEST_OUTPUT =
  'tests/date.test.ts:\n✗ parses 2026-10-25T00:30 in Europe/Lisbon [3.11ms]\n    Expected: "2026-10-24T23:30:00.000Z"\n    Received: "2026-10-25T00:30:00.000Z"\n41 pass, 1 fail';

/** Plays the session. Returns the answer that is still under way when all else has ended. */
export async function playSession(client: Client): Promise<{ last: Promise<string> }> {
  let history = await turn(client, [{ role: 'user', content: QUESTION }], main, TEST_OUTPUT);
  history = await turn(client, history, main, 'agenda.ts passes a zone, reminder.ts does not');
  const helper = await turn(
    client,
    [{ role: 'user', content: ERRAND }],
    errand,
    'src/date/agenda.ts:14\nsrc/date/reminder.ts:8',
  );
  await turn(client, helper, errand);
  // A field that Gemini does not take.
  history = await turn(client, history, main, 'the edit was made', { top_k: 40 });
  const other: Message[] = [
    { role: 'user', content: 'translate the error messages of the importer into plain English' },
  ];
  await turn(client, other, sdk);
  await (await send(client, [{ role: 'user', content: 'read errors.json' }], sdk)).text();
  const streaming = await send(client, history, main);
  return { last: streaming.text() };
}
