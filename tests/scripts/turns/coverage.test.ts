/** Checks that there is a turn for everything that can come: a new value in one of these tables needs a new case. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildTurn } from '../../../scripts/turns/build.ts';
import { CASES } from '../../../scripts/turns/cases/index.ts';
import { CONTENT_BLOCKS } from '../../../src/anthropic/content.ts';
import { ERROR_STATUS } from '../../../src/anthropic/errors.ts';
import type { StopReason } from '../../../src/anthropic/message.ts';
import type { UpstreamErrorKind } from '../../../src/gemini/errors.ts';
import type { Frame, Repair } from '../../../src/gemini/frames.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { RequestPart, ResponsePart } from '../../../src/gemini/wire.ts';
import { END_KINDS, type RecordedRequest, type UpstreamExchange } from '../../../src/sim/cassette/types.ts';
import { createRedactor } from '../../../src/sim/redact.ts';
import { BLOCK_REASONS, FINISH_REASONS } from '../../../src/translate/response/stop-reason.ts';
import { turnFixtures, turnReadings } from '../../support/turn-fixtures.ts';
import { framesOf } from '../../support/turns/goldens.ts';

const FIXTURES = turnFixtures();
const RECORDED: readonly RecordedRequest[] = FIXTURES.map(({ recorded }) => recorded);
const EXCHANGES: readonly UpstreamExchange[] = RECORDED.flatMap(({ upstream }) => upstream);
const isAnswer = ({ head, request }: UpstreamExchange) =>
  head?.status === 200 && !request.path.endsWith(':countTokens');

const FRAMES: readonly Frame[] = EXCHANGES.filter(isAnswer).flatMap(framesOf);
const CHUNKS = FRAMES.flatMap((frame) => ('chunk' in frame ? [frame.chunk] : []));
const CANDIDATES = CHUNKS.flatMap(({ candidates }) => (Array.isArray(candidates) ? candidates : []));
const PARTS: readonly ResponsePart[] = CANDIDATES.flatMap(({ content }) => content?.parts ?? []);
const SENT = EXCHANGES.filter(({ request }) => /[gG]enerateContent$/.test(request.path)).map(({ request }) =>
  JSON.parse(request.body),
);
const SENT_PARTS: readonly RequestPart[] = SENT.flatMap(({ contents }) =>
  contents.flatMap(({ parts }: { parts: RequestPart[] }) => parts),
);
const ANSWERS = RECORDED.map(({ answer }) => new TextDecoder().decode(answer.bytes));

const missing = (wanted: Iterable<string>, found: Iterable<string | undefined>): string[] => {
  const there = new Set(found);
  return [...wanted].filter((value) => !there.has(value));
};

const hasAny = <T>(items: readonly T[], is: (item: T) => boolean) => items.some(is);

describe('there is a turn for', () => {
  test('every finishReason, an unknown one, and none at all', () => {
    const found = CANDIDATES.map(({ finishReason }) => finishReason);
    const wanted = [...Object.keys(FINISH_REASONS), 'OTHER', 'SOMETHING_NEW', 'FINISH_REASON_UNSPECIFIED'];
    expect(missing(wanted, found)).toEqual([]);
    expect(hasAny(FIXTURES, ({ name }) => name === 'end-missing')).toBe(true);
  });

  test('every reason to block a prompt', () => {
    const found = CHUNKS.map(({ promptFeedback }) => promptFeedback?.blockReason);
    expect(missing([...Object.keys(BLOCK_REASONS), 'OTHER'], found)).toEqual([]);
  });

  test('every member of a part of an answer', () => {
    const members = {
      text: true,
      thought: true,
      thoughtSignature: true,
      functionCall: true,
      functionResponse: true,
      inlineData: true,
      fileData: true,
      executableCode: true,
      codeExecutionResult: true,
      toolCall: true,
      toolResponse: true,
    } satisfies Record<keyof ResponsePart, true>;
    expect(missing(Object.keys(members), PARTS.flatMap(Object.keys))).toEqual([]);
  });

  test.each<[what: string, is: (part: ResponsePart) => boolean]>([
    ['a signed text', (part) => Boolean(part.text && part.thoughtSignature && !part.thought)],
    ['a signed empty text', (part) => part.text === '' && part.thoughtSignature !== undefined],
    ['a signed call', (part) => part.functionCall !== undefined && part.thoughtSignature !== undefined],
    ['an unsigned call', (part) => part.functionCall !== undefined && part.thoughtSignature === undefined],
    ['a signature alone', (part) => Object.keys(part).join() === 'thoughtSignature'],
    ['a call in pieces', (part) => part.functionCall?.partialArgs !== undefined],
    [
      'a call without args',
      (part) => part.functionCall?.name !== undefined && !('args' in part.functionCall),
    ],
    ['a call with an id', (part) => part.functionCall?.id !== undefined],
    [
      'a call without an id',
      (part) => part.functionCall?.args !== undefined && part.functionCall.id === undefined,
    ],
    ['an empty part', (part) => Object.keys(part).length === 0],
  ])('%s', (_what, is) => {
    expect(hasAny(PARTS, is)).toBe(true);
  });

  test('every member of a part of a request that is ever sent', () => {
    const members = {
      text: 'sent',
      inlineData: 'sent',
      // Media by reference is described in words: Google reads few of them.
      fileData: 'never sent',
      functionCall: 'sent',
      functionResponse: 'sent',
      toolCall: 'sent',
      toolResponse: 'sent',
      executableCode: 'sent',
      codeExecutionResult: 'sent',
      thoughtSignature: 'sent',
    } satisfies Record<keyof RequestPart, 'sent' | 'never sent'>;
    const wanted = Object.entries(members).flatMap(([name, fate]) => (fate === 'sent' ? [name] : []));
    expect(missing(wanted, SENT_PARTS.flatMap(Object.keys))).toEqual([]);
  });

  test('the blocks that clients really send', () => {
    const wanted = [
      'text',
      'image',
      'document',
      'thinking',
      'redacted_thinking',
      'tool_use',
      'tool_result',
      'tool_reference',
      'server_tool_use',
      'web_search_tool_result',
    ];
    expect(missing(wanted, Object.keys(CONTENT_BLOCKS))).toEqual([]);
    const bodies = RECORDED.map(({ request }) => request.body);
    expect(wanted.filter((type) => !hasAny(bodies, (body) => body.includes(`"type":"${type}"`)))).toEqual([]);
  });

  test('every way in which upstream can fail', () => {
    const answered = (words: string) => () => hasAny(ANSWERS, (answer) => answer.includes(words));
    const kinds = {
      status: () => hasAny(EXCHANGES, ({ head }) => (head?.status ?? 0) >= 400),
      stream: () => hasAny(FRAMES, ({ kind }) => kind === 'error'),
      unreachable: answered('cannot reach'),
      network: () => hasAny(EXCHANGES, ({ end, head }) => end.kind === 'reset' && head !== undefined),
      timeout: () => hasAny(EXCHANGES, ({ end }) => end.kind === 'timeout'),
      truncated: () =>
        answered('without a finishReason')() && hasAny(FRAMES, ({ kind }) => kind === 'truncated'),
      malformed: answered('sent a broken event'),
      unusable: answered('the model gave an empty answer'),
    } satisfies Record<Exclude<UpstreamErrorKind, 'not-sent'>, () => boolean>;
    expect(Object.entries(kinds).filter(([, isThere]) => !isThere())).toEqual([]);
  });

  test('every status that Google or a front of it answers with', () => {
    const wanted = [400, 401, 402, 403, 404, 408, 409, 413, 429, 499, 500, 502, 503, 504, 529].map(String);
    expect(
      missing(
        wanted,
        EXCHANGES.map(({ head }) => String(head?.status)),
      ),
    ).toEqual([]);
  });

  test('every type of error that a client can be told', () => {
    const wanted = Object.keys(ERROR_STATUS);
    expect(
      wanted.filter((type) => !hasAny(ANSWERS, (answer) => answer.includes(`{"type":"${type}"`))),
    ).toEqual([]);
  });

  test('every stop reason', () => {
    const reasons = {
      end_turn: true,
      max_tokens: true,
      stop_sequence: true,
      tool_use: true,
      refusal: true,
      compaction: true,
      // Nine requests make too large a folder: tests/http/hosted/tool-search.test.ts shows it.
      pause_turn: false,
      model_context_window_exceeded: true,
    } satisfies Record<StopReason, boolean>;
    const wanted = Object.entries(reasons).flatMap(([reason, isShown]) => (isShown ? [reason] : []));
    expect(
      wanted.filter((reason) => !hasAny(ANSWERS, (answer) => answer.includes(`"stop_reason":"${reason}"`))),
    ).toEqual([]);
  });

  test('every kind of frame, and every repair', () => {
    const repairs = {
      'byte-order-mark': true,
      'no-final-blank-line': true,
      'bare-json': true,
      'joined-events': true,
      'broken-event': true,
      'stray-comma': true,
    } satisfies Record<Repair, true>;
    const kinds = {
      content: true,
      usage: true,
      error: true,
      malformed: true,
      truncated: true,
      unknown: true,
    } satisfies Record<Exclude<Frame['kind'], 'oversized'>, true>; // sixteen megabytes are too large for a fixture
    expect(
      missing(
        Object.keys(kinds),
        FRAMES.map(({ kind }) => kind),
      ),
    ).toEqual([]);
    const found = EXCHANGES.flatMap(({ anomalies }) => anomalies);
    expect(
      missing(
        Object.keys(repairs).map((repair) => `repair:${repair}`),
        found,
      ),
    ).toEqual([]);
  });

  test('every way in which a connection ends', () => {
    expect(
      missing(
        END_KINDS,
        EXCHANGES.map(({ end }) => end.kind),
      ),
    ).toEqual([]);
  });

  test('each generation of models that still answers, streamed and whole', () => {
    const families = EXCHANGES.map(({ model }) => modelRow(model).family);
    expect(missing(['gemini-2.5', 'gemini-3', 'gemini-4'], families)).toEqual([]);
    const methods = EXCHANGES.map(({ request }) => /:(\w+)$/.exec(request.path)?.[1]);
    expect(missing(['streamGenerateContent', 'generateContent', 'countTokens'], methods)).toEqual([]);
  });
});

/** The files of a turn that are committed. */
const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());

const MAX_BYTES = 24_000;

describe('the folders', () => {
  test('hold every case of the table', () => {
    const names = turnReadings().map(({ name }) => name);
    expect(missing(Object.keys(CASES), names)).toEqual([]);
  });

  test.each(
    FIXTURES.map(({ name, recorded }) => [name, recorded] as const).filter(([name]) => name in CASES),
  )('%s: is what the table says', (name, recorded) => {
    const made = buildTurn(name, CASES[name] ?? { shows: '' });
    expect(recorded.request).toEqual(made.request);
    expect(recorded.upstream.map(({ reads, end }) => ({ reads, end }))).toEqual(
      made.upstream.map(({ reads, end }) => ({ reads, end })),
    );
  });

  test('say openly that nobody said this, or that somebody changed it', () => {
    expect(RECORDED.filter(({ origin }) => origin === 'live')).toEqual([]);
  });

  test.each(FIXTURES.map(({ name, folder }) => [name, folder] as const))(
    '%s: is small, and holds no secret',
    (_name, folder) => {
      const redactor = createRedactor([]);
      const files = filesOf(folder);
      expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(MAX_BYTES);
      for (const file of files) {
        const text = readFileSync(file, 'utf8');
        expect(redactor.text(text, file, [])).toBe(text);
      }
    },
  );
});
