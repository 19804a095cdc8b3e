/** The real Claude Code as a test client, in the versions that are supported. */
import { type Installed, installVersion } from './claude-code-runs.ts';

export {
  type ClaudeResult,
  type ClaudeRun,
  type Installed,
  runClaude,
  streamJson,
} from './claude-code-runs.ts';

export const CLAUDE_CODE_VERSIONS = ['2.1.330', '2.1.197'] as const;
export type ClaudeCodeVersion = (typeof CLAUDE_CODE_VERSIONS)[number];

/** `REQUIRE_E2E=1`: a test that would be skipped fails. */
export const requireE2e = process.env['REQUIRE_E2E'] === '1';

/** `SKIP_E2E=1`: tests that need the real Claude Code are left out, and nothing is downloaded. */
const skipE2e = process.env['SKIP_E2E'] === '1' && !requireE2e;

/** Where the test must run, short failures of the network are waited out. */
export const installClaudeCode = async (version: ClaudeCodeVersion): Promise<Installed> =>
  skipE2e
    ? { ok: false, reason: 'SKIP_E2E is set' }
    : installVersion(version, requireE2e ? 3 : 0, tellDownload);

/** Minutes of silence would look as if the test hung. */
const tellDownload = (folder: string) =>
  console.warn(
    `downloading Claude Code into ${folder}, once: some 300 MB (SKIP_E2E=1 leaves these tests out)`,
  );
