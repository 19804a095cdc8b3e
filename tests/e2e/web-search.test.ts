/**
 * WebSearch of the real Claude Code, offline: its own search request is answered with links, and the session shows
 * them.
 */
import { describe, expect, test } from 'bun:test';
import { dirname } from 'node:path';
import { CLAUDE_CODE_VERSIONS, installClaudeCode, requireE2e } from '../support/clients/claude-code.ts';
import { withDemo } from '../support/programs/demo.ts';

const RUN_MS = 120_000;

for (const version of CLAUDE_CODE_VERSIONS) {
  const installed = await installClaudeCode(version);
  if (!installed.ok && requireE2e) throw new Error(`Claude Code ${version}: ${installed.reason}`);
  if (!installed.ok) console.warn(`skipped: WebSearch of Claude Code ${version} (${installed.reason})`);
  const claude = installed.ok ? dirname(installed.path) : '';

  describe.skipIf(!installed.ok)(`Claude Code ${version}`, () => {
    test(
      'WebSearch shows the links of the pages that were found',
      async () => {
        await withDemo({ args: ['--scenario', 'search-the-web'], claude }, ({ exitCode, output }) => {
          expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
          expect(output).toContain(`Claude Code ${version}`);
          expect(output).toContain('→ WebSearch');
          expect(output).toContain(
            'Links: [{"title":"example.com","url":"https://vertexaisearch.cloud.google.com/grounding-api-redirect/mock-release-page"}',
          );
          expect(output).toContain('The second page lists what it changed.');
          expect(output).not.toContain('cannot be searched');
          expect(output).toMatch(/errors that the client was told: 0/);
        });
      },
      RUN_MS,
    );
  });
}
