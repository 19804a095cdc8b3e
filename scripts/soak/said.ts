/**
 * What the model says to each number. Upstream and clients both know it, so nothing can be lost or doubled unnoticed.
 */

const LONGEST = 40;
const NUMBER = /\bsay (\d+)\b/;

export type Said = { thought: string; pieces: readonly string[]; call: { at: number } | undefined };

export const promptFor = (number: number): string => `say ${number}`;

/** Undefined where `text` asks for no number. */
export function numberIn(text: string): number | undefined {
  const number = NUMBER.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
}

export function saidTo(number: number): Said {
  const length = 1 + (number % LONGEST);
  return {
    thought: number % 3 === 0 ? `thinking of ${number}` : '',
    pieces: Array.from({ length }, (_, index) => `${number}.${index} é✓ `),
    call: number % 4 === 0 ? { at: number } : undefined,
  };
}
