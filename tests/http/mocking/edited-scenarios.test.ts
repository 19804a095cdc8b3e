/** Whoever edits a scenario while the mock serves it hears of a slip, also where only errors are logged, as in tests. */
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/lib/ports.ts';
import { hello, startProxy } from '../../support/proxy.ts';

/** Longer than the mock trusts what it has read. */
const LATER_MS = 1_000;

test('a slip in an edited file is an error in the log, and the last good form answers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'edited-'));
  const write = (field: string) =>
    writeFileSync(
      join(folder, 'a.yaml'),
      `name: a\ndescription: d\nrules: [{ name: r, ${field}: From the file. }]`,
    );
  let ahead = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  try {
    write('text');
    await using proxy = await startProxy({ clock, env: { SCENARIOS: folder, LOG_LEVEL: 'ERROR' } });
    const text = async () => (await proxy.send('/v1/messages', hello)).text();
    expect(await text()).toContain('From the file.');
    write('txet');
    ahead += LATER_MS;
    expect(await text()).toContain('From the file.');
    expect(proxy.lines.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(
        /a\.yaml:3: rules\.0\.txet: .+ did you mean text\?.*the last good scenarios stay in use$/,
      ),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
