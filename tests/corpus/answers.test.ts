/**
 * Every recorded Gemini answer, run through backend and translation, and compared with an independent reading of its
 * body.
 */
import { describe, expect, test } from 'bun:test';
import type { AnswerPlan } from '../../src/translate/context.ts';
import { foldEvents } from '../../src/translate/response/message.ts';
import { openEnvelope, openParts, splitEnvelopes } from '../../src/translate/signatures.ts';
import { type Answered, answerFrames, planFor } from '../support/answers/answer.ts';
import { violations } from '../support/answers/laws.ts';
import { hasCorpus, type Recording, recordings } from '../support/corpus/corpus.ts';
import { type Reading, readIndependently } from '../support/corpus/independent-reading.ts';
import { recordedFrames } from '../support/corpus/recorded-backend.ts';
import {
  declaredTools,
  expectSameContent,
  expectSameEnd,
  expectSameUsage,
  mustFail,
} from '../support/corpus/same-answer.ts';

const GOOGLE_SEARCH_ONLY = /^(\[?)\{"(googleSearch|google_search)":\{\}\}(\]?)$/;

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Any = any;

/** As the client of the recording asked. With mode NONE it cannot answer any call. */
function planOf({ request }: Recording, tools: readonly string[]): AnswerPlan {
  const config: Any = request.body?.toolConfig ?? request.body?.tool_config;
  const mode: string = config?.functionCallingConfig?.mode ?? '';
  return planFor(tools, mode.toUpperCase() === 'NONE' ? { undeclaredCalls: 'refused' } : {});
}

/** Signatures on calls and text reach the store, or a warning says why not. */
function expectSignaturesKept(answered: Answered, reading: Reading): void {
  const kept = new Set(
    [...answered.remembered.values()].flatMap((v) =>
      splitEnvelopes(v).map((e) => openEnvelope(e)?.signature),
    ),
  );
  const told = answered.warnings.filter((warning) => warning.code === 'signature').length;
  const missing = reading.signatures.filter((signature) => !kept.has(signature));
  expect(missing.length).toBeLessThanOrEqual(told);
}

const all = recordings('gemini');
const answers = all.filter((recording) => recording.kind === 'stream' || recording.kind === 'json');

describe.skipIf(!hasCorpus)('recorded Gemini answers', () => {
  test('the corpus holds what its README counts', () => {
    expect(all.length).toBe(613);
    expect(all.filter((recording) => recording.kind === 'stream').length).toBe(349);
  });

  for (const recording of answers) {
    test(recording.id, async () => {
      const reading = readIndependently(recording.response.body);
      const tools = declaredTools(recording, reading);
      const answered = await answerFrames(recordedFrames(recording), planOf(recording, tools));
      expect(violations(answered.events)).toEqual([]);
      const failure = mustFail(reading, tools);
      if (failure !== undefined) {
        expect(answered.events.at(-1)?.type, failure).toBe('error');
        return;
      }
      expect(answered.error).toBeUndefined();
      const message = foldEvents(answered.events);
      expectSameContent(message, reading);
      expectSameUsage(message, reading.usage);
      expectSameEnd(message, reading);
      expectSignaturesKept(answered, reading);
    });
  }
});

/** Answers in which Google told its own tools' calls. */
const hosted = answers.filter(({ request }) => request.body?.toolConfig?.includeServerSideToolInvocations);

describe.skipIf(!hasCorpus)('recorded answers with Google’s own calls in them', () => {
  test('there are some', () => expect(hosted.length).toBeGreaterThan(5));

  for (const recording of hosted) {
    test(recording.id, async () => {
      const search = {
        isAlone: false,
        mostUses: undefined,
        question: 'q',
        allowedDomains: [],
        blockedDomains: [],
        cites: !recording.id.includes('native-output'),
      };
      const declared = (recording.request.body?.tools ?? []).flatMap((tool: Any) =>
        (tool.functionDeclarations ?? []).map(({ name }: Any) => name),
      );
      const answered = await answerFrames(
        recordedFrames(recording),
        planFor(declared, { search, callsAreTold: true }),
      );
      expect(answered.error).toBeUndefined();
      expect(violations(answered.events)).toEqual([]);
      const reading = readIndependently(recording.response.body);
      const message = foldEvents(answered.events);
      expectSameUsage(message, reading.usage);
      const text = message.content.flatMap((b) => (b.type === 'text' ? [b.text] : [])).join('');
      const called = [...recording.response.body.matchAll(/"toolCall"/g)].length;
      expect(message.content.filter(({ type }) => type === 'server_tool_use')).toHaveLength(called);
      expect(text).toBe(reading.text);
      // Every call goes back as it came, with the signature that came with it.
      const kept = [...answered.remembered].flatMap(([key, envelope]) =>
        key.startsWith('parts:') ? openParts(openEnvelope(envelope)?.signature ?? '') : [],
      );
      expect(kept.map((part) => part.thoughtSignature !== undefined)).toEqual(
        new Array(called * 2).fill(true),
      );
      const cited = message.content.flatMap((b) => (b.type === 'text' && b.citations ? [b.text.trim()] : []));
      const supported = (reading.grounding?.groundingSupports ?? []).map(({ segment }: Any) =>
        segment.text.trim(),
      );
      expect(cited).toEqual(search.cites ? supported : []);
    });
  }
});

const toolNames = ({ request }: Recording): string =>
  [request.body?.tools ?? []]
    .flat()
    .map((tool: Any) => Object.keys(tool).join())
    .join()
    .replaceAll('_', '')
    .toLowerCase();

const coded = answers.filter(
  (recording) =>
    toolNames(recording) === 'codeexecution' && recording.response.body.includes('executableCode'),
);

describe.skipIf(!hasCorpus)('recorded answers with code that was run', () => {
  test('there are some', () => expect(coded.length).toBeGreaterThan(10));

  for (const name of ['code_execution', 'bash_code_execution'] as const) {
    for (const recording of coded) {
      test(`${recording.id}, as ${name}`, async () => {
        const answered = await answerFrames(recordedFrames(recording), planFor([], { code: { name } }));
        expect(answered.error).toBeUndefined();
        expect(violations(answered.events)).toEqual([]);
        const reading = readIndependently(recording.response.body);
        const message = foldEvents(answered.events);
        expectSameUsage(message, reading.usage);
        const text = message.content.flatMap((b) => (b.type === 'text' ? [b.text] : [])).join('');
        expect(text).toBe(reading.text);
        const told = message.content.flatMap((b) => {
          if (b.type === 'server_tool_use') return [String(b.input['code'] ?? b.input['command'])];
          if (b.type !== 'code_execution_tool_result' && b.type !== 'bash_code_execution_tool_result')
            return [];
          expect(b.type).toBe(`${name}_tool_result`);
          return ['stdout' in b.content ? b.content.stdout : b.content.error_code];
        });
        expect(told).toHaveLength(reading.code.length);
        reading.code.forEach((piece, index) => {
          expect(told[index]).toContain(piece.trimEnd());
        });
      });
    }
  }
});

const fetched = answers.filter((recording) => toolNames(recording) === 'urlcontext');

describe.skipIf(!hasCorpus)('recorded answers for which Google read pages', () => {
  test('there are some', () => expect(fetched.length).toBeGreaterThan(5));

  for (const recording of fetched) {
    test(recording.id, async () => {
      const plan = { mostUses: undefined, allowedDomains: [], blockedDomains: [] };
      const answered = await answerFrames(recordedFrames(recording), planFor([], { fetch: plan }));
      expect(answered.error).toBeUndefined();
      expect(violations(answered.events)).toEqual([]);
      const message = foldEvents(answered.events);
      expect(message.content.slice(0, 2)).toMatchObject([
        {
          type: 'server_tool_use',
          name: 'web_fetch',
          input: { url: 'https://rvest.tidyverse.org/articles/starwars.html' },
        },
        { type: 'web_fetch_tool_result', content: { type: 'web_fetch_result' } },
      ]);
      expect(message.usage.server_tool_use?.web_fetch_requests).toBe(1);
      const text = message.content.flatMap((b) => (b.type === 'text' ? [b.text] : [])).join('');
      expect(text).toBe(readIndependently(recording.response.body).text);
    });
  }
});

/** Answers for which Google searched. An answer without a support has nothing to cite. */
const searched = answers.filter(({ request }) =>
  JSON.stringify(request.body?.tools ?? [[]]).match(GOOGLE_SEARCH_ONLY),
);

describe.skipIf(!hasCorpus)('recorded answers of Google’s search', () => {
  test('there are some', () => expect(searched.length).toBeGreaterThan(20));

  for (const recording of searched) {
    test(recording.id, async () => {
      const search = {
        isAlone: true,
        mostUses: undefined,
        question: 'q',
        allowedDomains: [],
        blockedDomains: [],
        cites: true,
      };
      const answered = await answerFrames(recordedFrames(recording), planFor([], { search }));
      expect(answered.error).toBeUndefined();
      expect(violations(answered.events)).toEqual([]);
      const reading = readIndependently(recording.response.body);
      const message = foldEvents(answered.events);
      expectSameContent(message, reading);
      expectSameUsage(message, reading.usage);
      expectSignaturesKept(answered, reading);
      const { grounding } = reading;
      const found = message.content.flatMap((b) =>
        b.type === 'web_search_tool_result' && Array.isArray(b.content) ? b.content : [],
      );
      expect(new Set(found.map(({ title }) => title))).toEqual(
        new Set(
          (grounding?.groundingChunks ?? []).map(({ web }: Any) => web.title ?? new URL(web.uri).hostname),
        ),
      );
      const cited = message.content.flatMap((b) => (b.type === 'text' && b.citations ? [b.text.trim()] : []));
      const supported = (grounding?.groundingSupports ?? []).map(({ segment }: Any) => segment.text.trim());
      expect(cited).toEqual(supported);
    });
  }
});
