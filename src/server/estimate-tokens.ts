/** A rough token count, for when Google cannot be asked. */
import type { GenerateContentRequest } from '../gemini/wire.ts';

/** Google's own rule of thumb. */
const CHARACTERS_PER_TOKEN = 4;
/** An image of ordinary size, or one page of a PDF. */
const TOKENS_PER_MEDIA = 258;

/** Of `body` once it is serialised: without media that is its length, and it need not be parsed again. */
export const estimateBodyTokens = (body: string): number =>
  /"(?:inlineData|fileData)":/.test(body)
    ? estimateTokens(JSON.parse(body) as GenerateContentRequest)
    : tokensOf(body.length, 0);

/** Texts, calls, results and declarations by their length as JSON; media at a flat rate, not by their base64. */
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
