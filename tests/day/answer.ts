/**
 * What is asked and answered. Every piece says to which request and which attempt it belongs, so the judge sees exactly
 * what was lost, doubled or mixed up.
 */

export type Wish = {
  nonce: string;
  /** Pieces of text. */
  pieces: number;
  /** Pieces of thought before the text. */
  thoughts: number;
  /** A call of `report` at the end. */
  call: boolean;
};

export type CallArgs = { nonce: string; attempt: number; note: string };

const WISH = /\bask (r\d+) pieces=(\d+) thoughts=(\d+) call=(yes|no)/g;

export const wishText = ({ nonce, pieces, thoughts, call }: Wish): string =>
  `ask ${nonce} pieces=${pieces} thoughts=${thoughts} call=${call ? 'yes' : 'no'}`;

/** The last request in `text`; earlier ones are history. */
export function readWish(text: string): Wish | undefined {
  const last = [...text.matchAll(WISH)].at(-1);
  if (!last?.[1]) return undefined;
  return { nonce: last[1], pieces: Number(last[2]), thoughts: Number(last[3]), call: last[4] === 'yes' };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

export const textPieces = ({ nonce, pieces }: Wish, attempt: number): string[] =>
  numbers(pieces).map((n) => `[${nonce}.${attempt} piece ${n} of ${pieces}] some words — ü 😀 "${n}".\n`);

export const thoughtPieces = ({ nonce, thoughts }: Wish, attempt: number): string[] =>
  numbers(thoughts).map((n) => `(${nonce}.${attempt} thought ${n} of ${thoughts})\n`);

export const callArgs = ({ nonce }: Wish, attempt: number): CallArgs => ({
  nonce,
  attempt,
  note: `${nonce}.${attempt} "quoted", \\ and ü`,
});

/** The attempt that a text says it belongs to. */
export function attemptIn(text: string): number | undefined {
  const found = /r\d+\.(\d+)\b/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Tokens. No two attempts have the same figures. */
export const usageOf = ({ nonce, pieces, thoughts }: Wish, attempt: number) => ({
  promptTokenCount: 1_000 + Number(nonce.slice(1)),
  candidatesTokenCount: 100 * pieces + attempt,
  thoughtsTokenCount: thoughts,
});
