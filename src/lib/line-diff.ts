/** What changed between two lists of lines, as people read it. */

/** The number of equal lines that are shown around a difference. */
const CONTEXT = 2;
/** The most cells of the table that is computed. Where it would be larger, all lines in the middle count as changed. */
const MAX_CELLS = 4_000_000;

export type DiffLine = { mark: ' ' | '-' | '+'; text: string };

/** The changed lines as `- was` and `+ is`, with a few equal lines around each change. Empty for equal lists. */
export function lineDiff(was: readonly string[], is: readonly string[]): string[] {
  const lines = aligned(was, is);
  const shown = new Set<number>();
  for (const [index, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    for (let near = index - CONTEXT; near <= index + CONTEXT; near++) shown.add(near);
  }
  const text: string[] = [];
  let skipped = false;
  for (const [index, line] of lines.entries()) {
    if (shown.has(index)) text.push(`${line.mark} ${line.text}`);
    else if (!skipped) text.push('  …');
    skipped = !shown.has(index);
  }
  return shown.size === 0 ? [] : text;
}

/** All lines of both lists in order. */
export function aligned(was: readonly string[], is: readonly string[]): DiffLine[] {
  const least = Math.min(was.length, is.length);
  let start = 0;
  while (start < least && was[start] === is[start]) start++;
  let end = 0;
  while (end < least - start && was.at(-1 - end) === is.at(-1 - end)) end++;
  return [
    ...marked(' ', was.slice(0, start)),
    ...middle(was.slice(start, was.length - end), is.slice(start, is.length - end)),
    ...marked(' ', was.slice(was.length - end)),
  ];
}

const marked = (mark: DiffLine['mark'], texts: readonly string[]): DiffLine[] =>
  texts.map((text) => ({ mark, text }));

/** Compares the lines by their longest common subsequence. */
function middle(was: readonly string[], is: readonly string[]): DiffLine[] {
  if (was.length * is.length > MAX_CELLS) return [...marked('-', was), ...marked('+', is)];
  const lengths = commonLengths(was, is);
  const lines: DiffLine[] = [];
  let [w, i] = [0, 0];
  while (w < was.length || i < is.length) {
    if (w < was.length && i < is.length && was[w] === is[i]) {
      lines.push({ mark: ' ', text: was[w] ?? '' });
      w++;
      i++;
    } else if (i >= is.length || (w < was.length && at(lengths, w + 1, i) >= at(lengths, w, i + 1))) {
      lines.push({ mark: '-', text: was[w++] ?? '' });
    } else {
      lines.push({ mark: '+', text: is[i++] ?? '' });
    }
  }
  return lines;
}

const at = (table: readonly Uint32Array[], row: number, column: number) => table[row]?.[column] ?? 0;

/** A table: cell (w, i) has the number of lines that the rests from there on have in common. */
function commonLengths(was: readonly string[], is: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: was.length + 1 }, () => new Uint32Array(is.length + 1));
  for (let w = was.length - 1; w >= 0; w--) {
    const row = table[w];
    if (!row) continue;
    for (let i = is.length - 1; i >= 0; i--) {
      row[i] =
        was[w] === is[i] ? at(table, w + 1, i + 1) + 1 : Math.max(at(table, w + 1, i), at(table, w, i + 1));
    }
  }
  return table;
}
