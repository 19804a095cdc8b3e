/** The demo where Claude Code is not installed. With the real one: tests/e2e/demo.test.ts. */
import { expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDemo } from '../support/programs/demo.ts';

test('without Claude Code it says how to get it, and does the task with a client of its own', async () => {
  await withDemo({ args: [] }, ({ exitCode, output, project }) => {
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toContain('npm install -g @anthropic-ai/claude-code');
    expect(readdirSync(project).sort()).toEqual(['README.md', 'tally.sh', 'test.sh']);
    expect(output).toContain('made       README.md, tally.sh, test.sh');
    expect(output).toMatch(/requests +6 by the client, 6 upstream/);
  });
});

test('a flaky network costs attempts, and nothing else', async () => {
  await withDemo(
    { args: ['--scenario', 'flaky-network', '--client', 'scripted'] },
    ({ exitCode, output, project }) => {
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
      expect(readdirSync(project).sort()).toEqual(['README.md', 'tally.sh', 'test.sh']);
      expect(output).toMatch(/faults +7 \(reset byte=0, slices, jitter for=120ms, cut frame=1, http-503/);
      expect(output).toMatch(/retries +3 by the proxy/);
      expect(output).toContain('told: 2 (overloaded_error, overloaded_error)');
    },
  );
});

test('files of the scenario lie there before, and what became of them is told', async () => {
  await withDemo({ args: ['--scenario', 'fix-a-failing-test'] }, ({ exitCode, output, project }) => {
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toContain('changed    slug.sh');
    expect(readFileSync(join(project, 'slug.sh'), 'utf8')).toContain('tr -cs');
  });
});

test.each([
  [['--scenario', 'nope'], 2, /no scenario is called nope; there are flaky-network/],
  [['--client', 'browser'], 2, /--client: expected claude or scripted/],
  [['--pace', 'fast'], 2, /--pace: expected human or instant, got fast/],
  [['--sceanrio', 'x'], 2, /--sceanrio: there is no such flag; did you mean --scenario\?/],
  [['--list'], 0, /^build-a-small-cli +Build a small/m],
  [['--help'], 0, /bun run demo/],
])('%p ends with %d', async (args, code, text) => {
  await withDemo({ args }, ({ exitCode, output }) => {
    expect(output).toMatch(text);
    expect(exitCode).toBe(code);
  });
});

test('a folder with work in it is left alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'));
  await Bun.write(join(folder, 'project/tally.sh'), 'mine');
  await withDemo({ args: ['--folder', folder] }, ({ exitCode, output }) => {
    expect(output).toContain(`--folder: ${join(folder, 'project')} is not empty`);
    expect(exitCode).toBe(2);
  });
  expect(readFileSync(join(folder, 'project/tally.sh'), 'utf8')).toBe('mine');
  rmSync(folder, { recursive: true });
});
