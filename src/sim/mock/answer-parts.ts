/**
 * Makes an answer as Gemini's parts, in the order of the wire. Each part has its number of tokens, and the answer is
 * cut where the request sets a limit.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import type { ResponsePart } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Ids } from '../../lib/ports.ts';
import type { Ending, Signed } from '../scenario/types.ts';
import type { ApiRequest } from '../validator/request.ts';
import type { Spoken, SpokenPart } from './choose.ts';
import { hostedParts } from './hosted.ts';
import { textTokens } from './tokens.ts';

/** `hidden`: thoughts that are billed but not shown. `signed`: what a scenario says of the signature. */
export type Piece =
  | {
      kind: 'thought' | 'text' | 'call' | 'hosted' | 'exact';
      part: ResponsePart;
      tokens: number;
      signed?: Signed;
    }
  | { kind: 'hidden'; tokens: number };

export type AnswerParts = {
  pieces: Piece[];
  finishReason: string;
  finishMessage?: string;
  /** The token of the rest, where the answer goes on in another request. */
  token?: string;
  /** The answer was cut, so that what belongs to its end does not come. */
  isCut?: true;
  /** Candidates beside the first. */
  others?: readonly { pieces: Piece[]; finishReason: string; finishMessage?: string }[];
};

/** The number of characters of one text part: the median of real streams. */
const TEXT_PART = 66;
const CALL_ID_LENGTH = 8;
/** What Google bills for a picture of an answer. */
const PICTURE_TOKENS = 1_290;

type Making = { request: ApiRequest; model: GeminiModel; ids: Ids };

export function answerParts(answer: Spoken, request: ApiRequest, model: GeminiModel, ids: Ids): AnswerParts {
  const making = { request, model, ids };
  const config = request.generationConfig ?? {};
  const said = beforeStop(answer.parts, config.stopSequences ?? []);
  const opening = said.findIndex(({ kind }) => kind !== 'thought');
  const head = opening < 0 ? said : said.slice(0, opening);
  const pieces = [
    ...head.flatMap((part) => piecesOf(part, making)),
    ...hostedParts(answer, request, () => newCallId(ids)).map(hostedPiece),
    ...said.slice(head.length).flatMap((part) => piecesOf(part, making)),
  ];
  const others = answer.candidates?.map(({ parts, finish }) => ({
    pieces: parts.flatMap((part) => piecesOf(part, making)),
    ...ended(finish),
  }));
  const whole = { pieces, ...ended(answer.finish ?? { reason: 'STOP' }), ...(others ? { others } : {}) };
  return cutAt(whole, config.maxOutputTokens);
}

const ended = ({ reason, message }: Ending) => ({
  finishReason: reason,
  ...(message === undefined ? {} : { finishMessage: message }),
});

const newCallId = (ids: Ids): string => ids.next('', CALL_ID_LENGTH).toLowerCase();

function piecesOf(said: SpokenPart, { request, model, ids }: Making): Piece[] {
  const signed = said.signed === undefined ? {} : { signed: said.signed };
  switch (said.kind) {
    case 'thought':
      return isThinking(model, request)
        ? [{ ...thoughtPiece(said.text, showsThoughts(request)), ...signed }]
        : [];
    case 'text': {
      const groups = wordGroups(said.text);
      // A signature belongs to the last part of a text.
      return groups.map((words, index) => ({
        kind: 'text',
        part: { text: words },
        tokens: textTokens(words),
        ...(index === groups.length - 1 ? signed : {}),
      }));
    }
    case 'call': {
      const { name, args } = said.call;
      const id = model.callIds ? { id: newCallId(ids) } : {};
      const tokens = textTokens(name) + textTokens(JSON.stringify(args) ?? '');
      // A scenario may have arguments that are no object.
      const given = args === undefined ? {} : { args: args as JsonObject };
      return [{ kind: 'call', part: { functionCall: { name, ...given, ...id } }, tokens, ...signed }];
    }
    case 'exact': {
      const tokens = 'inlineData' in said.part ? PICTURE_TOKENS : textTokens(JSON.stringify(said.part));
      return [{ kind: 'exact', part: said.part as ResponsePart, tokens, ...signed }];
    }
  }
}

const showsThoughts = ({ generationConfig }: ApiRequest): boolean =>
  generationConfig?.thinkingConfig?.includeThoughts === true;

/** The parts up to the first stop sequence in a text. */
function beforeStop(parts: readonly SpokenPart[], stops: readonly string[]): readonly SpokenPart[] {
  for (const [index, part] of parts.entries()) {
    const stop = part.kind === 'text' ? firstStop(part.text, stops) : undefined;
    if (part.kind !== 'text' || stop === undefined) continue;
    const before = parts.slice(0, index);
    return stop === 0 ? before : [...before, { ...part, text: part.text.slice(0, stop) }];
  }
  return parts;
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

/** Cuts a text into pieces of whole words that join to exactly `text`. An empty text is one piece. */
function wordGroups(text: string): string[] {
  const groups: string[] = [];
  let group = '';
  for (const word of text.match(/\s*\S+|\s+$/g) ?? []) {
    group += word;
    if (group.length < TEXT_PART) continue;
    groups.push(group);
    group = '';
  }
  return group === '' && groups.length > 0 ? groups : [...groups, group];
}

/**
 * Cuts the pieces at the limit. Thoughts count against the limit too, so a small limit may be reached before any text.
 */
function cutAt(whole: AnswerParts, limit: number | undefined): AnswerParts {
  let spent = 0;
  const fits = whole.pieces.findIndex((piece) => {
    spent += piece.tokens;
    return limit !== undefined && spent > limit;
  });
  if (fits < 0) return whole;
  return { pieces: whole.pieces.slice(0, fits), finishReason: 'MAX_TOKENS', isCut: true };
}
