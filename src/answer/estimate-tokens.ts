/** Estimates the number of tokens roughly, for when Google cannot be asked. */
import type { GenerateContentRequest } from '../gemini/wire.ts';
import { CHARACTERS_PER_TOKEN } from '../translate/response/usage.ts';

/** Tokens of an ordinary image, and of one page of a PDF. */
const TOKENS_PER_MEDIA = 258;

/**
 * The beginning of a medium in the serialised body. In a text that quotes these characters the quotation marks are
 * escaped, so the pattern does not match there.
 */
const MEDIUM = /"(?:inlineData|fileData)":/g;

/** Estimates from a serialised `body`: from its length and from the length of its media, without parsing it again. */
export function estimateBodyTokens(body: string): number {
  let characters = body.length;
  let media = 0;
  let end = 0;
  for (const { index } of body.matchAll(MEDIUM)) {
    if (index < end) continue;
    media++;
    end = body.indexOf('}', index) + 1;
    characters -= end - index;
  }
  return tokensOf(characters, media);
}

/**
 * Estimates from a body. Texts, calls, results and declarations count by their length as JSON. Each medium counts the
 * same, however long its base64 is.
 */
export function estimateTokens(body: GenerateContentRequest): number {
  let media = 0;
  const text = JSON.stringify(body, (key, value: unknown) => {
    if (key !== 'inlineData' && key !== 'fileData') return value;
    media++;
    return undefined;
  });
  return tokensOf(text.length, media);
}

const tokensOf = (characters: number, media: number): number =>
  Math.max(1, Math.ceil(characters / CHARACTERS_PER_TOKEN) + media * TOKENS_PER_MEDIA);
