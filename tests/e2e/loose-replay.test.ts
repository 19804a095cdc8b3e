/**
 * A session of the real Claude Code with a subagent in the background, recorded with one version, and played loosely to an older one: it leaves the same files,
 * and each loose match is told.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installClaudeCode, requireE2e } from '../support/clients/claude-code.ts';
import {
  looseTold,
  recordSession,
  replaySession,
  reportIn,
  type SessionRun,
} from '../support/clients/replayed-session.ts';

const RUN_MS = 120_000;
const RECORDED = '2.1.332';
const OLDER = '2.1.330';

const [recorder, player] = [await installClaudeCode(RECORDED), await installClaudeCode(OLDER)];
const missing = [recorder, player].flatMap((one) => (one.ok ? [] : [one.reason]));
if (missing.length > 0 && requireE2e) throw new Error(missing.join('; '));
if (missing.length > 0) console.warn(`skipped: ${missing.join('; ')}`);

describe.skipIf(missing.length > 0)(`a session of ${RECORDED}, played to ${OLDER}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'loose-session-'));
  const session = { folder, prompts: ['work in the background'] };
  let recorded: SessionRun;
  let played: SessionRun;

  beforeAll(async () => {
    recorded = await recordSession(recorder.ok ? recorder.path : '', session);
    played = await replaySession(player.ok ? player.path : '', session, ['--match', 'loose']);
  }, 2 * RUN_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has a subagent, whose report is heard', () => {
    expect(recorded.claude.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([[0, '']]);
    expect(recorded.claude[0]?.stdout).toContain(
      'heard of the subagent: Agent "Look at the folder" finished',
    );
  });

  test('ends in the same way, with the same words and the same files', () => {
    expect(played.claude).toEqual(recorded.claude);
    expect(Object.keys(recorded.files)).toContain('background-done.txt');
    expect(played.files).toEqual(recorded.files);
  });

  test('is played whole, and each loose match is told', () => {
    const { played: count, loose, requests, text } = reportIn(played);
    expect({ count, loose, text }).toEqual({
      count: requests,
      loose: requests,
      text: `played ${requests} of ${requests} recorded requests, ${requests} only loosely, 0 misses`,
    });
    expect(looseTold(played)).toHaveLength(requests);
    const answered = played.log.filter(({ replayed }) => String(replayed).startsWith('loose; request='));
    expect(answered).toHaveLength(requests);
  });
});
