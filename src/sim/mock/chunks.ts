/**
 * Makes the chunks of an answer's stream, in the form of the model's generation (copied from real streams). Gemini 3
 * and 4 send calls one by one and close with an empty text; 2.5 and older put the end into the last event.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import type { Candidate, GenerateContentResponse, ResponsePart, UsageMetadata } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { PromptBlock, UsageSet } from '../scenario/types.ts';
import type { AnswerParts, Piece } from './answer-parts.ts';
import { issueSignature } from './signing.ts';
import type { PromptCount } from './tokens.ts';

export type ChunkOptions = {
  model: GeminiModel;
  prompt: PromptCount;
  responseId: string;
  /** Identifies the conversation: the same seed gives the same signatures. */
  seed: string;
  /** What comes with the end of the answer: searches, pages, ratings. */
  data?: Partial<Candidate> | undefined;
  /** Counts in place of those that are counted. */
  usage?: UsageSet | undefined;
  /** More fields of the last chunk. */
  more?: JsonObject | undefined;
};

/** A chunk, and the number of tokens that were made for it. The pace depends on that number. */
export type Chunk = { body: GenerateContentResponse; tokens: number };

type EventParts = {
  pieces: Piece[];
  end: Pick<Candidate, 'finishReason' | 'finishMessage' | 'continuationToken'>;
};

const CALLS_MADE = 'Model generated function call(s).';
/** After these an answer has its usual form, however short it is. */
const USUAL_ENDS: readonly string[] = ['STOP', 'MAX_TOKENS', 'CONTINUATION'];

/** The chunks of a stream; at least one. */
export function streamChunks(answer: AnswerParts, options: ChunkOptions): Chunk[] {
  const chunks = toChunks(stepsOf(signPieces(answer.pieces, options), answer, options), answer, options);
  addOthers(
    chunks,
    (answer.others ?? []).map((other) => stepsOf(signPieces(other.pieces, options), other, options)),
  );
  return chunks;
}

/** The one chunk of a whole answer. Texts next to each other are joined to one part. */
export function unaryChunk(answer: AnswerParts, options: ChunkOptions): GenerateContentResponse {
  const wholeOf = (one: AnswerParts): EventParts[] => [
    { pieces: signPieces(joinTexts(one.pieces), options), end: endOf(one, options.model) },
  ];
  const chunks = toChunks(wholeOf(answer), answer, options);
  addOthers(chunks, (answer.others ?? []).map(wholeOf));
  return chunks[0]?.body ?? {};
}

function endOf(
  { pieces, finishReason, finishMessage, token }: AnswerParts,
  model: GeminiModel,
): EventParts['end'] {
  if (token !== undefined) return { finishReason, continuationToken: token };
  if (finishMessage !== undefined) return { finishReason, finishMessage };
  const called = finishReason === 'STOP' && pieces.some((piece) => piece.kind === 'call');
  return { finishReason, ...(called && model.signatures !== 'none' ? { finishMessage: CALLS_MADE } : {}) };
}

/** A text whose signature a scenario sets is a part of its own. */
const isJoined = (piece: Piece): boolean =>
  piece.kind === 'hidden' ||
  ((piece.kind === 'text' || piece.kind === 'thought') && piece.signed === undefined);

function joinTexts(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last?.kind === piece.kind && isJoined(last) && isJoined(piece)) {
      joined.pop();
      const tokens = last.tokens + piece.tokens;
      if (last.kind === 'hidden' || piece.kind === 'hidden') joined.push({ kind: 'hidden', tokens });
      else {
        const text = (last.part.text ?? '') + (piece.part.text ?? '');
        joined.push({ ...last, part: { ...last.part, text }, tokens });
      }
    } else joined.push(piece);
  }
  return joined;
}

/** True for a step of Google's own tools that Google signs: never the result of code, and code only from Gemini 3 on. */
const isSignedStep = ({ toolCall, toolResponse, executableCode }: ResponsePart, required: boolean): boolean =>
  (toolCall ?? toolResponse) !== undefined || (required && executableCode !== undefined);

/** Adds the signatures: where Google would sign, or where the scenario says so of a piece. */
function signPieces(pieces: readonly Piece[], { model, seed }: ChunkOptions): Piece[] {
  const isSignedByGoogle = googlesChoice(pieces, model);
  return pieces.map((piece, index) => {
    if (piece.kind === 'hidden') return piece;
    const signed = piece.signed ?? isSignedByGoogle(piece, index);
    if (signed === false) return piece;
    const thoughtSignature = signed === true ? issueSignature(model, piece.part, seed) : signed;
    return { ...piece, part: { ...piece.part, thoughtSignature } };
  });
}

/**
 * Says which pieces the model signs: the first call, and steps of Google's own tools. In an answer without calls, 2.5
 * signs the first text after thoughts. Later models sign the last part, which `stepsOf` adds.
 */
function googlesChoice(
  pieces: readonly Piece[],
  { signatures }: GeminiModel,
): (piece: Exclude<Piece, { kind: 'hidden' }>, index: number) => boolean {
  const required = signatures === 'required';
  const thought = pieces.some((piece) => piece.kind === 'thought' || piece.kind === 'hidden');
  if (signatures === 'none' || (!required && !thought)) return () => false;
  const call = pieces.findIndex((piece) => piece.kind === 'call');
  const text = pieces.findIndex((piece) => piece.kind === 'text');
  const signed = call >= 0 ? call : required ? -1 : text;
  return (piece, index) =>
    (piece.kind === 'hosted' && isSignedStep(piece.part, required)) || index === signed;
}

function stepsOf(pieces: readonly Piece[], answer: AnswerParts, options: ChunkOptions): EventParts[] {
  const { model, seed } = options;
  const steps: EventParts[] = [];
  let hidden: Piece[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'hidden') {
      hidden.push(piece);
      continue;
    }
    const last = steps.at(-1);
    const joins = piece.kind === 'call' && !model.callIds && last?.pieces.some(({ kind }) => kind === 'call');
    if (joins) last?.pieces.push(piece);
    else steps.push({ pieces: [...hidden, piece], end: {} });
    hidden = [];
  }
  const end = endOf(answer, model);
  const last = steps.at(-1);
  const isUsual = USUAL_ENDS.includes(answer.finishReason);
  if (last && (!model.callIds || isEmptyText(last.pieces.at(-1)))) {
    last.end = end;
    return steps;
  }
  if (!isUsual) return [...steps, { pieces: hidden, end }];
  const called = pieces.some((piece) => piece.kind === 'call');
  const part: ResponsePart = { text: '' };
  if (model.signatures === 'required' && !called) part.thoughtSignature = issueSignature(model, part, seed);
  return [...steps, { pieces: [...hidden, { kind: 'text', part, tokens: 0 }], end }];
}

const isEmptyText = (piece: Piece | undefined): boolean => piece?.kind === 'text' && piece.part.text === '';

function toChunks(steps: readonly EventParts[], answer: AnswerParts, options: ChunkOptions): Chunk[] {
  const counted: Counted = { ...options.prompt, said: 0, thoughts: 0 };
  return steps.map(({ pieces, end }) => {
    let tokens = 0;
    for (const piece of pieces) {
      tokens += piece.tokens;
      if (piece.kind === 'thought' || piece.kind === 'hidden') counted.thoughts += piece.tokens;
      else counted.said += piece.tokens;
    }
    const isLast = end.finishReason !== undefined;
    const candidate = { ...candidateOf(pieces, end, 0), ...(isLast && !answer.isCut ? options.data : {}) };
    const { model, responseId, more } = options;
    const usage = setUsage(counted, options.usage, isLast);
    return {
      tokens,
      body: {
        candidates: [candidate],
        ...(usage ? { usageMetadata: usage } : {}),
        modelVersion: model.id,
        responseId,
        ...(isLast && !answer.isCut ? more : {}),
      },
    };
  });
}

function candidateOf(pieces: readonly Piece[], end: EventParts['end'], index: number): Candidate {
  const parts = pieces.flatMap((piece) => (piece.kind === 'hidden' ? [] : [piece.part]));
  const { finishReason, finishMessage, continuationToken } = end;
  // An answer that Google has stopped, and that says nothing, has no content.
  const isBare = parts.length === 0 && finishReason !== undefined && !USUAL_ENDS.includes(finishReason);
  return {
    ...(isBare ? {} : { content: { parts, role: 'model' } }),
    ...(finishReason === undefined ? {} : { finishReason }),
    index,
    ...(finishMessage === undefined ? {} : { finishMessage }),
    ...(continuationToken === undefined ? {} : { continuationToken }),
  };
}

/** Adds the other candidates: each event of theirs beside one of the first candidate's, the rest beside the last. */
function addOthers(chunks: readonly Chunk[], others: readonly (readonly EventParts[])[]): void {
  for (const [place, steps] of others.entries()) {
    const room = steps.slice(0, chunks.length - 1);
    const rest = steps.slice(room.length);
    const last: EventParts = {
      pieces: rest.flatMap(({ pieces }) => pieces),
      end: rest.at(-1)?.end ?? {},
    };
    const spread = rest.length === 0 ? room : [...room, last];
    for (const [index, { pieces, end }] of spread.entries())
      chunks[index]?.body.candidates?.push(candidateOf(pieces, end, place + 1));
  }
}

/** The counts so far: those of the prompt, and sums from the beginning of the answer. */
type Counted = PromptCount & { said: number; thoughts: number };

/** A count that a scenario sets holds for the last chunk; before it, no count is larger. */
function setUsage(counted: Counted, set: UsageSet | undefined, isLast: boolean) {
  if (set === 'none') return undefined;
  const { prompt = counted.prompt, cached = counted.cached, output, thoughts, toolPrompt, total } = set ?? {};
  const upTo = (count: number, most: number | undefined) =>
    most === undefined ? count : isLast ? most : Math.min(count, most);
  const said = upTo(counted.said, output);
  const thought = upTo(counted.thoughts, thoughts);
  const sum = prompt + said + thought + (toolPrompt ?? 0);
  return usage({ prompt, cached, said, thoughts: thought }, toolPrompt, isLast ? (total ?? sum) : sum);
}

/** The counts, in the order of the wire; zeros are left out. */
function usage({ prompt, cached, said, thoughts }: Counted, toolPrompt: number | undefined, total: number) {
  return {
    promptTokenCount: prompt,
    ...(said > 0 ? { candidatesTokenCount: said } : {}),
    totalTokenCount: total,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(cached > 0 ? { cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cached }] } : {}),
    ...(toolPrompt === undefined ? {} : { toolUsePromptTokenCount: toolPrompt }),
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    serviceTier: 'standard',
  } satisfies UsageMetadata & Record<string, unknown>;
}

/** The one chunk of a prompt that is blocked. Google counts the prompt alone. */
export function blockedChunk(block: PromptBlock, options: ChunkOptions): GenerateContentResponse {
  const { reason, message } = block.blocked;
  const usageMetadata = setUsage({ ...options.prompt, said: 0, thoughts: 0 }, block.usage, true);
  return {
    promptFeedback: {
      blockReason: reason,
      ...(message === undefined ? {} : { blockReasonMessage: message }),
      ...(block.safety ? { safetyRatings: block.safety.map((rating) => ({ ...rating })) } : {}),
    },
    ...(usageMetadata ? { usageMetadata } : {}),
    modelVersion: options.model.id,
    responseId: options.responseId,
  };
}
