/** `bun run demo` with the real Claude Code: the task ends well and leaves its files, over a good network and a bad one. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installClaudeCode, requireE2e } from '../support/clients/claude-code.ts';
import { type DemoRun, withDemo } from '../support/programs/demo.ts';

const VERSION = '2.1.330';
const RUN_MS = 120_000;

const installed = await installClaudeCode(VERSION);
if (!installed.ok && requireE2e) throw new Error(`Claude Code ${VERSION}: ${installed.reason}`);
if (!installed.ok) console.warn(`skipped: the demo with Claude Code ${VERSION} (${installed.reason})`);
const claude = installed.ok ? dirname(installed.path) : '';

const demo = (args: string[], look: (run: DemoRun) => void) => withDemo({ args, claude }, look);

const expectWell = ({ exitCode, output }: DemoRun) => {
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  expect(output).toContain(`Claude Code ${VERSION}`);
};

describe.skipIf(!installed.ok)('the demo', () => {
  test.each([
    ['build-a-small-cli', /faults +0\n/, /told: 0\n/],
    ['flaky-network', /faults +7 /, /told: 2 \(overloaded_error, overloaded_error\)/],
    [
      'rate-limited-day',
      /refusals +4 \(429, 429, 503, 500\)/,
      /told: 2 \(rate_limit_error, rate_limit_error\)/,
    ],
  ])(
    '%s: the tool, its test and its README are there, and the test passes',
    async (scenario, faults, told) => {
      await demo(['--scenario', scenario], (run) => {
        expectWell(run);
        expect(run.output).toMatch(faults);
        expect(run.output).toMatch(told);
        expect(readdirSync(run.project).sort()).toEqual(['README.md', 'tally.sh', 'test.sh']);
        const test = Bun.spawnSync(['sh', join(run.project, 'test.sh')]);
        expect(test.stdout.toString()).not.toContain('FAIL');
        expect(test.exitCode).toBe(0);
      });
    },
    RUN_MS,
  );

  test(
    'fix-a-failing-test: the script is repaired',
    async () => {
      await demo(['--scenario', 'fix-a-failing-test'], (run) => {
        expectWell(run);
        expect(run.output).toContain('→ Edit');
        expect(readFileSync(join(run.project, 'slug.sh'), 'utf8')).toContain('tr -cs');
        expect(Bun.spawnSync(['sh', join(run.project, 'test.sh')]).exitCode).toBe(0);
      });
    },
    RUN_MS,
  );

  test(
    'explore-a-codebase: two subagents, and files read side by side',
    async () => {
      await demo(['--scenario', 'explore-a-codebase'], (run) => {
        expectWell(run);
        expect(run.output.match(/→ Agent/g)).toHaveLength(2);
        expect(run.output.match(/→ Read/g)).toHaveLength(7);
        expect(run.output).toContain('two subagents surveyed them (done)');
        expect(run.output).not.toContain('✗');
      });
    },
    RUN_MS,
  );

  test(
    'images-and-pdf: both arrive',
    async () => {
      await demo(['--scenario', 'images-and-pdf'], (run) => {
        expectWell(run);
        expect(run.output).toMatch(/image\/png \(\d+ bytes\), application\/pdf \(\d+ bytes\)/);
      });
    },
    RUN_MS,
  );

  test(
    'plan-mode: the plan is written, and nothing else',
    async () => {
      await demo(['--scenario', 'plan-mode'], (run) => {
        expectWell(run);
        expect(run.output).toContain('waits for approval');
        expect(readdirSync(run.project)).toEqual(['README.md']);
      });
    },
    RUN_MS,
  );
});
