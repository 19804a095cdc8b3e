/** What the bench sends: one row each, with invented requests of the size of real ones. */

export type Answer = {
  chunks: number;
  /** `together`: all chunks in one write. `apart`: each chunk in a write, and so in a read, of its own. */
  arrival: 'together' | 'apart';
};

export type Row = {
  name: string;
  title: string;
  answer: Answer;
  /** Requests in one round at 32 clients. */
  requests: number;
  /** The client's body of request number `nth`, counted from 0. */
  body(nth: number): string;
};

/** The model that the client names. Upstream recognises the row by it. */
export const MODEL_PREFIX = 'gemini-bench-';
/** Its stream stays open and silent after the first chunk. */
export const SILENT_MODEL = `${MODEL_PREFIX}silent`;

/** `characters` of plain text, different for each `seed`. */
function filler(seed: string, characters: number): string {
  const sentence = `Line ${seed}: the reader opens the file, finds the function that parses a header, and notes what calls it. `;
  return sentence.repeat(Math.ceil(characters / sentence.length)).slice(0, characters);
}

const ask = (name: string, rest: object): string =>
  JSON.stringify({ model: `${MODEL_PREFIX}${name}`, max_tokens: 32_000, stream: true, ...rest });

export const tinyBody = (name: string): string =>
  ask(name, { messages: [{ role: 'user', content: 'Say hello.' }] });

const property = (nth: number) => ({
  type: nth % 3 === 0 ? 'integer' : 'string',
  description: filler(`property ${nth}`, 160),
  ...(nth % 4 === 0 ? { enum: undefined, minLength: 1 } : {}),
});

/** As a coding client declares them: long descriptions, small schemas. */
const tools = Array.from({ length: 22 }, (_, nth) => ({
  name: `Tool${nth}`,
  description: filler(`tool ${nth}`, 1_500),
  input_schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`argument_${at}`, property(at)])),
    required: ['argument_1'],
    additionalProperties: false,
  },
}));

const call = (nth: number) => [
  {
    role: 'assistant',
    content: [
      { type: 'text', text: filler(`says ${nth}`, 120) },
      { type: 'tool_use', id: `toolu_bench_${nth}`, name: 'Tool1', input: { argument_1: `file-${nth}.ts` } },
    ],
  },
  {
    role: 'user',
    content: [
      { type: 'tool_result', tool_use_id: `toolu_bench_${nth}`, content: filler(`result ${nth}`, 1_200) },
    ],
  },
];

const codingSystem = [
  { type: 'text', text: 'You are a coding assistant.' },
  { type: 'text', text: filler('system', 14_000), cache_control: { type: 'ephemeral' } },
];
const firstWords = { role: 'user', content: filler('first words', 2_000) };

/** One turn of a coding client: system prompt, tools, eight calls so far. Some 85 kB. */
const codingTurn = ask('coding', {
  thinking: { type: 'adaptive' },
  system: codingSystem,
  tools,
  messages: [firstWords, ...Array.from({ length: 8 }, (_, nth) => call(nth)).flat()],
});

/** Turns of some 2 kB, as JSON. */
const turnText = (conversation: string, nth: number): string =>
  [
    { role: 'user', content: filler(`${conversation} asks ${nth}`, 900) },
    { role: 'assistant', content: [{ type: 'text', text: filler(`${conversation} answers ${nth}`, 1_000) }] },
  ]
    .map((message) => JSON.stringify(message))
    .join(',');

const LAST_WORDS = JSON.stringify({ role: 'user', content: 'Go on.' });
const TURNS = 500;
const CALLS = 250;

function conversation(name: string, turns: readonly string[]): string {
  return ask(name, { messages: [] }).replace(
    '"messages":[]',
    () => `"messages":[${turns.join(',')},${LAST_WORDS}]`,
  );
}

const turnsOf = (id: string, count: number) => Array.from({ length: count }, (_, nth) => turnText(id, nth));

/** One conversation, a turn longer with each request. */
const growing: string[] = turnsOf('growing', TURNS);

function grown(nth: number): string {
  while (growing.length < TURNS + nth) growing.push(turnText('growing', growing.length));
  return conversation('growing', growing.slice(0, TURNS + nth));
}

/** One agent's session as a coding client sends it: system prompt, tools, and a call more with each request. */
const agentCalls = Array.from({ length: CALLS }, (_, nth) => call(nth));
const agentHead = {
  thinking: { type: 'adaptive' },
  system: codingSystem,
  tools,
  metadata: { user_id: JSON.stringify({ session_id: '00000000-0000-4000-8000-000000000001' }) },
};

function agentTurn(nth: number): string {
  while (agentCalls.length < CALLS + nth) agentCalls.push(call(agentCalls.length));
  const calls = agentCalls.slice(0, CALLS + nth).flat();
  return ask('agent', { ...agentHead, messages: [firstWords, ...calls] });
}

export const ROWS: readonly Row[] = [
  {
    name: 'tiny',
    title: 'tiny request, 1 chunk',
    answer: { chunks: 1, arrival: 'together' },
    requests: 3_000,
    body: () => tinyBody('tiny'),
  },
  {
    name: 'together',
    title: 'tiny request, 500 chunks together',
    answer: { chunks: 500, arrival: 'together' },
    requests: 300,
    body: () => tinyBody('together'),
  },
  {
    name: 'apart',
    title: 'tiny request, 500 chunks one a read',
    answer: { chunks: 500, arrival: 'apart' },
    requests: 96,
    body: () => tinyBody('apart'),
  },
  {
    name: 'coding',
    title: '85 kB coding turn, 40 chunks',
    answer: { chunks: 40, arrival: 'together' },
    requests: 800,
    body: () => codingTurn,
  },
  {
    name: 'cold',
    title: '1 MB, 500 turns, never seen before',
    answer: { chunks: 40, arrival: 'together' },
    requests: 96,
    body: (nth) => conversation('cold', turnsOf(`cold ${nth}`, TURNS)),
  },
  {
    name: 'growing',
    title: '1 MB, 500 turns, one more each time',
    answer: { chunks: 40, arrival: 'together' },
    requests: 96,
    body: grown,
  },
  {
    name: 'agent',
    title: "500 kB, an agent's session, a call more each time",
    answer: { chunks: 40, arrival: 'together' },
    requests: 200,
    body: agentTurn,
  },
];

export function rowOf(name: string): Row {
  const row = ROWS.find((one) => one.name === name);
  if (!row) throw new Error(`there is no row ${name}`);
  return row;
}
