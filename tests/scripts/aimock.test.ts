/** The table beside aimock has a row for each probe, and no other; and the probes can tell good from bad. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBES } from '../../scripts/aimock/probes.ts';
import { aimockPage } from '../../scripts/aimock/table.ts';
import type { Grade } from '../../scripts/peers/judge.ts';

const PAGE = readFileSync(join(import.meta.dir, '../../docs/aimock.md'), 'utf8');
const probes = PROBES.flatMap(([, all]) => all);

type Row = { id: string; wanted: string; results: string[] };

const rowsOf = (page: string): Row[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [id = '', wanted = '', ...results] = line.slice(2, -2).split(' | ');
      return { id: id.replaceAll('`', ''), wanted, results };
    });

describe('docs/aimock.md (bun scripts/compare-aimock.ts)', () => {
  test('has a row for each probe, in the same words and order', () => {
    const rows = rowsOf(PAGE).map(({ id, wanted }) => ({ id, wanted }));
    expect(rows).toEqual(probes.map(({ id, wanted }) => ({ id, wanted })));
  });

  test.each(rowsOf(PAGE))('$id was tried on both', ({ results }) => {
    expect(results).toEqual([expect.stringMatching(/^[✓○✗]/), expect.stringMatching(/^[✓○✗]/)]);
  });

  test('names each probe once', () => {
    expect(new Set(probes.map(({ id }) => id)).size).toBe(probes.length);
  });

  test('is written with whatever was found', () => {
    const grade: Grade = { mark: 'told', note: '3 of 4' };
    const grades = Object.fromEntries(probes.map(({ id }) => [id, [grade, grade]]));
    const subjects = [
      { name: 'one', version: '1' },
      { name: 'other', version: '2' },
    ];
    const page = aimockPage('2026-01-02', subjects, PROBES, grades);
    expect(page).toContain('on 2026-01-02');
    expect(rowsOf(page).map(({ results }) => results)).toEqual(probes.map(() => ['○ 3 of 4', '○ 3 of 4']));
  });
});
