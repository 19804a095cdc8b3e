/**
 * Takes a request apart into what costs tokens: its texts, and the words that Google puts around them. Google writes
 * declarations, calls and results in a form of its own, so each of their parts costs more than its text.
 */
import { isObject, type Json } from '../../lib/json.ts';
import type { GenerateContentRequest, RequestContent, RequestPart } from '../wire.ts';
import { declarationPieces } from './declaration-pieces.ts';
import { mediumPieces } from './media-pieces.ts';
import type { TakePiece } from './pieces.ts';
import { textTokens } from './text-tokens.ts';

/** Takes what comes before the conversation. */
export function headPieces({ systemInstruction, tools }: GenerateContentRequest, take: TakePiece): void {
  for (const { text } of systemInstruction?.parts ?? []) take('text', textTokens(text));
  for (const { functionDeclarations = [] } of tools ?? [])
    for (const declaration of functionDeclarations) declarationPieces(declaration, take);
}

/** Takes one content. `isPast`: the user has spoken again since then. */
export function contentPieces({ parts }: RequestContent, isPast: boolean, take: TakePiece): void {
  take('content', 1);
  for (const part of parts) partPieces(part, isPast, take);
}

/** The index of the content in which the user spoke last. Results of calls belong to the turn of the model. */
export const lastSpoken = (contents: readonly RequestContent[]): number =>
  contents.findLastIndex(
    ({ role, parts }) => role === 'user' && !parts.some(({ functionResponse }) => functionResponse),
  );

/** Characters. A shorter signature stands in for one that is missing, and for no thoughts. */
const SHORTEST_SIGNATURE = 64;

function partPieces(part: RequestPart, isPast: boolean, take: TakePiece): void {
  const { text, functionCall, functionResponse, inlineData, fileData, thoughtSignature } = part;
  if (text !== undefined) take('text', textTokens(text));
  if (inlineData) mediumPieces(inlineData, take);
  // Nobody knows how long a file behind a URL is.
  if (fileData) take(fileData.mimeType === 'application/pdf' ? 'page' : 'picture', 1);
  if (thoughtSignature !== undefined && thoughtSignature.length >= SHORTEST_SIGNATURE)
    take(isPast ? 'past signature' : 'signature', thoughtSignature.length);
  if (functionCall) {
    take('call', 1);
    take('text', textTokens(functionCall.name));
    valuePieces(functionCall.args ?? {}, take);
  }
  if (functionResponse) {
    take('result', 1);
    take('text', textTokens(functionResponse.name));
    valuePieces(functionResponse.response, take);
    for (const medium of functionResponse.parts ?? []) mediumPieces(medium.inlineData, take);
  }
}

function valuePieces(value: Json, take: TakePiece): void {
  if (Array.isArray(value)) for (const item of value) valuePieces(item, take);
  else if (typeof value === 'string') {
    take('string', 1);
    take('text', textTokens(value));
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      take('member', 1);
      take('text', textTokens(name));
      valuePieces(member as Json, take);
    }
  } else take('text', textTokens(JSON.stringify(value)));
}
