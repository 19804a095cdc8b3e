/** Replaces text in a body that came in several reads. A match may begin in one read and end in another. */
import type { Read } from './cassette/types.ts';

/**
 * Returns the same number of reads. A replacement that belongs to several reads is put into the first of them.
 * `pattern` is global, and matches ASCII only.
 */
export function replaceInReads(
  reads: readonly Read[],
  pattern: RegExp,
  replace: (found: string) => string,
): readonly Read[] {
  const joined = Buffer.concat(reads.map(({ bytes }) => bytes)).toString('latin1');
  const found = [...joined.matchAll(pattern)].map(({ 0: old, index }) => ({
    start: index,
    end: index + old.length,
    text: replace(old),
  }));
  if (found.length === 0) return reads;
  let start = 0;
  let next = 0;
  return reads.map(({ ms, bytes }) => {
    const end = start + bytes.length;
    let text = '';
    let at = start;
    for (let one = found[next]; one && one.start < end; one = found[next]) {
      if (one.start >= start) text += joined.slice(at, one.start) + one.text;
      at = Math.min(one.end, end);
      if (one.end > end) break;
      next++;
    }
    text += joined.slice(at, end);
    start = end;
    return { ms, bytes: new Uint8Array(Buffer.from(text, 'latin1')) };
  });
}
