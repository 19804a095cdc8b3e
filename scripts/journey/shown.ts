/** What is shown of what commands have said: without what differs from run to run, and without endless lines. */

const WIDEST = 160;

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\bg1:[^"\\]+/g, 'g1:…'],
  [/\b(msg|req|toolu)_\w{20,}/g, '$1_…'],
  [/\b[0-9a-f]{64}\b/g, '…'],
  [/"(clockStart|seed|ms)": \d+/g, '"$1": …'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…'],
  [/"(bun|proxy|sdk)": "[^"]+"/g, '"$1": "…"'],
  [/"responseId\\": \\"[^"\\]+/g, '"responseId\\": \\"…'],
  [/"id\\": \\"[^"\\]+/g, '"id\\": \\"…'],
  [/"id":"call[^"]*"/g, '"id":"…"'],
  [/^(\+?)\[\d+,/gm, '$1[…,'],
  [/ \[[\d.]+m?s\]/g, ''],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:8082'],
];

export const masked = (text: string): string =>
  MASKS.reduce((now, [pattern, instead]) => now.replace(pattern, instead), text);

/** The lines that `keeps` matches; none is longer than a page is wide. */
export const lines = (text: string, keeps = /./): string =>
  text
    .trim()
    .split('\n')
    .filter((line) => keeps.test(line))
    .map((line) => (line.length > WIDEST ? `${line.slice(0, WIDEST)}…` : line).trimEnd())
    .join('\n');

/** Of a run of tests: each result, and why it failed; not where in the file of the tests. */
export function ofTest(text: string): string {
  const shown: string[] = [];
  let isError = false;
  for (const line of masked(text).split('\n')) {
    if (line.startsWith('error: ')) isError = true;
    if (/^\s+at |^\(/.test(line)) isError = false;
    if ((isError && line.trim() !== '') || /^\((?:pass|fail)\)|^ \d+ (?:pass|fail)$/.test(line))
      shown.push(line);
  }
  return lines([...new Set(shown)].join('\n'));
}
