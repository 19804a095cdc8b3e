/** How different two words are, and which known word a misspelt one was meant for. */
/**
 * The number of letters that were added, left out, changed, or swapped with their neighbour between `a` and `b`. For
 * short texts.
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const one = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(swapped ? Math.min(one, (before[j - 2] ?? 0) + 1) : one);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** For this many letters of a word one wrong letter is allowed. */
const LETTERS_A_SLIP = 3;

/** The known word that `word` was probably meant for; undefined where none is similar. Case makes no difference. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const given = word.toLowerCase();
  const near = known
    .map((name) => ({ name, steps: editDistance(given, name.toLowerCase()) }))
    .filter(
      ({ name, steps }) =>
        steps <= Math.ceil(given.length / LETTERS_A_SLIP) ||
        (given !== '' && name.toLowerCase().startsWith(given)),
    );
  return near.sort((a, b) => a.steps - b.steps)[0]?.name;
}

/** Ends a message about an unknown word: with the word that was probably meant, or with all that there are. */
export function hintAt(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  return near === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${near}?`;
}
