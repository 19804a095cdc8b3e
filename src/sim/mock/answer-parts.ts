/**
 * Makes an answer as Gemini's parts, in the order of the wire. Each part has its number of tokens, and the answer is
 * cut where the request sets a limit.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import type { ResponsePart } from '../../gemini/wire.ts';
import type { Ids } from '../../lib/ports.ts';
import type { ApiRequest } from '../validator/request.ts';
import type { Spoken } from './choose.ts';
import { hostedParts } from './hosted.ts';
import { textTokens } from './tokens.ts';

/** `hidden`: thoughts that are billed but not shown. */
export type Piece =
  | { kind: 'thought' | 'text' | 'call' | 'hosted'; part: ResponsePart; tokens: number }
  | { kind: 'hidden'; tokens: number };

/** `token`: that of the rest, where the answer goes on in another request. */
export type AnswerParts = {
  pieces: Piece[];
  finishReason: 'STOP' | 'MAX_TOKENS' | 'CONTINUATION';
  token?: string;
};

/** The number of characters of one text part: the median of real streams. */
const TEXT_PART = 66;
const CALL_ID_LENGTH = 8;

export function answerParts(answer: Spoken, request: ApiRequest, model: GeminiModel, ids: Ids): AnswerParts {
  const config = request.generationConfig ?? {};
  const thoughts = isThinking(model, request) ? answer.thinking : [];
  const shown = config.thinkingConfig?.includeThoughts === true;
  const stops = config.stopSequences ?? [];
  const stop = firstStop(answer.text, stops);
  const text = stop === undefined ? answer.text : answer.text.slice(0, stop);
  const pieces: Piece[] = [
    ...thoughts.map((thought) => thoughtPiece(thought, shown)),
    ...hostedParts(answer, request, () => ids.next('', CALL_ID_LENGTH).toLowerCase()).map(hostedPiece),
    ...wordGroups(text).map(
      (words): Piece => ({ kind: 'text', part: { text: words }, tokens: textTokens(words) }),
    ),
    ...(stop === undefined ? answer.calls : []).map(({ name, args }): Piece => {
      const id = model.callIds ? { id: ids.next('', CALL_ID_LENGTH).toLowerCase() } : {};
      const tokens = textTokens(name) + textTokens(JSON.stringify(args));
      return { kind: 'call', part: { functionCall: { name, args, ...id } }, tokens };
    }),
  ];
  return cutAt(pieces, config.maxOutputTokens);
}

const hostedPiece = (part: ResponsePart): Piece => {
  const made = part.toolCall?.['args'] ?? part.executableCode?.code ?? '';
  return { kind: 'hosted', part, tokens: textTokens(typeof made === 'string' ? made : JSON.stringify(made)) };
};

/** True where the model shows thoughts. It shows none at its lowest level of thinking, or with a budget of 0. */
export function isThinking({ thinking }: GeminiModel, request: ApiRequest): boolean {
  const { thinkingBudget, thinkingLevel } = request.generationConfig?.thinkingConfig ?? {};
  if (thinking.kind === 'none' || thinkingBudget === 0) return false;
  return thinking.kind === 'budget' || thinkingLevel !== thinking.levels[0]?.toUpperCase();
}

function thoughtPiece(thought: string, shown: boolean): Piece {
  const text = `${thought.trim()}\n\n\n`;
  const tokens = textTokens(text);
  return shown ? { kind: 'thought', part: { text, thought: true }, tokens } : { kind: 'hidden', tokens };
}

function firstStop(text: string, stops: readonly string[]): number | undefined {
  const found = stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
  return found.length > 0 ? Math.min(...found) : undefined;
}

/** Cuts a text into pieces of whole words that join to exactly `text`. */
function wordGroups(text: string): string[] {
  const groups: string[] = [];
  let group = '';
  for (const word of text.match(/\s*\S+|\s+$/g) ?? []) {
    group += word;
    if (group.length < TEXT_PART) continue;
    groups.push(group);
    group = '';
  }
  return group === '' ? groups : [...groups, group];
}

/**
 * Cuts the pieces at the limit. Thoughts count against the limit too, so a small limit may be reached before any text.
 */
function cutAt(pieces: Piece[], limit: number | undefined): AnswerParts {
  let spent = 0;
  const fits = pieces.findIndex((piece) => {
    spent += piece.tokens;
    return limit !== undefined && spent > limit;
  });
  if (fits < 0) return { pieces, finishReason: 'STOP' };
  return { pieces: pieces.slice(0, fits), finishReason: 'MAX_TOKENS' };
}
