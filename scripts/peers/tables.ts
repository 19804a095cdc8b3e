/** What was found, as tables of Markdown. */
import type { Case } from './cases.ts';
import type { Figures } from './figures.ts';
import type { Grade } from './judge.ts';
import type { Peer } from './peers.ts';
import type { Recorded } from './recordings.ts';

const MARKS: Readonly<Record<Grade['mark'], string>> = { exact: '✓', told: '○', wrong: '✗' };

export const table = (rows: readonly (readonly string[])[]): string =>
  rows
    .flatMap((row, index) => [row, ...(index === 0 ? [row.map(() => '---')] : [])])
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const head = (all: readonly Peer[]) => all.map(({ name, version }) => `${name} ${version}`);
export const cell = (grade: Grade | undefined) => (grade ? `${MARKS[grade.mark]} ${grade.note}`.trim() : '');

export const caseTable = (
  all: readonly Peer[],
  cases: readonly Case[],
  grades: Readonly<Record<string, readonly Grade[]>>,
): string =>
  table([
    ['Google does', 'what is wanted', ...head(all)],
    ...cases.map(({ name, wanted }, index) => [
      name,
      wanted,
      ...all.map((peer) => cell(grades[peer.name]?.[index])),
    ]),
  ]);

const ROWS: readonly [string, (figures: Figures) => string][] = [
  ['installed, MB', ({ installedMegabytes }) => installedMegabytes.toFixed(0)],
  ['start, s', ({ startMs }) => (startMs / 1_000).toFixed(1)],
  ['memory, MB', ({ residentMegabytes }) => residentMegabytes.toFixed(0)],
  ['CPU of a small request, ms', ({ small }) => small.cpuMs.toFixed(1)],
  ['until its first text, ms', ({ small }) => small.firstDeltaMs.toFixed(1)],
  ['CPU of a request with 40 tools, ms', ({ large }) => large.cpuMs.toFixed(1)],
  ['until its first text, ms', ({ large }) => large.firstDeltaMs.toFixed(1)],
];

export const figureTable = (all: readonly Peer[], figures: Readonly<Record<string, Figures>>): string =>
  table([
    ['', ...head(all)],
    ...ROWS.map(([name, tell]) => [
      name,
      ...all.map((peer) => {
        const found = figures[peer.name];
        return found ? tell(found) : '';
      }),
    ]),
  ]);

export const recordingTable = (rows: readonly Recorded[]): string =>
  table([
    ['A stream of Gemini, recorded and replayed', ...rows.map(({ name }) => name)],
    ...Object.keys(rows[0]?.same ?? {}).map((stream) => [
      stream,
      ...rows.map(({ same }) => (same[stream] ? '✓ the same bytes' : '✗ other bytes')),
    ]),
  ]);
