/**
 * Differences from what we know of Google, to be found by `bun run drift`: each with a name, with what the simulated
 * Google does otherwise, and with the lines that must be told.
 */
import { MODELS } from '../../../src/gemini/model-rows.ts';
import type {
  Candidate,
  GenerateContentResponse,
  ResponsePart,
  UsageMetadata,
} from '../../../src/gemini/wire.ts';
import { invalidArgument } from '../../../src/sim/validator/refusal.ts';
import { SENTINEL } from '../live/requests.ts';
import type { Entry, Plant, Sent } from './planting.ts';

const changed = (id: string, more: Entry) => (entries: Entry[]) =>
  entries.map((entry) => (entry['name'] === `models/${id}` ? { ...entry, ...more } : entry));

const eachCandidate =
  (change: (candidate: Candidate) => Candidate) =>
  (chunk: GenerateContentResponse): GenerateContentResponse => ({
    ...chunk,
    ...(chunk.candidates ? { candidates: chunk.candidates.map(change) } : {}),
  });

const eachPart = (change: (part: ResponsePart) => ResponsePart) =>
  eachCandidate(({ content, ...candidate }) => ({
    ...candidate,
    ...(content ? { content: { ...content, parts: (content.parts ?? []).map(change) } } : {}),
  }));

/** Gateways write counts as texts. */
const asTexts = (usage: UsageMetadata): UsageMetadata => ({
  ...usage,
  promptTokenCount: String(usage.promptTokenCount) as unknown as number,
});

const signedCalls = eachPart((part) => (part.functionCall ? { thoughtSignature: SENTINEL, ...part } : part));

const has = (word: string) => (sent: Sent) => sent.body.includes(word);
const ofModel = (id: string) => (sent: Sent) => sent.url.includes(`/models/${id}:`);
const isAsked = (sent: Sent, ...tests: ((sent: Sent) => boolean)[]) => tests.every((test) => test(sent));

const NEWEST = MODELS[0]?.id ?? '';

const UNKNOWN_NAME =
  'Invalid JSON payload received. Unknown name "translationConfig" at \'generation_config\': Cannot find field.';

/** Every kind of difference that drift is to see. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'limit-changed',
    told: [/^model gemini-3\.8-flash: tokens of output 32768, and 65536 in our row$/],
    models: changed('gemini-3.8-flash', { outputTokenLimit: 32_768 }),
  },
  {
    name: 'limit-of-another-type',
    told: [/^Model\.inputTokenLimit is a string, not a number$/],
    models: changed('gemini-3.8-flash', { inputTokenLimit: '1048576' }),
  },
  {
    name: 'caching-gone',
    told: [/^model gemini-3\.8-flash: explicit caching false, and true in our row$/],
    models: changed('gemini-3.8-flash', { supportedGenerationMethods: ['generateContent', 'countTokens'] }),
  },
  {
    name: 'model-gone',
    told: [/^model gemini-3\.7-flash is not listed$/],
    models: (entries) => entries.filter(({ name }) => name !== 'models/gemini-3.7-flash'),
  },
  {
    name: 'model-answers-no-more',
    told: [/^model gemini-3\.5-flash: answers false, and true in our row$/],
    models: changed('gemini-3.5-flash', {
      supportedGenerationMethods: ['countTokens', 'createCachedContent'],
    }),
  },
  {
    name: 'model-new',
    told: [/^model gemini-5-xenon has no row$/],
    models: (entries) => [...entries, { ...entries[0], name: 'models/gemini-5-xenon' }],
  },
  {
    name: 'model-field-new',
    told: [/^unread Model\.mood$/],
    models: changed(NEWEST, { mood: 'calm' }),
  },
  {
    name: 'page-token-repeated',
    told: [/^the list of models repeats the page token "again"$/],
    repeatsPages: true,
  },
  {
    name: 'level-refused',
    told: [/^gemini-3\.8-flash refuses the thinking level medium, which we take: 400 INVALID_ARGUMENT/],
    refuse: (sent) =>
      isAsked(sent, ofModel('gemini-3.8-flash'), has('"thinkingLevel":"medium"'))
        ? invalidArgument('Thinking level MEDIUM is not supported for this model.')
        : undefined,
  },
  {
    name: 'level-taken',
    told: [/^gemini-3\.6-flash takes the thinking level xhigh, which we refuse: /],
    takes: ({ message = '' }, sent) =>
      message.startsWith('Thinking level XHIGH') && ofModel('gemini-3.6-flash')(sent),
  },
  {
    name: 'refusal-gone',
    told: [/^gemini-4-hydrogen takes two functions of one name, which we refuse: /],
    takes: ({ message = '' }) => message.startsWith('Duplicate function declaration'),
  },
  {
    name: 'refusal-new',
    told: [/^gemini-4-hydrogen refuses a stop sequence, which we take: 400 INVALID_ARGUMENT "Stop sequences/],
    refuse: (sent) =>
      isAsked(sent, ofModel('gemini-4-hydrogen'), has('"stopSequences":["END"]'))
        ? invalidArgument('Stop sequences are not enabled for this model')
        : undefined,
  },
  {
    name: 'picture-refused',
    told: [/^gemini-3\.1-flash-lite refuses a picture, which we take: 400 INVALID_ARGUMENT "No pictures\."$/],
    refuse: (sent) =>
      isAsked(sent, ofModel('gemini-3.1-flash-lite'), has('"mimeType":"image/png"'), has('Which colour?'))
        ? invalidArgument('No pictures.')
        : undefined,
  },
  {
    name: 'error-text-changed',
    told: [/^gemini-4-hydrogen refuses a role that there is not in other words: "No such role\."; ours: /],
    error: (error) => (error.message?.startsWith('Role ') ? { ...error, message: 'No such role.' } : error),
  },
  {
    name: 'error-status-changed',
    told: [/^gemini-0-nothing refuses a question with 400 FAILED_PRECONDITION, not with 404 NOT_FOUND$/],
    error: (error) =>
      error.message?.startsWith('models/gemini-0-nothing')
        ? { ...error, code: 400, status: 'FAILED_PRECONDITION' }
        : error,
  },
  {
    name: 'error-details-gone',
    told: [
      /with other details: none; ours: BadRequest$|with other details: none; ours: google\.rpc\.BadRequest$/,
    ],
    error: ({ details: _, ...error }) => error,
  },
  {
    name: 'parser-lost-a-name',
    told: [
      /^Google's parser refuses what our tables have: Invalid JSON payload received\. Unknown name "translationConfig"/,
    ],
    error: (error, { body }) =>
      error.message?.includes('drift_made_this_up') && body.includes('"translationConfig"')
        ? { ...error, message: `${UNKNOWN_NAME}\n${error.message}` }
        : error,
  },
  {
    name: 'signature-unchecked',
    told: [
      /^gemini-4-hydrogen takes a signature that Google never gave, which we refuse: /,
      /^gemini-4-hydrogen takes a signature with a changed letter, which we refuse: /,
      /^gemini-3\.1-flash-lite takes a signature with a changed letter, which we refuse: /,
    ],
    body: (body) =>
      body.replace(/"thoughtSignature":"[A-Za-z0-9+/_-]+=*"/g, `"thoughtSignature":"${SENTINEL}"`),
  },
  {
    name: 'answer-field-new',
    told: [/^unread Part\.hologram$/],
    chunk: eachPart((part) => ({ ...part, hologram: 1 })),
  },
  {
    name: 'end-new',
    told: [/^unknown Candidate\.finishReason TOKENS_GONE$/],
    chunk: eachCandidate((candidate) =>
      candidate.finishReason === 'MAX_TOKENS' ? { ...candidate, finishReason: 'TOKENS_GONE' } : candidate,
    ),
  },
  {
    name: 'call-id-missing',
    told: [/^gemini-4-hydrogen: calls have no id$/, /^gemini-3\.1-flash-lite: calls have no id$/],
    chunk: eachPart(({ functionCall, ...part }) => {
      if (!functionCall) return part;
      const { id: _, ...call } = functionCall;
      return { ...part, functionCall: call };
    }),
  },
  {
    name: 'parallel-calls-of-another-shape',
    told: [
      /^gemini-4-hydrogen: parallel calls behind the first one have signatures$/,
      /^gemini-3\.1-flash-lite: parallel calls behind the first one have signatures$/,
    ],
    chunk: (chunk) => (chunk.modelVersion?.startsWith('gemini-2.5') ? chunk : signedCalls(chunk)),
  },
  {
    name: 'counts-as-texts',
    told: [/: promptTokenCount is a string, not a number$/],
    chunk: ({ usageMetadata, ...chunk }) => ({
      ...chunk,
      ...(usageMetadata ? { usageMetadata: asTexts(usageMetadata) } : {}),
    }),
  },
  {
    name: 'role-new',
    told: [/: answers have the role assistant$/],
    chunk: eachCandidate((candidate) => ({
      ...candidate,
      ...(candidate.content ? { content: { ...candidate.content, role: 'assistant' } } : {}),
    })),
  },
  {
    name: 'finish-message-changed',
    told: [/: the finishMessage of calls is "Calls\."$/],
    chunk: eachCandidate((candidate) =>
      candidate.finishMessage === undefined ? candidate : { ...candidate, finishMessage: 'Calls.' },
    ),
  },
  {
    name: 'usage-only-at-the-end',
    told: [/: not every event has usageMetadata$/],
    chunk: ({ usageMetadata, ...chunk }) => {
      const isLast = chunk.candidates?.some(({ finishReason }) => finishReason !== undefined);
      return isLast && usageMetadata ? { ...chunk, usageMetadata } : chunk;
    },
  },
  {
    name: 'count-off',
    told: [
      /^gemini-[\w.-]+ counts \d+ tokens where we estimate \d+$/,
      /^gemini-[\w.-]+ counts \d+ tokens of a request with tools, and bills \d+$/,
    ],
    count: (counted) => ({ ...counted, totalTokens: 2 * Number(counted['totalTokens']) }),
  },
];

/** The plants with these names. Throws where there is none of a name. */
export function plantsNamed(names: readonly string[]): Plant[] {
  if (names.includes('all')) return [...PLANTS];
  return names.map((name) => {
    const plant = PLANTS.find((one) => one.name === name);
    if (!plant)
      throw new Error(
        `there is no difference "${name}"; there are ${PLANTS.map((one) => one.name).join(', ')}`,
      );
    return plant;
  });
}
