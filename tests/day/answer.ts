/**
 * What is asked and what is answered to it: every piece says which request and which try it belongs to, so that what is lost,
 * doubled or another's can be told exactly.
 */

export type Wish = {
  nonce: string;
  /** Pieces of text. */
  pieces: number;
  /** Pieces of thought before them. */
  thoughts: number;
  /** A call of `report` at the end. */
  call: boolean;
};

export type CallArgs = { nonce: string; attempt: number; note: string };

const WISH = /\bask (r\d+) pieces=(\d+) thoughts=(\d+) call=(yes|no)/g;

export const wishText = ({ nonce, pieces, thoughts, call }: Wish): string =>
  `ask ${nonce} pieces=${pieces} thoughts=${thoughts} call=${call ? 'yes' : 'no'}`;

/** The last one in `text`: those before it are history. */
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

/** Which try of its request a text belongs to, by its own words. */
export function attemptIn(text: string): number | undefined {
  const found = /r\d+\.(\d+)\b/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Tokens. The figures of no two tries are alike. */
export const usageOf = ({ nonce, pieces, thoughts }: Wish, attempt: number) => ({
  promptTokenCount: 1_000 + Number(nonce.slice(1)),
  candidatesTokenCount: 100 * pieces + attempt,
  thoughtsTokenCount: thoughts,
});
