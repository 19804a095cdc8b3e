/** Runs upstream bytes through the product's own code: frames, parts, answer. */
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import { type Frame, FrameDecoder } from '../../../src/gemini/frames.ts';
import type { AnswerPlan } from '../../../src/translate/context.ts';
import { toMessagesError } from '../../../src/translate/errors.ts';
import { openReader } from '../../../src/translate/response/open-reader.ts';
import { AnswerStream } from '../../../src/translate/response/stream.ts';
import { ToolNames } from '../../../src/translate/tool-names.ts';
import type { Warning } from '../../../src/translate/warnings.ts';

export type Answered = {
  events: MessageEvent[];
  /** Envelopes by key, as handed to the store. */
  remembered: Map<string, string>;
  warnings: Warning[];
  error: unknown;
};

export function planFor(tools: Iterable<string>, change: Partial<AnswerPlan> = {}): AnswerPlan {
  return {
    requestedModel: 'claude-opus-5-5',
    date: '2026-11-30T09:00:00.000Z',
    thinking: 'shown',
    stopSequences: [],
    maxTokens: 1_000_000,
    parallelCalls: true,
    toolNames: new ToolNames(tools),
    undeclaredCalls: [...tools].length === 0 ? 'refused' : 'asked-again',
    requiredArguments: new Map([...tools].map((name) => [name, []])),
    inputSchema: () => undefined,
    contextWindow: 1_048_576,
    answeredTurn: 'ctx',
    appliedEdits: undefined,
    compactFirst: undefined,
    safeguards: [],
    json: undefined,
    sources: undefined,
    search: undefined,
    code: undefined,
    fetch: undefined,
    callsAreTold: false,
    ...change,
  };
}

/** Frames of `slices`, read as they come. */
export function decodeSlices(slices: Iterable<Uint8Array>): Frame[] {
  const decoder = new FrameDecoder();
  const frames: Frame[] = [];
  for (const slice of slices) frames.push(...decoder.feed(slice));
  frames.push(...decoder.end());
  return frames;
}

/** One attempt, without the loop: an upstream failure ends the answer with an error event. */
export async function answerFrames(
  frames: Iterable<Frame> | AsyncIterable<Frame>,
  plan: AnswerPlan,
): Promise<Answered> {
  const answered: Answered = { events: [], remembered: new Map(), warnings: [], error: undefined };
  const warn = (code: Warning['code'], path: string, detail: string) =>
    answered.warnings.push({ code, path, detail });
  let ids = 0;
  const answer = new AnswerStream({
    plan: () => plan,
    messageId: 'msg_1',
    origin: () => ({ family: 'gemini-3', keyFingerprint: 'test' }),
    newToolId: () => `toolu_${++ids}`,
    newServerToolId: () => `srvtoolu_${++ids}`,
    tellsIterations: false,
    keepFile: () => undefined,
    cacheWritten: () => undefined,
    shown: (text) => text,
    remember: (key, envelope) => answered.remembered.set(key, envelope),
    warn,
  });
  const reader = openReader({ plan, warn, mayAskAgain: () => false, mayGoOn: () => true });
  answered.events.push(...answer.start());
  try {
    for await (const frame of frames) {
      answered.events.push(...answer.push(reader.read(frame)));
      if (reader.finished) return answered;
    }
    answered.events.push(...answer.push(reader.end()));
  } catch (error) {
    answered.error = error;
    answered.events.push(...answer.fail(toMessagesError(error), 'req_1'));
  }
  return answered;
}
