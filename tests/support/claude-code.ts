/** The real Claude Code as a test client, in the versions that are held. */
import { type Installed, installVersion } from '../../scripts/lib/claude-code.ts';

export {
  type ClaudeResult,
  type ClaudeRun,
  type Installed,
  runClaude,
  streamJson,
} from '../../scripts/lib/claude-code.ts';

export const CLAUDE_CODE_VERSIONS = ['2.1.330', '2.1.197'] as const;
export type ClaudeCodeVersion = (typeof CLAUDE_CODE_VERSIONS)[number];

/** `REQUIRE_E2E=1`: what would be skipped is a failure. */
export const requireE2e = process.env['REQUIRE_E2E'] === '1';

/** Where the test must run, passing faults of the network are waited out. */
export const installClaudeCode = (version: ClaudeCodeVersion): Promise<Installed> =>
  installVersion(version, requireE2e ? 3 : 0);
