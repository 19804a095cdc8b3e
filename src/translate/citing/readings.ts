/**
 * How characters are read when the words of a quotation are compared with a source. Models change what does not change
 * the words: the kind of quotation marks and dashes, how white space is broken, whether an accent is a character of its
 * own.
 */

export type Reading = {
  /** What a character counts as: no, one or several UTF-16 units. */
  of(codePoint: number): string;
  /** The same for a UTF-16 unit that counts as one unit, as soon as that is known; 0 for all others. */
  readonly single: Uint16Array;
};

const SAME: readonly (readonly [characters: RegExp, as: string])[] = [
  [/\s|\p{Z}/u, ' '],
  // Invisible characters: soft hyphens, joiners, marks of direction.
  [/\p{Cf}/u, ''],
  [/[\u2018-\u201b\u2032\u00b4]/, "'"],
  [/[\u201c-\u201f\u2033\u00ab\u00bb]/, '"'],
  [/\p{Pd}|\u2212/u, '-'],
];

/** An accent that stands alone (`¨`) is a sign, though Unicode takes it apart into a space and an accent. */
const SPACED_ACCENT = /^ ./;

function typographic(character: string): string {
  const same = SAME.find(([characters]) => characters.test(character));
  if (same) return same[1];
  const apart = character.normalize('NFKD');
  return SPACED_ACCENT.test(apart) ? character : apart;
}

/**
 * Letters and digits alone. The text layer of a PDF breaks words at the ends of lines, and its spaces and marks are
 * seldom those of the page.
 */
const lettersAndDigits = (character: string): string =>
  character
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

/** Half of a character of two units: alone it counts as itself, in a pair the pair counts. */
const isHalf = (codePoint: number): boolean => codePoint >= 0xd800 && codePoint <= 0xdfff;

/** `read`, asked once for each character. */
function remembered(read: (character: string) => string): Reading {
  const known = new Map<number, string>();
  const single = new Uint16Array(0x10000);
  return {
    single,
    of(codePoint) {
      const before = known.get(codePoint);
      if (before !== undefined) return before;
      const reading = read(String.fromCodePoint(codePoint));
      known.set(codePoint, reading);
      if (reading.length === 1 && codePoint < single.length && !isHalf(codePoint))
        single[codePoint] = reading.charCodeAt(0);
      return reading;
    },
  };
}

export const READINGS = {
  text: remembered(typographic),
  pages: remembered(lettersAndDigits),
} as const satisfies Readonly<Record<string, Reading>>;
