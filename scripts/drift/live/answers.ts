/** What holds for Gemini's answers by our rows, and is looked for in what came. */
import { FrameDecoder } from '../../../src/gemini/frames.ts';
import type { GeminiModel } from '../../../src/gemini/models.ts';
import type { GenerateContentResponse, ResponsePart } from '../../../src/gemini/wire.ts';
import { isObject } from '../../../src/lib/json.ts';
import type { UpstreamExchange } from '../../../src/sim/cassette/types.ts';

export type Answer = {
  type: string;
  chunks: readonly GenerateContentResponse[];
  parts: readonly ResponsePart[];
  /** The parts that hold a call. */
  calls: readonly ResponsePart[];
};

export function answerOf({ head, reads }: UpstreamExchange): Answer {
  const decoder = new FrameDecoder();
  const frames = [...reads.flatMap(({ bytes }) => decoder.feed(bytes)), ...decoder.end()];
  const chunks = frames.flatMap((frame) => ('chunk' in frame ? [frame.chunk] : []));
  const parts = chunks.flatMap(({ candidates = [] }) =>
    candidates.flatMap(({ content }) => content?.parts ?? []),
  );
  const calls = parts.filter(({ functionCall }) => functionCall !== undefined);
  return { type: head?.headers['content-type'] ?? '', chunks, parts, calls };
}

/** Says what is not so; undefined where all is as we know it. */
type Rule = (answer: Answer, model: GeminiModel) => string | undefined;

const ends = ({ chunks }: Answer): string[] =>
  chunks.flatMap(({ candidates = [] }) => candidates.flatMap(({ finishReason }) => finishReason ?? []));

const countOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** The rules for every answer. */
const ANSWER_RULES: readonly Rule[] = [
  ({ type }) => (type.startsWith('text/event-stream') ? undefined : `a stream comes as ${type || 'nothing'}`),
  (answer) => (ends(answer).length === 1 ? undefined : `${ends(answer).length} events have a finishReason`),
  ({ chunks }) => {
    const many = chunks.find(({ candidates = [] }) => candidates.length > 1);
    return many && `an event has ${many.candidates?.length} candidates`;
  },
  ({ chunks }) =>
    chunks.every(({ usageMetadata }) => usageMetadata !== undefined)
      ? undefined
      : 'not every event has usageMetadata',
  ({ chunks }) => {
    const { usageMetadata: usage = {} } = chunks.at(-1) ?? {};
    const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount } = usage;
    const terms = [promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount];
    const sum = terms.reduce<number>((all, term) => all + countOf(term), 0);
    return sum === countOf(usage.totalTokenCount)
      ? undefined
      : 'totalTokenCount is not the sum of prompt, thoughts, answer and tools';
  },
  ({ chunks }) =>
    new Set(chunks.map(({ responseId }) => responseId)).size === 1
      ? undefined
      : 'the events have not one responseId',
  ({ chunks }, { id }) => {
    const other = chunks.find(({ modelVersion }) => modelVersion !== id);
    return other && `answers come from ${other.modelVersion ?? 'a model without a name'}`;
  },
];

/** The rules for an answer with calls. */
const CALL_RULES: readonly Rule[] = [
  ({ calls }) =>
    calls.every(({ functionCall }) => isObject(functionCall)) ? undefined : 'a functionCall is no object',
  ({ calls }, { callIds }) => {
    const has = calls.map(({ functionCall }) => functionCall?.id !== undefined);
    if (callIds) return has.every(Boolean) ? undefined : 'calls have no id';
    return has.some(Boolean) ? 'calls have an id, and need none by our row' : undefined;
  },
  ({ calls }) => {
    const ids = calls.flatMap(({ functionCall }) => functionCall?.id ?? []);
    return new Set(ids).size === ids.length ? undefined : 'two calls of one answer have the same id';
  },
  ({ calls }) =>
    calls.every(({ functionCall: { args = {} } = {} }) => isObject(args))
      ? undefined
      : 'the arguments of a call are no object',
  ({ calls }) =>
    calls.some(({ functionCall }) => functionCall?.partialArgs ?? functionCall?.willContinue)
      ? 'a call comes in pieces'
      : undefined,
  ({ calls: [first] }, { signatures }) =>
    signatures === 'required' && !first?.thoughtSignature ? 'the first call has no signature' : undefined,
  ({ calls: [, ...others] }) =>
    others.some(({ thoughtSignature }) => thoughtSignature)
      ? 'parallel calls behind the first one have signatures'
      : undefined,
  (answer) => {
    const [end] = ends(answer);
    return end === 'STOP' ? undefined : `an answer with calls ends with ${end}`;
  },
];

/** The rules for an answer of text. */
const TEXT_RULES: readonly Rule[] = [
  ({ parts, calls }, { signatures }) =>
    calls.length === 0 && signatures === 'required' && !parts.at(-1)?.thoughtSignature
      ? 'the last part of a text has no signature'
      : undefined,
];

const RULES = {
  calls: [...ANSWER_RULES, ...CALL_RULES],
  results: [...ANSWER_RULES, ...TEXT_RULES],
  text: [...ANSWER_RULES, ...TEXT_RULES],
} satisfies Record<string, readonly Rule[]>;

export const brokenRules = (kind: keyof typeof RULES, answer: Answer, model: GeminiModel): string[] =>
  RULES[kind].flatMap((rule) => {
    const wrong = rule(answer, model);
    return wrong === undefined ? [] : [`${model.id}: ${wrong}`];
  });
