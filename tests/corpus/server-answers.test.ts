/**
 * Every recording of Gemini with a search, read pages, code that was run, a PDF, a form, a refusal or sources, played
 * through the whole proxy over HTTP: the right blocks, in pairs, with citations at Google's offsets, and the whole text
 * once. `bun test tests/corpus/server-answers.test.ts` prints a row for each.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { MessageEvent } from '../../src/anthropic/events.ts';
import type { AnswerBlock, AnswerMessage } from '../../src/anthropic/message.ts';
import { foldEvents } from '../../src/translate/response/message.ts';
import { violations } from '../support/answers/laws.ts';
import { eventsOf } from '../support/corpus/answer-shapes.ts';
import { cited, supported } from '../support/corpus/cited-bytes.ts';
import { hasCorpus, type Recording, recordings } from '../support/corpus/corpus.ts';
import { type Reading, readIndependently } from '../support/corpus/independent-reading.ts';
import { answerSchema, googleTools, pdfsOf, questionOf } from '../support/corpus/recorded-question.ts';
import {
  callsOf,
  declaredTools,
  expectSameEnd,
  expectSameUsage,
  mustFail,
  textOf,
  thoughtsOf,
} from '../support/corpus/same-answer.ts';
import { scriptedGoogle } from '../support/google/scripted-google.ts';

/** The features of recordings, and how many there are at least: a kind that is gone fails. */
const KINDS = {
  search: { feature: 'grounding', least: 30 },
  pages: { feature: 'url_context', least: 7 },
  code: { feature: 'code_execution', least: 22 },
  PDF: { feature: 'pdf', least: 9 },
  form: { feature: 'json_schema', least: 44 },
  refusal: { feature: 'safety', least: 11 },
  sources: { feature: 'citations', least: 6 },
} as const;
type Kind = keyof typeof KINDS;

const kindsOf = ({ features }: Recording): Kind[] =>
  (Object.keys(KINDS) as Kind[]).filter((kind) => features.includes(KINDS[kind].feature));

const ALL = recordings('gemini').filter((recording) => kindsOf(recording).length > 0);

type Played = {
  recording: Recording;
  reading: Reading;
  /** Undefined where the request was refused. */
  events: MessageEvent[] | undefined;
  status: number;
  body: string;
  whole: AnswerMessage | undefined;
  asked: string[];
  warnings: string[];
};

/** Asks twice: for a stream, and for a whole answer. */
async function play(recording: Recording): Promise<Played> {
  const { status, headers, body } = recording.response;
  const google = scriptedGoogle(() => new Response(body, { status, headers }));
  await using proxy = await google.start({
    MODEL_FALLBACKS: 'none',
    MAX_RETRIES: '0',
    FORCE_DISABLE_STREAMING: recording.kind === 'stream' ? 'false' : 'true',
  });
  const reading = readIndependently(body);
  const question = questionOf(recording, reading);
  const ask = async (stream: boolean) => {
    const answer = proxy.send('/v1/messages', { ...question, stream }).then(async (head) => ({
      status: head.status,
      body: await head.text(),
    }));
    return google.through(answer);
  };
  const streamed = await ask(true);
  const asked = google.asked.map((one) => one.body);
  const warnings = proxy.told('warning').map(({ detail }) => detail);
  const failed = streamed.status !== 200;
  const whole = failed ? undefined : await ask(false);
  return {
    recording,
    reading,
    ...streamed,
    events: failed ? undefined : (eventsOf(streamed.body) as unknown as MessageEvent[]),
    whole: whole?.status === 200 ? JSON.parse(whole.body) : undefined,
    asked,
    warnings,
  };
}

/** Each use of a tool of Google's is followed by its own result, of the right type. */
function expectPairs({ content }: AnswerMessage): void {
  const ids = new Set<string>();
  content.forEach((block, at) => {
    if (block.type !== 'server_tool_use') return;
    expect(block.id).toStartWith('srvtoolu_');
    expect(ids.has(block.id)).toBe(false);
    ids.add(block.id);
    const result = content[at + 1];
    expect(result).toMatchObject({ type: `${block.name}_tool_result`, tool_use_id: block.id });
  });
  const results = content.filter((block) => 'tool_use_id' in block);
  expect(results).toHaveLength(ids.size);
}

const count = (body: string, word: RegExp): number => body.match(word)?.length ?? 0;

/** How often each tool was used, as the recording says. */
function expectedUses(recording: Recording, { grounding }: Reading) {
  const { body } = recording.response;
  const tools = googleTools(recording);
  const called = count(body, /"toolCall"/g);
  const found = Boolean(grounding?.webSearchQueries?.length || grounding?.groundingChunks?.length);
  return {
    web_search: tools.includes('googlesearch') ? called || Number(found) : 0,
    web_fetch: tools.includes('urlcontext') ? count(body, /"retrievedUrl"/g) : 0,
    code_execution: tools.includes('codeexecution') ? count(body, /"executableCode"/g) : 0,
  };
}

function expectUses(message: AnswerMessage, wanted: ReturnType<typeof expectedUses>): void {
  const told = { web_search: 0, web_fetch: 0, code_execution: 0 };
  for (const block of message.content) {
    if (block.type === 'server_tool_use') told[block.name as keyof typeof told]++;
  }
  expect(told).toEqual(wanted);
  const uses = Object.values(wanted).reduce((sum, one) => sum + one, 0);
  if (uses > 0) {
    expect(message.usage.server_tool_use).toEqual({
      web_search_requests: wanted.web_search,
      web_fetch_requests: wanted.web_fetch,
    });
  }
}

/** Code and output, word for word. */
function expectCode(message: AnswerMessage, { code }: Reading): void {
  const told = message.content.flatMap((block) => {
    if (block.type === 'server_tool_use' && block.name === 'code_execution') return [block.input['code']];
    if (block.type !== 'code_execution_tool_result' || !('stdout' in block.content)) return [];
    return [block.content.stdout || block.content.stderr];
  });
  expect(told.filter((text) => text !== '')).toEqual(code);
}

/** A search of Maps, for which Anthropic has no tool: its text is told, and nothing else. */
const isOther = ({ response }: Recording): boolean => response.body.includes('"maps":');

function expectCitations(message: AnswerMessage, { recording, reading }: Played): void {
  const cites = googleTools(recording).includes('googlesearch') && !answerSchema(recording);
  const wanted = cites && !isOther(recording) ? supported(reading.text, reading.grounding) : [];
  expect(cited(message)).toEqual(wanted);
  const citations = message.content.flatMap((block) =>
    block.type === 'text' ? (block.citations ?? []) : [],
  );
  // Google's words are no quotation of a page.
  expect(citations.filter(({ cited_text }) => cited_text !== '')).toEqual([]);
}

/** Checks one recording. Returns its row of the table. */
function check(played: Played): string[] {
  const { recording, reading, events, whole } = played;
  const row = (blocks: string, citations: number, verdict: string) => [
    recording.id,
    kindsOf(recording).join(', '),
    blocks,
    String(citations),
    verdict,
  ];
  const failure =
    recording.kind === 'error' ? 'an error' : mustFail(reading, declaredTools(recording, reading));
  if (!events) {
    expect(failure).toBeDefined();
    const { error } = JSON.parse(played.body);
    return row('', 0, `${played.status} ${error.type}`);
  }
  expect(violations(events)).toEqual([]);
  const last = events.at(-1);
  if (failure !== undefined) {
    expect(last?.type).toBe('error');
    return row('', 0, `error event: ${failure}`);
  }
  const message = foldEvents(events);
  expect(textOf(message)).toBe(reading.text);
  expect(thoughtsOf(message)).toBe(reading.thoughts);
  expect(callsOf(message)).toEqual(reading.calls);
  expectPairs(message);
  expectUses(message, expectedUses(recording, reading));
  expectCode(message, reading);
  expectCitations(message, played);
  expectSameUsage(message, reading.usage);
  expectSameEnd(message, reading);
  if (answerSchema(recording) && message.stop_reason === 'end_turn') JSON.parse(textOf(message));
  // One answer is one request, and a whole answer says the same as a stream.
  expect(played.asked).toHaveLength(1);
  expect(whole && { ...whole, content: whole.content.map(anonymous) }).toEqual({
    ...message,
    id: whole?.id ?? '',
    content: message.content.map(anonymous),
  });
  // What Google names as the source of words, and Anthropic's answers have no place for, is a warning.
  const told = played.warnings.filter((detail) => detail.startsWith('Gemini names a source'));
  const uris = kindsOf(recording).includes('sources')
    ? new Set(recording.response.body.matchAll(/"uri": ?"([^"]+)"/g).map(([, uri = '']) => uri))
    : [];
  expect(told.map((detail) => detail.split('): ')[1])).toEqual([...uris]);
  for (const data of pdfsOf(recording)) expect(played.asked[0]).toContain(data);
  return row(
    message.content.map(({ type }) => type).join(' '),
    cited(message).length,
    message.stop_reason ?? '',
  );
}

/** A block without what differs between two answers. */
function anonymous(block: AnswerBlock): AnswerBlock {
  const { id: _, tool_use_id: __, signature: ___, ...rest } = block as AnswerBlock & Record<string, unknown>;
  return rest as unknown as AnswerBlock;
}

const played = new Map<string, Played>();
const table: string[][] = [];
beforeAll(async () => {
  for (const recording of ALL) played.set(recording.id, await play(recording));
}, 600_000);

afterAll(() => {
  const head = ['recording', 'kinds', 'blocks', 'citations', 'verdict'];
  if (hasCorpus) console.log([head, ...table].map((cells) => `| ${cells.join(' | ')} |`).join('\n'));
});

describe.skipIf(!hasCorpus)('recorded answers of Gemini’s tools, through the whole proxy', () => {
  test.each(Object.keys(KINDS) as Kind[])('there are as many of the kind "%s" as known', (kind) => {
    const some = ALL.filter((recording) => kindsOf(recording).includes(kind));
    expect(some.length).toBeGreaterThanOrEqual(KINDS[kind].least);
  });

  for (const { id } of ALL) {
    test(id, () => {
      const one = played.get(id);
      if (!one) throw new Error('not played');
      table.push(check(one));
    });
  }

  test('some citations stand after text beyond ASCII: their offsets are no places of characters', () => {
    const beyond = [...played.values()].filter(({ reading, events }) => {
      if (!events || events.at(-1)?.type === 'error') return false;
      const message = foldEvents(events);
      const bytes = Buffer.from(reading.text);
      return cited(message).some(({ start }) => bytes.subarray(0, start).toString().length < start);
    });
    expect(beyond.length).toBeGreaterThanOrEqual(4);
  });
});
