/** One answer of Google's on the wire: the pieces, the pauses between them, and how it may break. */
import type { GenerateContentResponse, ResponsePart } from '../../src/gemini/wire.ts';
import type { Random } from '../../src/lib/ports.ts';
import { callArgs, textPieces, thoughtPieces, usageOf, type Wish } from './answer.ts';
import { overloaded } from './google-errors.ts';
import { LATE_TROUBLES, type Trouble } from './script.ts';

/** `cut`: in two reads, the first with so many bytes. */
type Said = { text: string; cut?: number } | { over: 'end' | 'reset' | 'silence' };
/** Comes `ms` after the step before. `silence` lasts until the other side gives up. */
export type Move = { ms: number } & Said;

export type AnswerOptions = {
  wish: Wish;
  attempt: number;
  model: string;
  signature: string;
  trouble: Trouble | undefined;
  random: Random;
};

const frame = (chunk: object) => `data: ${JSON.stringify(chunk)}\r\n\r\n`;
const END: Said = { over: 'end' };
const RESET: Said = { over: 'reset' };
const SILENCE: Said = { over: 'silence' };
const BROKEN: Said = { text: 'data: {"candidates": [{"content": {"parts": [{"te\r\n\r\n' };
/** As it comes inside a stream: without framing. */
const ERROR: Said = { text: JSON.stringify(overloaded().body, null, 2) };

function chunk(
  options: AnswerOptions,
  parts: ResponsePart[],
  finishReason?: string,
): GenerateContentResponse {
  const { model, wish, attempt } = options;
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...(finishReason ? { finishReason } : {}) }],
    ...(finishReason ? { usageMetadata: usageOf(wish, attempt) } : {}),
    modelVersion: model,
    responseId: `${wish.nonce}.${attempt}`,
  };
}

function callPart({ wish, attempt, signature }: AnswerOptions): ResponsePart {
  const call = { id: `${wish.nonce}-${attempt}`, name: 'report', args: callArgs(wish, attempt) };
  return { functionCall: call, thoughtSignature: signature };
}

const thoughtParts = ({ wish, attempt }: AnswerOptions): ResponsePart[] =>
  thoughtPieces(wish, attempt).map((text) => ({ text, thought: true }));

function contentParts(options: AnswerOptions): ResponsePart[] {
  const { wish, attempt } = options;
  const texts = textPieces(wish, attempt).map((text): ResponsePart => ({ text }));
  return wish.call ? [...texts, callPart(options)] : texts;
}

/** The beginning of a call whose arguments never come. */
const halfCall = (options: AnswerOptions): Said => ({
  text: frame(chunk(options, [{ functionCall: { name: 'report', willContinue: true } }])),
});

/** How a broken stream ends: after its thoughts, or in the middle of the text. */
function brokenEnd(trouble: Trouble, options: AnswerOptions): Said[] {
  switch (trouble) {
    case 'reset after thoughts':
    case 'reset in the answer':
      return [RESET];
    case 'silence after thoughts':
    case 'silence in the answer':
      return [SILENCE];
    case 'broken chunk after thoughts':
    case 'broken chunk in the answer':
      return [BROKEN, END];
    case 'error after thoughts':
    case 'error in the answer':
      return [ERROR, END];
    case 'half a call':
      return [halfCall(options), END];
    case 'empty answer':
      return [{ text: frame(chunk(options, [{ text: '' }], 'STOP')) }, END];
    default:
      return [END];
  }
}

/** Sometimes in two reads that are cut anywhere, even inside of a character. */
function perhapsCut(step: { ms: number; text: string }, random: Random): Move {
  if (random.next() > 0.2) return step;
  return { ...step, cut: 1 + Math.floor(random.next() * (Buffer.byteLength(step.text) - 1)) };
}

export function streamMoves(options: AnswerOptions): Move[] {
  const { random, trouble } = options;
  const pause = () => 100 + 20 * Math.round(random.next() * 25);
  const say = (part: ResponsePart) => ({ ms: pause(), text: frame(chunk(options, [part])) });
  const thoughts = thoughtParts(options).map(say);
  const content = contentParts(options).map(say);
  if (trouble !== undefined) {
    // In the middle of the text: one piece has come, and another is missing.
    const isLate = LATE_TROUBLES.some((late) => late === trouble);
    const kept = isLate ? 1 + Math.floor(random.next() * (content.length - 1)) : 0;
    const end = brokenEnd(trouble, options).map((said): Move => ({ ms: pause(), ...said }));
    return [...thoughts, ...content.slice(0, kept), ...end];
  }
  const last = { ms: pause(), text: frame(chunk(options, [{ text: '' }], 'STOP')) };
  return [...thoughts, ...content.map((step) => perhapsCut(step, random)), last, { ms: 0, ...END }];
}

/** A whole answer at once. A break comes in its middle. */
export function unaryMoves(options: AnswerOptions): Move[] {
  const { trouble } = options;
  const parts = trouble === 'empty answer' ? [] : [...thoughtParts(options), ...contentParts(options)];
  const text = JSON.stringify(chunk(options, parts, 'STOP'), null, 2);
  const ms = 1_000 + 400 * parts.length;
  if (trouble === undefined || trouble === 'empty answer')
    return [
      { ms, text },
      { ms: 0, ...END },
    ];
  const end = brokenEnd(trouble, options).findLast((said) => 'over' in said) ?? END;
  return [
    { ms, text: text.slice(0, text.length / 2) },
    { ms: 0, ...end },
  ];
}
