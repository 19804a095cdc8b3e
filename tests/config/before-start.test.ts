/** What must be set before the runtime starts, wherever it is started. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import ownPackage from '../../package.json' with { type: 'json' };
import { BEFORE_START } from '../../src/config/before-start.ts';

const ROWS = Object.entries(BEFORE_START);

test.each(ROWS)('%s is set by each script that serves', (name, value) => {
  for (const script of ['start', 'dev', 'mock', 'record', 'replay'] as const)
    expect(ownPackage.scripts[script]).toContain(` ${name}=${value} `);
});

test.each(ROWS)("%s is set by the npm package's bin", async (name, value) => {
  const bin = await Bun.file(join(import.meta.dir, '../../bin/find-bun.cjs')).text();
  expect(bin).toContain(`${name}: '${value}'`);
});
