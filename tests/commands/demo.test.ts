/** The demo where Claude Code is not installed. With the real one: tests/e2e/demo.test.ts. */
import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withDemo } from '../support/demo.ts';

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
  [['--pace', 'fast'], 2, /expected one of instant, human/],
  [['--list'], 0, /^build-a-small-cli +Build a small/m],
  [['--help'], 0, /bun run demo/],
])('%p ends with %d', async (args, code, text) => {
  await withDemo({ args }, ({ exitCode, output }) => {
    expect(output).toMatch(text);
    expect(exitCode).toBe(code);
  });
});
