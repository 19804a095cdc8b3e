/** What holds for Gemini's answers by our rows, and is looked for in what came. */
import { framesIn } from '../../../src/gemini/frames.ts';
import type { GeminiModel } from '../../../src/gemini/models.ts';
import { tokenCounts } from '../../../src/gemini/token-counts.ts';
import type { GenerateContentResponse, ResponsePart } from '../../../src/gemini/wire.ts';
import { isObject } from '../../../src/lib/json.ts';
import type { UpstreamExchange } from '../../../src/sim/cassette/types.ts';

export type Answer = {
  type: string;
  chunks: readonly GenerateContentResponse[];
  parts: readonly ResponsePart[];
  /** The parts that hold a call, and how many of them each event has. */
  calls: readonly ResponsePart[];
  callsOfEvents: readonly number[];
};

export function answerOf({ head, reads }: UpstreamExchange): Answer {
  const frames = framesIn(reads.map(({ bytes }) => bytes));
  const chunks = frames.flatMap((frame) => ('chunk' in frame ? [frame.chunk] : []));
  const partsOfEvents = chunks.map(({ candidates = [] }) =>
    candidates.flatMap(({ content }) => content?.parts ?? []),
  );
  return {
    type: head?.headers['content-type'] ?? '',
    chunks,
    parts: partsOfEvents.flat(),
    calls: partsOfEvents.flat().filter(isCall),
    callsOfEvents: partsOfEvents.map((parts) => parts.filter(isCall).length),
  };
}

const isCall = ({ functionCall }: ResponsePart): boolean => functionCall !== undefined;

/** Says what is not so; undefined where all is as we know it. */
type Rule = (answer: Answer, model: GeminiModel) => string | undefined;

const ends = ({ chunks }: Answer): string[] =>
  chunks.flatMap(({ candidates = [] }) => candidates.flatMap(({ finishReason }) => finishReason ?? []));

const usages = ({ chunks }: Answer) => chunks.map(({ usageMetadata = {} }) => usageMetadata);

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
  (answer) => {
    const texts = usages(answer).flatMap((usage) =>
      Object.entries(usage).filter(([name, value]) => name.endsWith('Count') && typeof value !== 'number'),
    );
    const [first] = texts;
    return first && `${first[0]} is a ${typeof first[1]}, not a number`;
  },
  ({ chunks }) => {
    const roles = chunks.flatMap(({ candidates = [] }) =>
      candidates.flatMap(({ content }) => content?.role ?? []),
    );
    const other = roles.find((role) => role !== 'model');
    return other && `answers have the role ${other}`;
  },
  (answer) => {
    const usage = usages(answer).at(-1) ?? {};
    const counts = tokenCounts(usage) ?? {};
    const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount } = counts;
    const terms = [promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount];
    const sum = terms.reduce<number>((all, term = 0) => all + term, 0);
    return sum === (counts.totalTokenCount ?? 0)
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

const CALL_ID = /^[A-Za-z0-9]{8}$/;
const CALLS_MADE = 'Model generated function call(s).';

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
  ({ calls }) => {
    const odd = calls.flatMap(({ functionCall }) => functionCall?.id ?? []).find((id) => !CALL_ID.test(id));
    return odd && `the id of a call is not of 8 letters and digits: ${odd}`;
  },
  ({ callsOfEvents, calls }, { callIds }) => {
    const most = Math.max(...callsOfEvents, 0);
    if (callIds) return most > 1 ? 'one event has several calls' : undefined;
    return most < calls.length ? 'the calls come in several events' : undefined;
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
  ({ chunks }, { signatures }) => {
    const [said] = chunks.flatMap(({ candidates = [] }) =>
      candidates.flatMap(({ finishMessage }) => finishMessage ?? []),
    );
    if (signatures === 'none' || said === CALLS_MADE) return undefined;
    return `the finishMessage of calls is ${said === undefined ? 'missing' : JSON.stringify(said)}`;
  },
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
