/** Says whether a key that nobody declared is a declared one in another spelling. */
import { editDistance } from '../../../lib/edit-distance.ts';

const letters = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();

/** `filePath`, `file-path` and `FilePath` for `file_path`. */
export const isOtherCase = (one: string, other: string): boolean =>
  letters(one) !== '' && letters(one) === letters(other);

/** A name that is longer than this is not compared letter by letter. */
const LONGEST = 64;

/** One letter is wrong in a short name, two in a longer one. */
export function isTypo(one: string, other: string): boolean {
  const [a, b] = [letters(one), letters(other)];
  const shorter = Math.min(a.length, b.length);
  const most = shorter < 4 ? 0 : shorter < 8 ? 1 : 2;
  if (Math.max(a.length, b.length) > LONGEST || Math.abs(a.length - b.length) > most) return false;
  return most > 0 && editDistance(a, b) <= most;
}
