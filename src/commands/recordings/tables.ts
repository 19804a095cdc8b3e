/** Recordings and recorded requests, as tables for people. */
import { join } from 'node:path';
import { readManifest } from '../../sim/cassette/manifest.ts';
import { listRecording, nameOf } from '../../sim/cassette/read.ts';
import { listFolders, problemOf } from '../../sim/cassette/text-files.ts';
import { type Found, factsOf, type RequestFacts } from './facts.ts';

const MINUTES = 16;

/** By the clock of Greenwich, as in the files. */
export const when = (iso: string): string => iso.slice(0, MINUTES).replace('T', ' ');

const MINUTE_MS = 60_000;
const UNITS = [
  ['d', 24 * 60],
  ['h', 60],
  ['min', 1],
] as const;

/** `3 d`, `5 h`, `0 min`; empty for a date that is none. */
export function age(iso: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(iso)) / MINUTE_MS));
  const unit = UNITS.find(([, length]) => minutes >= length);
  if (Number.isNaN(minutes)) return '';
  return unit ? `${Math.floor(minutes / unit[1])} ${unit[0]}` : '0 min';
}

const GAP = '  ';

/** Cells in columns. The last cell of a row may be as long as it likes. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (wide, row) =>
      row.map((cell, index) => Math.max(cell.length, wide[index] ?? 0)).concat(wide.slice(row.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
}

/** What is known of a thing with a name, or why nothing is. */
type Row = { name: string; cells: readonly string[] } | { name: string; problem: string };

/** A table, with `head` above it where it has rows. What cannot be read stands below it. */
function tableOf(found: readonly Row[], head?: readonly string[]): string[] {
  const rows = found.flatMap((row) => ('cells' in row ? [[row.name, ...row.cells]] : []));
  const bad = found.flatMap((row) =>
    'problem' in row ? [`${row.name}${GAP}cannot be read: ${row.problem}`] : [],
  );
  return [...aligned(head && rows.length > 0 ? [head, ...rows] : rows), ...bad];
}

// ── all recordings ────────────────────────────────────────────────────────────────────────────────────────────

/** The names of the recordings in `folder`. */
export const recordingsIn = (folder: string): string[] => listFolders(folder).map(nameOf);

/** A line for each recording. One that cannot be read says why. */
export const recordingLines = (folder: string, now: number): string[] =>
  tableOf(recordingsIn(folder).map((name) => recordingRow(join(folder, name), name, now)));

function recordingRow(folder: string, name: string, now: number): Row {
  try {
    const { createdAt, backend } = readManifest(folder);
    const requests = listRecording(folder).map(factsOf);
    const clients = new Set(requests.flatMap((found) => ('problem' in found ? [] : [found.client])));
    const bad = requests.filter((found) => 'problem' in found).length;
    const note = bad > 0 ? `, ${bad} of them cannot be read` : '';
    const count = `${requests.length} ${requests.length === 1 ? 'request' : 'requests'}`;
    const times = [when(createdAt), `${age(createdAt, now)} old`];
    return { name, cells: [...times, [...clients].join(', ') || 'no client', backend, `${count}${note}`] };
  } catch (error) {
    return { name, problem: problemOf(error) };
  }
}

// ── the requests of one recording ─────────────────────────────────────────────────────────────────────────────

const HEAD = ['request', 'when (UTC)', 'age', 'client', 'caller', 'status', 'end', 'tries', 'anomalies'];

/** A table of requests. Those that cannot be read stand below it, each with the reason. */
export const requestLines = (found: readonly Found[], now: number): string[] =>
  tableOf(
    found.map((one) => ('problem' in one ? one : requestRow(one, now))),
    HEAD,
  );

function requestRow(facts: RequestFacts, now: number): Row {
  const { name, recordedAt, client, caller, status, end, tries } = facts;
  const times = [when(recordedAt), age(recordedAt, now)];
  const notes = [...anomaliesOf(facts), ...notesOf(facts)].join(', ') || '-';
  return { name, cells: [...times, client, caller, String(status), end, String(tries.length), notes] };
}

export const anomaliesOf = ({ anomalies }: RequestFacts): string[] =>
  Object.entries(anomalies).map(([name, times]) => (times === 1 ? name : `${name} ×${times}`));

export const notesOf = ({ edited, unaccepted, carriedOver }: RequestFacts): string[] => [
  ...listed(
    'edited',
    edited.filter((file) => !unaccepted.includes(file)),
  ),
  ...listed('edited, and not accepted with bun run bless', unaccepted),
  ...(carriedOver
    ? [`from ${carriedOver.from}${carriedOver.differs.length > 0 ? ', sent otherwise' : ''}`]
    : []),
];

const listed = (what: string, files: readonly string[]): string[] =>
  files.length > 0 ? [`${what}: ${files.join(' ')}`] : [];
