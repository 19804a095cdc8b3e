/** What every proxy is asked, and what the simulated Google then does. The first reply is for the first request upstream, and so on. */
import type { Block, Sent, Told } from './client.ts';
import { type Chunk, eventOf, type FakeGemini, type Part, type Reply, tokensOf } from './gemini.ts';
import { type Answer, differences, exactOrTold, type Grade, neverWhole } from './judge.ts';

export const ASKED_MODEL = 'claude-sonnet-4-5';

export type Case = {
  name: string;
  /** What comes of it where all is well. */
  wanted: string;
  replies: readonly Reply[];
  /** The requests, each made of the answers before it. */
  requests: readonly ((answers: readonly Told[]) => Sent)[];
  grade(told: Told, gemini: FakeGemini, all: readonly Told[]): Grade;
};

const schema = (...names: string[]) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  required: names,
});
const TOOLS = [
  { name: 'Read', description: 'Reads a file', input_schema: schema('file_path') },
  { name: 'Bash', description: 'Runs a command', input_schema: schema('command') },
];

const messages = (extra: object): Sent => ({
  path: '/v1/messages',
  body: { model: ASKED_MODEL, max_tokens: 4096, stream: true, ...extra },
});
const user = (content: unknown) => ({ role: 'user', content });
const plain = () => messages({ messages: [user('Say it.')], tools: TOOLS });

const USAGE = {
  promptTokenCount: 1000,
  cachedContentTokenCount: 400,
  candidatesTokenCount: 24,
  thoughtsTokenCount: 30,
  totalTokenCount: 1054,
};
const COUNTED = { prompt: 1000, cached: 400, made: 54 };

const chunk = (parts: readonly Part[], finishReason?: string): Chunk => ({
  candidates: [{ content: { parts }, ...(finishReason ? { finishReason } : {}) }],
  usageMetadata: USAGE,
});
const WORDS = ['Grüße, ', 'a “quoted” word, ', 'and 👍 at the end.'];
const SAID: Answer = { text: WORDS.join(''), calls: [], stop: 'end_turn', usage: COUNTED };
const CHUNKS = WORDS.map((text, index) => chunk([{ text }], index === 2 ? 'STOP' : undefined));
const FINE: Reply = { kind: 'answer', chunks: CHUNKS };

const CALLS: Answer['calls'] = [
  { name: 'Read', input: { file_path: '/a.txt' } },
  { name: 'Bash', input: { command: 'ls "x y"' } },
];
const SIGNATURE = 'EqYBCqMBAXLI2nz0wVnZkFTYsq1vT0hRBsW4cQ==';
const callPart = ({ name, input }: Answer['calls'][number]): Part => ({
  functionCall: { name, args: input },
});
const CALLING: Reply = {
  kind: 'answer',
  chunks: [
    chunk(
      CALLS.map((call, index) => ({
        ...callPart(call),
        ...(index === 0 ? { thoughtSignature: SIGNATURE } : {}),
      })),
      'STOP',
    ),
  ],
};
const CALLED: Answer = { text: '', calls: CALLS, stop: 'tool_use' };

const bytes = (writes: readonly Uint8Array[], reset = false): Reply => ({ kind: 'bytes', writes, reset });
const encode = (text: string) => new TextEncoder().encode(text);
/** Every byte of the stream in a write of its own would take seconds; seven cut characters, events and line ends as well. */
const sliced = (all: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(all.length / 7) }, (_, index) => all.slice(index * 7, index * 7 + 7));

const error = (code: number, status: string, message: string, details: readonly object[] = []): Reply => ({
  kind: 'error',
  status: code,
  body: { error: { code, message, status, details } },
});
const TYPE = 'type.googleapis.com/google.rpc';
const MINUTE = error(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota. Please retry in 1s.', [
  {
    '@type': `${TYPE}.QuotaFailure`,
    violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }],
  },
  { '@type': `${TYPE}.RetryInfo`, retryDelay: '1s' },
]);
const BUSY = error(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
const TOO_LONG = error(
  400,
  'INVALID_ARGUMENT',
  'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
);
const BAD_KEY = error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
  { '@type': `${TYPE}.ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
]);

const MALFORMED: Reply = {
  kind: 'answer',
  chunks: [
    {
      candidates: [{ content: { parts: [] }, finishReason: 'MALFORMED_FUNCTION_CALL' }],
      usageMetadata: { promptTokenCount: 1000, thoughtsTokenCount: 30, totalTokenCount: 1030 },
    },
  ],
};

const wantsAnswer =
  (answer: Answer) =>
  (told: Told): Grade =>
    exactOrTold(told, answer);
/** The usage of an answer that took several attempts may count them all. */
const uncounted = ({ text, calls, stop }: Answer): Answer => ({ text, calls, stop });

function refusal(told: Told, status: number, type: string, words: RegExp): Grade {
  const { error: is } = told;
  if (!is) return { mark: 'wrong', note: `${told.status}, without an error in Anthropic's form` };
  const faults = [
    ...(told.status === status ? [] : [`status ${told.status} for ${status}`]),
    ...(is.type === type ? [] : [`${is.type} for ${type}`]),
    ...(words.test(is.message) ? [] : ['other words']),
  ];
  return faults.length === 0 ? { mark: 'exact', note: '' } : { mark: 'wrong', note: faults.join('; ') };
}

/** Google takes both ways to write a name. */
const either = (part: Part, camel: string, snake: string): unknown => part[camel] ?? part[snake];

/** The signature stands on the call that it came with. */
function signatureSent(told: Told, gemini: FakeGemini): Grade {
  const second = gemini.generate[1];
  if (!second) return { mark: 'wrong', note: `the second turn is not sent (${told.status})` };
  const contents: { parts: Part[] }[] = JSON.parse(second.body).contents;
  const call = contents
    .flatMap(({ parts }) => parts)
    .find((part) => either(part, 'functionCall', 'function_call') !== undefined);
  const signature = call && either(call, 'thoughtSignature', 'thought_signature');
  if (signature === undefined) return { mark: 'wrong', note: 'no signature is sent' };
  if (signature !== SIGNATURE) return { mark: 'told', note: 'a placeholder is sent in its place' };
  const faults = differences(told, uncounted(SAID));
  return faults.length === 0 ? { mark: 'exact', note: '' } : { mark: 'wrong', note: faults.join('; ') };
}

/** The results of the calls of the first answer, of which the client sends back what it keeps. */
const secondTurn =
  (keep: (block: Block) => readonly object[]) =>
  ([first]: readonly Told[]): Sent => {
    const content = first?.content ?? [];
    const results = content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: block['id'], content: 'done' }] : [],
    );
    const assistant = { role: 'assistant', content: content.flatMap(keep) };
    return messages({ messages: [user('Say it.'), assistant, user(results)], tools: TOOLS });
  };
const callOnly = ({ type, id, name, input }: Block) =>
  type === 'tool_use' ? [{ type, id, name, input }] : [];

const counted = (tools: readonly object[]) => (): Sent => ({
  path: '/v1/messages/count_tokens',
  body: { model: ASKED_MODEL, messages: [user('Say it.')], tools },
});

function toolsCounted(told: Told, gemini: FakeGemini, [without]: readonly Told[]): Grade {
  const figure = ({ json }: Told) => Number((json as { input_tokens?: unknown } | undefined)?.input_tokens);
  const [few, many] = [figure(without ?? told), figure(told)];
  if (Number.isNaN(many)) return { mark: 'wrong', note: `${told.status}, no count` };
  if (!(many > few)) return { mark: 'wrong', note: `tools count nothing (${few}, with two tools ${many})` };
  const asked = gemini.count.at(-1);
  if (asked && many === tokensOf(asked.body)) return { mark: 'exact', note: "Google's count" };
  return { mark: 'told', note: 'an estimate of its own, tools included' };
}

export const CASES: readonly Case[] = [
  {
    name: 'Text in three chunks',
    wanted: 'text and stop reason are exact',
    replies: [FINE],
    requests: [plain],
    grade: wantsAnswer(uncounted(SAID)),
  },
  {
    name: 'Usage with thoughts and a cache',
    wanted: 'all of the prompt, what of it was cached, and output with the thoughts that are paid for',
    replies: [FINE],
    requests: [plain],
    grade: wantsAnswer(SAID),
  },
  {
    name: 'Two calls side by side',
    wanted: 'both calls and their arguments are exact, and nothing else is said',
    replies: [CALLING],
    requests: [plain],
    grade: wantsAnswer(CALLED),
  },
  {
    name: 'Bytes cut anywhere',
    wanted: 'seven bytes a read, through characters and events: the same answer',
    replies: [bytes(CHUNKS.flatMap((each) => sliced(eventOf(each))))],
    requests: [plain],
    grade: wantsAnswer(uncounted(SAID)),
  },
  {
    name: 'A broken event first',
    wanted: 'half an event, then the end; the next attempt would be fine',
    replies: [bytes([encode('data: {"candidates": [{"content"\r\n\r\n')]), FINE],
    requests: [plain],
    grade: wantsAnswer(uncounted(SAID)),
  },
  {
    name: '`MALFORMED_FUNCTION_CALL`',
    wanted: 'the next attempt would be fine',
    replies: [MALFORMED, CALLING],
    requests: [plain],
    grade: wantsAnswer(CALLED),
  },
  {
    name: 'An answer without content',
    wanted: '`STOP` and nothing else; the next attempt would be fine',
    replies: [{ kind: 'answer', chunks: [chunk([], 'STOP')] }, FINE],
    requests: [plain],
    grade: wantsAnswer(uncounted(SAID)),
  },
  {
    name: 'Connection cut before content',
    wanted: 'the next attempt would be fine',
    replies: [bytes([], true), FINE],
    requests: [plain],
    grade: wantsAnswer(uncounted(SAID)),
  },
  {
    name: 'Connection cut after content',
    wanted: 'an error: half an answer is no answer',
    replies: [bytes([eventOf(chunk([{ text: 'Half a sen' }]))], true)],
    requests: [plain],
    grade: neverWhole,
  },
  {
    name: 'End without a reason after content',
    wanted: 'an error: half an answer is no answer',
    replies: [bytes([eventOf(chunk([{ text: 'Half a sen' }]))])],
    requests: [plain],
    grade: neverWhole,
  },
  {
    name: '429 that says when (`RetryInfo` 1 s)',
    wanted: 'the next attempt would be fine',
    replies: [MINUTE, FINE],
    requests: [plain],
    grade: wantsAnswer(uncounted(SAID)),
  },
  {
    name: '503, then fine',
    wanted: 'the next attempt would be fine',
    replies: [BUSY, FINE],
    requests: [plain],
    grade: wantsAnswer(uncounted(SAID)),
  },
  {
    name: 'Thought signature, second turn',
    wanted: 'goes back to Google on the call that it came with; the client sends all that it was told',
    replies: [CALLING, FINE],
    requests: [plain, secondTurn((block) => [block])],
    grade: signatureSent,
  },
  {
    name: 'The same, calls alone',
    wanted: "the client sends the calls with Anthropic's fields, and no thinking, as after a change of model",
    replies: [CALLING, FINE],
    requests: [plain, secondTurn(callOnly)],
    grade: signatureSent,
  },
  {
    name: 'Prompt over the window',
    wanted: '400 `invalid_request_error`, "prompt is too long": Claude Code compacts by these words',
    replies: [TOO_LONG],
    requests: [plain],
    grade: (told) => refusal(told, 400, 'invalid_request_error', /prompt is too long/i),
  },
  {
    name: 'Wrong Gemini key',
    wanted: "401 `authentication_error` or another 4xx, in Anthropic's form",
    replies: [BAD_KEY],
    requests: [plain],
    grade: (told) =>
      told.error && told.status >= 400 && told.status < 500
        ? { mark: 'exact', note: `${told.status} ${told.error.type}` }
        : refusal(told, 401, 'authentication_error', /key/i),
  },
  {
    name: 'Tokens counted, with tools',
    wanted: 'tools are counted',
    replies: [],
    requests: [counted([]), counted(TOOLS)],
    grade: toolsCounted,
  },
];
