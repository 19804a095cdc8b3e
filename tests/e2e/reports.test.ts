/**
 * The real Claude Code in situations that ended sessions by public reports, as far as no other file plays them: each
 * turn ends well, or soon and with the reason on the screen.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { installClaudeCode, requireE2e } from '../support/clients/claude-code.ts';
import { REPORTS } from '../support/survival/report-cases.ts';
import { type Survival, surviveAll } from '../support/survival/run.ts';
import { LEDGER } from '../support/survival/task.ts';

const VERSION = '2.1.330';
const ALL_MS = 180_000;

const installed = await installClaudeCode(VERSION);
if (!installed.ok && requireE2e) throw new Error(`Claude Code ${VERSION}: ${installed.reason}`);
if (!installed.ok) console.warn(`skipped: reports about Claude Code ${VERSION} (${installed.reason})`);

describe.skipIf(!installed.ok)(`Claude Code ${VERSION}`, () => {
  let runs: Record<keyof typeof REPORTS, Survival>;

  beforeAll(async () => {
    runs = await surviveAll(installed.ok ? installed.path : '', REPORTS);
  }, ALL_MS);

  test('works with an MCP server whose schema Google refuses', () => {
    const { claude, end, tools, requests } = runs.schemaOfServer;
    expect({ exit: claude.exitCode, told: end['result'] }).toEqual({
      exit: 0,
      told: `${LEDGER.found}1200 for ${LEDGER.entry}`,
    });
    expect(tools).toEqual([LEDGER.tool]);
    expect(requests.map((line) => line['status'])).toEqual([200, 200]);
  });

  test('is told soon that Gemini cannot be reached, and why', () => {
    const { end, seconds } = runs.unreachable;
    expect(String(end['result'])).toMatch(/cannot reach .*ECONNREFUSED/);
    // Two attempts of 15 s each, and the start of the client.
    expect(seconds).toBeLessThan(50);
  });
});
