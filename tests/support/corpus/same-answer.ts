/** Compares an answer of the proxy with the independent reading of the recorded body that it was made from. */
import { expect } from 'bun:test';
import type { AnswerMessage } from '../../../src/anthropic/message.ts';
import type { Recording } from './corpus.ts';
import type { Reading } from './independent-reading.ts';

const REFUSALS = new Set(['SAFETY', 'RECITATION', 'MODEL_ARMOR']);
/** After any other finish reason there is no usable answer: the result must be an error, never an end like any other. */
const USABLE = new Set(['STOP', 'MAX_TOKENS', ...REFUSALS]);

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Any = any;

export function declaredTools(recording: Recording, reading: Reading): string[] {
  const tools: Any[] = [recording.request.body?.tools ?? []].flat();
  const names = tools.flatMap((tool) =>
    (tool.functionDeclarations ?? tool.function_declarations ?? []).map(
      (declaration: Any) => declaration.name,
    ),
  );
  // Where the request was not recorded, the answer's own calls are taken as declared.
  return recording.request.body ? names : reading.calls.map((call) => call.name);
}

/** By the independent reading: why this answer must end in an error; undefined where it must be complete. */
export function mustFail(reading: Reading, tools: readonly string[]): string | undefined {
  if (reading.error) return 'an error object';
  if (reading.broken) return 'broken JSON';
  if (reading.blocked) return undefined;
  if (!reading.finish) return 'no finishReason';
  const undeclared = reading.calls.some((call) => !tools.includes(call.name));
  if (undeclared && tools.length === 0) return 'a call where no tools are declared';
  if (!USABLE.has(reading.finish) && !(undeclared && reading.finish === 'UNEXPECTED_TOOL_CALL'))
    return reading.finish;
  const shown = reading.calls.length + reading.text.length + reading.code.length + reading.media;
  const empty = shown === 0;
  if (empty && reading.finish !== 'MAX_TOKENS' && !REFUSALS.has(reading.finish)) return 'an empty answer';
  return undefined;
}

const MEDIA_IN_WORDS = /\n\[Gemini answered with a [^\]]*\]\n/g;

export const textOf = (message: AnswerMessage) =>
  message.content.map((b) => (b.type === 'text' ? b.text : '')).join('');
export const thoughtsOf = (message: AnswerMessage) =>
  message.content.map((b) => (b.type === 'thinking' ? b.thinking : '')).join('');
export const callsOf = (message: AnswerMessage) =>
  message.content.flatMap((b) => (b.type === 'tool_use' ? [{ name: b.name, args: b.input as unknown }] : []));

export function expectSameContent(message: AnswerMessage, reading: Reading): void {
  expect(thoughtsOf(message)).toBe(reading.thoughts);
  expect(callsOf(message)).toEqual(reading.calls);
  // Words about media stand between line breaks of their own.
  const told = textOf(message).matchAll(MEDIA_IN_WORDS).toArray();
  expect(told).toHaveLength(reading.media);
  if (reading.code.length === 0) expect(textOf(message).replaceAll(MEDIA_IN_WORDS, '')).toBe(reading.text);
  let at = 0;
  for (const code of reading.code) {
    const found = textOf(message).indexOf(code, at);
    expect(found).toBeGreaterThanOrEqual(0);
    at = found;
  }
}

export function expectSameUsage(message: AnswerMessage, usage: Any = {}): void {
  const cached = usage.cachedContentTokenCount ?? 0;
  expect(message.usage.cache_read_input_tokens).toBe(cached);
  expect(message.usage.input_tokens).toBe(
    (usage.promptTokenCount ?? 0) - cached + (usage.toolUsePromptTokenCount ?? 0),
  );
  expect(message.usage.output_tokens).toBe(
    (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
  );
  expect(message.usage.output_tokens_details.thinking_tokens).toBe(usage.thoughtsTokenCount ?? 0);
}

export function expectSameEnd(message: AnswerMessage, reading: Reading): void {
  if (reading.blocked || REFUSALS.has(reading.finish ?? '')) {
    expect(message.stop_reason).toBe('refusal');
    expect(message.stop_details?.explanation).toBeTruthy();
  } else if (reading.finish === 'MAX_TOKENS') expect(message.stop_reason).toBe('max_tokens');
  else expect(message.stop_reason).toBe(reading.calls.length > 0 ? 'tool_use' : 'end_turn');
}
