/** Answers for which Google searched the web: Anthropic's events, in Anthropic's order. */
import { describe, expect, test } from 'bun:test';
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import type { Frame } from '../../../src/gemini/frames.ts';
import type { Candidate, GroundingMetadata, ResponsePart } from '../../../src/gemini/wire.ts';
import type { AnswerPlan, SearchPlan } from '../../../src/translate/context.ts';
import { foldEvents } from '../../../src/translate/response/message.ts';
import { answerFrames, planFor } from '../../support/answers/answer.ts';
import { violations } from '../../support/answers/laws.ts';
import { shape } from '../../support/answers/turns.ts';

const SEARCH: SearchPlan = {
  isAlone: true,
  mostUses: undefined,
  question: 'newest bun?',
  allowedDomains: [],
  blockedDomains: [],
  cites: true,
};
const FOUND: GroundingMetadata = {
  webSearchQueries: ['bun release', 'bun changelog'],
  groundingChunks: [
    { web: { uri: 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/x', title: 'bun.sh' } },
  ],
  groundingSupports: [
    { segment: { startIndex: 6, endIndex: 13, text: 'It is 9' }, groundingChunkIndices: [0] },
  ],
};

const frame = (parts: ResponsePart[], candidate: Candidate = {}): Frame => ({
  kind: 'content',
  chunk: {
    candidates: [{ content: { parts, role: 'model' }, index: 0, groundingMetadata: {}, ...candidate }],
  },
});
const end = (metadata?: GroundingMetadata, parts: ResponsePart[] = [{ text: '' }]): Frame =>
  frame(parts, { finishReason: 'STOP', ...(metadata ? { groundingMetadata: metadata } : {}) });

async function answer(frames: readonly Frame[], change: Partial<AnswerPlan> = {}) {
  const answered = await answerFrames(frames, planFor([], { search: SEARCH, ...change }));
  expect(answered.error).toBeUndefined();
  expect(violations(answered.events)).toEqual([]);
  return { ...answered, shape: shape(answered.events), message: foldEvents(answered.events) };
}

/** The kind of each block, one word each. */
const order = (events: readonly MessageEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.type === 'content_block_start') return [event.content_block.type];
    return event.type === 'content_block_delta' ? [`  ${event.delta.type}`] : [];
  });

describe('a searched answer', () => {
  const frames = [frame([{ text: 'Well. ' }]), frame([{ text: 'It is' }, { text: ' 9 now.' }]), end(FOUND)];

  test('tells the search and what it found before the text, and the citation before its words', async () => {
    const { events } = await answer(frames);
    expect(order(events)).toEqual([
      'server_tool_use',
      '  input_json_delta',
      '  input_json_delta',
      'web_search_tool_result',
      'text',
      '  text_delta',
      'text',
      '  citations_delta',
      '  text_delta',
      'text',
      '  text_delta',
    ]);
  });

  test('is cut at max_tokens; the search is told all the same', async () => {
    const { message, shape } = await answer(frames, { maxTokens: 2 });
    expect(shape.at(-1)).toBe('text:Well. It');
    expect(message.content[0]?.type).toBe('server_tool_use');
    expect(message.stop_reason).toBe('max_tokens');
  });

  test('folds to blocks with sources, citations and counts', async () => {
    const { message } = await answer(frames);
    const url = 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/x';
    expect(message.content).toMatchObject([
      { type: 'server_tool_use', id: 'srvtoolu_1', input: { query: 'bun release; bun changelog' } },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1',
        content: [{ type: 'web_search_result', url, title: 'bun.sh', encrypted_content: '', page_age: null }],
      },
      { type: 'text', text: 'Well. ' },
      {
        type: 'text',
        text: 'It is 9',
        citations: [{ type: 'web_search_result_location', url, title: 'bun.sh' }],
      },
      { type: 'text', text: ' now.' },
    ]);
    expect(message.usage.server_tool_use).toEqual({ web_search_requests: 1, web_fetch_requests: 0 });
    expect(message.stop_reason).toBe('end_turn');
  });

  test('nothing of it is content before the end, so that a broken attempt costs nothing', async () => {
    const { events, error } = await answerFrames(frames.slice(0, 2), planFor([], { search: SEARCH }));
    expect(error).toBeDefined();
    expect(events.map(({ type }) => type)).toEqual(['message_start', 'error']);
  });

  test('metadata in an event before the last counts as well', async () => {
    const early = [frame([{ text: 'Well. It is 9 now.' }], { groundingMetadata: FOUND }), end()];
    expect((await answer(early)).shape).toEqual([
      'search:bun release; bun changelog',
      'found:1',
      'text:Well. ',
      'text:It is 9',
      'text: now.',
    ]);
  });
});

describe('an answer without what a search gives', () => {
  test.each<[string, GroundingMetadata | undefined]>([
    ['no metadata', undefined],
    ['empty metadata', {}],
    ['empty lists', { webSearchQueries: [''], groundingChunks: [], groundingSupports: [] }],
  ])('%s: the model did not search, and no search is told', async (_, metadata) => {
    const { shape, message } = await answer([frame([{ text: 'It is 9.' }]), end(metadata)]);
    expect(shape).toEqual(['text:It is 9.']);
    expect(message.usage.server_tool_use).toEqual({ web_search_requests: 0, web_fetch_requests: 0 });
  });

  test('a search that found nothing is told with an empty list', async () => {
    const { shape } = await answer([frame([{ text: 'Nothing.' }]), end({ webSearchQueries: ['bun'] })]);
    expect(shape).toEqual(['search:bun', 'found:0', 'text:Nothing.']);
  });

  test('a source without a query has the question for one', async () => {
    const { webSearchQueries: _, ...found } = FOUND;
    const { shape } = await answer([frame([{ text: 'Well. It is 9' }]), end(found)]);
    expect(shape.slice(0, 2)).toEqual(['search:newest bun?', 'found:1']);
  });
});

test('JSON stays one text', async () => {
  const { shape } = await answer([frame([{ text: 'Well. It is 9' }]), end(FOUND)], {
    search: { ...SEARCH, cites: false },
  });
  expect(shape.slice(1)).toEqual(['found:1', 'text:Well. It is 9']);
});

describe('a stop sequence', () => {
  const frames = [frame([{ text: 'Well. It is 9 now.' }]), end(FOUND)];

  test.each([
    ['inside of a piece', 'is', ['text:Well. ', 'text:It ']],
    ['across two pieces', '9 n', ['text:Well. ', 'text:It is ']],
    ['before all citations', 'ell', ['text:W']],
  ])('%s cuts the text and is named', async (_, sequence, texts) => {
    const { shape, message } = await answer(frames, { stopSequences: [sequence] });
    expect(shape.slice(2)).toEqual(texts);
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: sequence });
  });

  test('that does not come leaves the text whole, to its last character', async () => {
    const { shape } = await answer(frames, { stopSequences: ['.x', 'Itx'] });
    expect(shape.slice(2)).toEqual(['text:Well. ', 'text:It is 9', 'text: now.']);
  });
});

describe('signatures', () => {
  test('that of the closing empty text is kept, with the last block', async () => {
    const { remembered, warnings } = await answer([
      frame([{ text: 'Well. It is 9 now.' }]),
      end(FOUND, [{ text: '', thoughtSignature: 'c2ln' }]),
    ]);
    expect(remembered.size).toBe(2);
    expect(warnings).toEqual([]);
  });

  test('that of a text which is cut goes nowhere, and is told', async () => {
    const signed = frame([{ text: 'Well. It is 9 now.', thoughtSignature: 'c2ln' }]);
    const { remembered, warnings } = await answer([signed, end(FOUND)]);
    expect(remembered.size).toBe(0);
    expect(warnings.map(({ code }) => code)).toEqual(['signature']);
  });
});

test('thoughts come first, live, in a block of their own', async () => {
  const thought = frame([{ text: 'Let me look.', thought: true }]);
  const { shape } = await answer([thought, frame([{ text: 'Well. It is 9' }]), end(FOUND)]);
  expect(shape.map((block) => block.split(':')[0])).toEqual(['thinking', 'search', 'found', 'text', 'text']);
});
