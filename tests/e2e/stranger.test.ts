/**
 * The examples in a stranger's repository: our package from its tarball, and no network. Vitest, pytest and the Agent SDK start the mock,
 * and ten tests at a time share it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Installed, installClaudeCode, requireE2e } from '../support/clients/claude-code.ts';
import { Stranger } from '../support/programs/stranger.ts';

const LONG_MS = 300_000;
const TOOLS = ['npm', 'node', 'python3'].filter((program) => !Bun.which(program));
if (TOOLS.length > 0) console.warn(`the examples are not tested: ${TOOLS.join(' and ')} not found`);

describe.skipIf(TOOLS.length > 0 && !requireE2e)('in a repository of a stranger, without a network', () => {
  const stranger = new Stranger();
  let claude: Installed;
  beforeAll(async () => {
    claude = await installClaudeCode('2.1.330');
    await stranger.install();
  }, LONG_MS);
  afterAll(() => stranger.clear(), LONG_MS);

  test(
    'Vitest: its suite passes, ten tests at a time',
    async () => {
      const { code, out, err } = await stranger.run('vitest', ['npx', '--no-install', 'vitest', 'run']);
      expect({ code, err, out }).toMatchObject({
        code: 0,
        out: expect.stringMatching(/Tests +13 passed \(13\)/),
      });
    },
    LONG_MS,
  );

  test(
    'pytest: its suite passes, ten tests at a time',
    async () => {
      const { code, out, err } = await stranger.run('pytest', [
        'python',
        '-m',
        'pytest',
        '-p',
        'no:cacheprovider',
      ]);
      expect({ code, err, out }).toMatchObject({ code: 0, out: expect.stringContaining('4 passed') });
    },
    LONG_MS,
  );

  test(
    'the Agent SDK: an agent does its task on the mock',
    async () => {
      if (!claude.ok) {
        expect(requireE2e, claude.reason).toBe(false);
        return;
      }
      const { code, out, err } = await stranger.run('agent-sdk', ['node', '--test'], {
        CLAUDE_CODE: claude.path,
      });
      expect({ code, err, out }).toMatchObject({ code: 0, out: expect.stringContaining('# pass 1') });
    },
    LONG_MS,
  );
});
