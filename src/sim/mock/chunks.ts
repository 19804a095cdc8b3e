/**
 * Makes the chunks of an answer's stream, in the form of the model's generation (copied from real streams). Gemini 3
 * and 4 send calls one by one and close with an empty text; 2.5 and older put the end into the last event.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import type { Candidate, GenerateContentResponse, ResponsePart, UsageMetadata } from '../../gemini/wire.ts';
import type { AnswerParts, Piece } from './answer-parts.ts';
import { issueSignature } from './signing.ts';
import type { PromptCount } from './tokens.ts';

export type ChunkOptions = {
  model: GeminiModel;
  prompt: PromptCount;
  responseId: string;
  /** Identifies the conversation: the same seed gives the same signatures. */
  seed: string;
  /** What is said of searches and pages at the end of the answer. */
  data?: Partial<Candidate>;
};

/** A chunk, and the number of tokens that were made for it. The pace depends on that number. */
export type Chunk = { body: GenerateContentResponse; tokens: number };

type EventParts = {
  pieces: Piece[];
  end: Pick<Candidate, 'finishReason' | 'finishMessage' | 'continuationToken'>;
};

const CALLS_MADE = 'Model generated function call(s).';

/** The chunks of a stream; at least one. */
export function streamChunks(answer: AnswerParts, options: ChunkOptions): Chunk[] {
  const signed = signPieces(answer.pieces, options);
  return toChunks(stepsOf(signed, answer, options), options);
}

/** The one chunk of a whole answer. Texts next to each other are joined to one part. */
export function unaryChunk(answer: AnswerParts, options: ChunkOptions): GenerateContentResponse {
  const joined = joinTexts(answer.pieces);
  const pieces = signPieces(joined, options);
  const [chunk] = toChunks([{ pieces, end: endOf(answer, options.model) }], options);
  return chunk?.body ?? {};
}

function endOf({ pieces, finishReason, token }: AnswerParts, model: GeminiModel): EventParts['end'] {
  if (token !== undefined) return { finishReason, continuationToken: token };
  const called = finishReason === 'STOP' && pieces.some((piece) => piece.kind === 'call');
  return { finishReason, ...(called && model.signatures !== 'none' ? { finishMessage: CALLS_MADE } : {}) };
}

const isJoined = (piece: Piece): piece is Exclude<Piece, { kind: 'call' | 'hosted' }> =>
  piece.kind !== 'call' && piece.kind !== 'hosted';

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

/** Of what is told of Google's own tools, what code gave is not signed. Before Gemini 3 code is not signed either. */
const isSigned = ({ toolCall, toolResponse, executableCode }: ResponsePart, required: boolean): boolean =>
  (toolCall ?? toolResponse) !== undefined || (required && executableCode !== undefined);

/**
 * Adds the signatures. The first call is signed, and all that is told of Google's own tools. In an answer without calls, 2.5 signs the first text after thoughts,
 * and later models sign the last part.
 */
function signPieces(pieces: readonly Piece[], { model, seed }: ChunkOptions): Piece[] {
  if (model.signatures === 'none') return [...pieces];
  const thought = pieces.some((piece) => piece.kind === 'thought' || piece.kind === 'hidden');
  const call = pieces.findIndex((piece) => piece.kind === 'call');
  const text = pieces.findIndex((piece) => piece.kind === 'text');
  const required = model.signatures === 'required';
  const signed = call >= 0 ? call : required ? -1 : text;
  if (!required && !thought) return [...pieces];
  return pieces.map((piece, index) =>
    (piece.kind === 'hosted' && isSigned(piece.part, required)) ||
    (index === signed && piece.kind !== 'hidden')
      ? { ...piece, part: { ...piece.part, thoughtSignature: issueSignature(model, piece.part, seed) } }
      : piece,
  );
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
  if (!model.callIds && last) {
    last.end = end;
    return steps;
  }
  const called = pieces.some((piece) => piece.kind === 'call');
  const part: ResponsePart = { text: '' };
  if (model.signatures === 'required' && !called) part.thoughtSignature = issueSignature(model, part, seed);
  return [...steps, { pieces: [...hidden, { kind: 'text', part, tokens: 0 }], end }];
}

function toChunks(steps: readonly EventParts[], options: ChunkOptions): Chunk[] {
  let thoughts = 0;
  let said = 0;
  return steps.map(({ pieces, end }) => {
    let tokens = 0;
    const parts: ResponsePart[] = [];
    for (const piece of pieces) {
      tokens += piece.tokens;
      if (piece.kind === 'thought' || piece.kind === 'hidden') thoughts += piece.tokens;
      else said += piece.tokens;
      if (piece.kind !== 'hidden') parts.push(piece.part);
    }
    const { finishReason, finishMessage, continuationToken } = end;
    const candidate: Candidate = {
      content: { parts, role: 'model' },
      ...(finishReason === undefined ? {} : { finishReason }),
      index: 0,
      ...(finishReason === 'STOP' ? options.data : {}),
      ...(finishMessage === undefined ? {} : { finishMessage }),
      ...(continuationToken === undefined ? {} : { continuationToken }),
    };
    return { tokens, body: response(candidate, usage(options.prompt, said, thoughts), options) };
  });
}

function response(
  candidate: Candidate,
  usageMetadata: UsageMetadata,
  options: ChunkOptions,
): GenerateContentResponse {
  const { model, responseId } = options;
  return { candidates: [candidate], usageMetadata, modelVersion: model.id, responseId };
}

/** The counts, in the order of the wire. They are sums from the beginning of the answer; zeros are left out. */
function usage({ prompt, cached }: PromptCount, said: number, thoughts: number) {
  return {
    promptTokenCount: prompt,
    ...(said > 0 ? { candidatesTokenCount: said } : {}),
    totalTokenCount: prompt + said + thoughts,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(cached > 0 ? { cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cached }] } : {}),
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    serviceTier: 'standard',
  } satisfies UsageMetadata & Record<string, unknown>;
}
