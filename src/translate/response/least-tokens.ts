/**
 * The least number of tokens that a text can have, without a tokenizer. Gemini's tokenizer never joins two words or
 * more than three digits into one token, and needs few tokens for long words and rows of signs. Since the estimate is
 * never too high, no answer within a limit is cut.
 */

/** The most characters of one token. */
const LONGEST = 16;

const PIECES = /\p{L}[\p{L}\p{M}]*|\p{N}{1,3}|[^\p{L}\p{N}]+/gu;
const WORD = /^[\p{L}\p{N}]/u;

/** The least tokens of a piece. A blank between two words counts with the second word. */
function weightOf(piece: string): number {
  if (WORD.test(piece)) return Math.max(1, piece.length / LONGEST);
  return piece === ' ' ? 0 : piece.length / LONGEST;
}

export function leastTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += weightOf(piece);
  return tokens;
}

/**
 * The index at which `tokens` tokens are used up: after a word, or inside of a long word. It is never inside of a
 * character.
 */
export function endOfTokens(text: string, tokens: number): number {
  let left = tokens;
  for (const { 0: piece, index } of text.matchAll(PIECES)) {
    if (left <= 0) return index;
    const weight = weightOf(piece);
    if (weight > left) {
      const isMostOfWord = piece.length <= LONGEST && left >= weight / 2;
      const share = isMostOfWord ? 1 : left / weight;
      return wholeCharacter(text, index + Math.ceil(piece.length * share));
    }
    left -= weight;
  }
  return text.length;
}

const wholeCharacter = (text: string, index: number): number =>
  /^[\uDC00-\uDFFF]/.test(text.slice(index, index + 1)) ? index + 1 : index;
