/**
 * The real Claude Code where public reports say that sessions ended: each turn ends well, or soon and with the reason on the
 * screen. Searching the web is tested in web-search.test.ts.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { installClaudeCode, requireE2e } from '../support/claude-code.ts';
import { REPORTS, REPORTS_WITHOUT_DEFERRED } from '../support/report-cases.ts';
import { type Survival, surviveAll } from '../support/survival-run.ts';
import { LEDGER, LOG, NOTE, SAYINGS } from '../support/survival-task.ts';

/** The second declares all its tools in each request; the first leaves some to be loaded. */
const VERSIONS = { deferring: '2.1.330', declaring: '2.1.197' } as const;
const ALL_MS = 300_000;

const [deferring, declaring] = await Promise.all([
  installClaudeCode(VERSIONS.deferring),
  installClaudeCode(VERSIONS.declaring),
]);
for (const installed of [deferring, declaring]) {
  if (!installed.ok && requireE2e) throw new Error(`Claude Code: ${installed.reason}`);
  if (!installed.ok) console.warn(`skipped: reports about Claude Code (${installed.reason})`);
}
const paths =
  deferring.ok && declaring.ok ? { deferring: deferring.path, declaring: declaring.path } : undefined;

const statuses = ({ requests }: Survival) => requests.map((line) => line['status']);

function expectDone({ claude, end, files }: Survival): void {
  expect({ exit: claude.exitCode, stderr: claude.stderr, told: end['result'] }).toEqual({
    exit: 0,
    stderr: '',
    told: SAYINGS.report,
  });
  expect(files).toEqual({ [NOTE.file]: NOTE.text, [LOG.file]: LOG.text });
}

describe.skipIf(!paths)('Claude Code', () => {
  let runs: Record<keyof typeof REPORTS, Survival>;
  let declaringRuns: Record<keyof typeof REPORTS_WITHOUT_DEFERRED, Survival>;

  beforeAll(async () => {
    if (!paths) return;
    runs = await surviveAll(paths.deferring, REPORTS);
    declaringRuns = await surviveAll(paths.declaring, REPORTS_WITHOUT_DEFERRED);
  }, ALL_MS);

  test('hears of a call of a tool that nobody declared, and the model corrects itself with the next request', () => {
    const run = runs.undeclaredCall;
    expectDone(run);
    expect(statuses(run)).toEqual([200, 200, 200, 200]);
    expect(run.asked).toHaveLength(4);
    expect(run.claude.stdout).toContain('No such tool available');
  });

  test('that declares all its tools hears of it after one more try', () => {
    const run = declaringRuns.undeclaredTwice;
    expectDone(run);
    expect(statuses(run)).toEqual([200, 200, 200, 200]);
    expect(run.asked).toHaveLength(5);
    expect(run.claude.stdout).toContain('No such tool available');
  });

  test('hears of a call of a tool that it has not loaded, and goes on', () => {
    const run = runs.deferredCall;
    expectDone(run);
    expect(statuses(run)).toEqual([200, 200, 200, 200]);
    expect(run.asked).toHaveLength(4);
  });

  test('works with an MCP server whose schema Google refuses', () => {
    const { claude, end, tools } = runs.schemaOfServer;
    expect({ exit: claude.exitCode, told: end['result'] }).toEqual({
      exit: 0,
      told: `${LEDGER.found}1200 for ${LEDGER.entry}`,
    });
    expect(tools).toEqual([LEDGER.tool]);
    expect(statuses(runs.schemaOfServer)).toEqual([200, 200]);
  });

  test('is told at once that the credit is gone', () => {
    const { claude, end, asked, seconds } = runs.noCredit;
    expect({ exit: claude.exitCode, error: end['is_error'] }).toEqual({ exit: 1, error: true });
    expect(String(end['result'])).toMatch(/billing/i);
    expect(asked).toHaveLength(1);
    expect(seconds).toBeLessThan(15);
  });

  test('is told soon that Gemini cannot be reached, and why', () => {
    const { end, seconds } = runs.unreachable;
    expect(String(end['result'])).toMatch(/cannot reach .*ECONNREFUSED/);
    // Two tries of 15 s each, and the start of the client.
    expect(seconds).toBeLessThan(50);
  });
});
