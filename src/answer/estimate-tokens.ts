/** A rough token count, for when Google cannot be asked. */
import type { GenerateContentRequest } from '../gemini/wire.ts';
import { CHARACTERS_PER_TOKEN } from '../translate/response/usage.ts';

/** Tokens of an ordinary image, or of one page of a PDF. */
const TOKENS_PER_MEDIA = 258;

/** Begins a medium. A text that quotes this has its quotation marks escaped. */
const MEDIUM = /"(?:inlineData|fileData)":/g;

/** For a serialised `body`: from its length and that of its media, without parsing it again. */
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
 * Texts, calls, results and declarations count by their length as JSON; each medium counts the same, whatever its
 * base64.
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
