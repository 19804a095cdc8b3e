/** What Claude Code makes up in every run: ids of work in the background, files, moments and durations. */
import { describe, expect, test } from 'bun:test';
import { CLIENT_NAMES } from '../../../src/http/taping/client-names.ts';
import { CLIENT_NOISE } from '../../../src/http/taping/client-wire.ts';
import { requestKey } from '../../../src/sim/match.ts';
import { namesIn, standIns } from '../../../src/sim/names.ts';

const NOISE = [...CLIENT_NOISE, standIns(CLIENT_NAMES)];
const SESSION = '0f8fad5b-d9cb-469f-a165-70867728950e';
const AGENT = 'a0123456789abcdef';

const key = (text: string) => {
  const messages = [
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text }] }],
    },
  ];
  return requestKey(
    { method: 'POST', path: '/v1/messages', query: '', body: JSON.stringify({ messages }) },
    NOISE,
  );
};

describe('a name is known where it is introduced:', () => {
  test.each([
    ['a subagent in the background', `launched.\nagentId: ${AGENT} (internal ID)`, [AGENT, 'a012345']],
    ['a subagent of a named type', 'agentId: ahelper-0123456789abcdef\n', ['ahelper-0123456789abcdef']],
    ['a subagent that goes on', `{"success":true,"resumedAgentId":"${AGENT}"}`, [AGENT, 'a012345']],
    ['a command in the background', 'running in background with ID: b12x45z78. Output', ['b12x45z78']],
    ['a command that took too long', 'moved to the background (ID: b12x45z78). Output', ['b12x45z78']],
    ['a monitor', 'Monitor started (task m12x45z78, persistent)', ['m12x45z78']],
    ['a notification', '<task-notification>\n<task-id>b12x45z78</task-id>', ['b12x45z78']],
    ['an older notification', '<task_id>b12x45z78</task_id>', ['b12x45z78']],
    ['a task that was stopped', '{"message":"stopped","task_id":"b12x45z78"}', ['b12x45z78']],
    ['an output file', '/tmp/claude-0/-work/x/tasks/b12x45z78.output', ['b12x45z78']],
    ['the transcript of a subagent', `/x/subagents/agent-${AGENT}.jsonl`, [AGENT, 'a012345']],
    ['a large result', 'saved to: /x/tool-results/b12x45z78.txt', ['b12x45z78']],
    [
      'a large result of an MCP server',
      '/x/tool-results/mcp-files-list-1700000000000-ab12cd.txt',
      ['mcp-files-list-1700000000000-ab12cd'],
    ],
    ['a page', '/x/tool-results/webfetch-1700000000000-ab12cd.pdf', ['webfetch-1700000000000-ab12cd']],
    ['a scheduled prompt', 'Scheduled recurring job 0a1b2c3d (every day)', ['0a1b2c3d']],
    ['a workflow', 'Run ID: wf_0a1b2c3d-4e5', ['wf_0a1b2c3d-4e5']],
    ['a session, by its files', `/tmp/claude-0/-work/${SESSION}/scratchpad`, [SESSION]],
    ['a session, by its transcript', `/x/projects/-work/${SESSION}.jsonl`, [SESSION]],
  ])('%s', (_what, text, names) => {
    expect(namesIn({ text }, CLIENT_NAMES)).toEqual(names);
  });

  test.each([
    ["a project's own file", '/srv/tasks/build.output'],
    ['a call of a tool, whose id comes from the proxy', '/x/tool-results/toolu_0123456789.txt'],
    ['an id of something else', 'pull request ID: 123456789'],
    ['a hash', 'commit 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'],
  ])('and %s is none', (_what, text) => {
    expect(namesIn({ text }, CLIENT_NAMES)).toEqual([]);
  });
});

describe('two runs are the same that differ in', () => {
  test.each([
    [
      'how long a subagent took',
      '<usage>total_tokens: 9\ntool_uses: 1\nduration_ms: 10</usage>',
      '10',
      '2500',
    ],
    [
      'what it cost',
      '<usage><subagent_tokens>7343</subagent_tokens><tool_uses>1</tool_uses></usage>',
      '7343',
      '7350',
    ],
    [
      'how long it took, in a notification',
      '<usage><subagent_tokens>1</subagent_tokens><tool_uses>1</tool_uses><duration_ms>726</duration_ms></usage>',
      '726',
      '12000',
    ],
    [
      'when a scheduled prompt comes',
      'Next run: Nov 30 3:37am. Session-only',
      'Nov 30 3:37am',
      'Dec 1 3:12am',
    ],
    ['how long a command has run', 'moved after running for 12s. Output', '12s', '1m 3s'],
    ['how long it is still running', 'sleep is running for 2m 10s (ID: b12x45z78)', '2m 10s', '45s'],
    ['how long a subagent is silent', '3 tool calls, last tool call ~2 minutes ago: Bash', '~2', '~11'],
    ['the day', "Today's date is 2026-11-30.", '2026-11-30', '2026-12-01'],
    [
      'the day, once more',
      "The date has changed. Today's date is now 2026-12-01.",
      '2026-12-01',
      '2027-01-01',
    ],
    ['the day, in a place without a clock', 'The UTC date is 2026-11-30.', '2026-11-30', '2026-12-01'],
    [
      'the name of a subagent',
      `agentId: ${AGENT}\nstop a012345`,
      '0123456789abcdef\nstop a012345',
      'fedcba9876543210\nstop afedcba',
    ],
  ])('%s', (_what, text, then, now) => {
    const other = text.replaceAll(then, now);
    expect(other).not.toBe(text);
    expect(key(other)).toBe(key(text));
  });

  test.each([
    [
      'what a subagent did',
      '<usage><subagent_tokens>1</subagent_tokens><tool_uses>1</tool_uses></usage>',
      'uses>1',
      'uses>2',
    ],
    ['how a command ended', 'completed (exit code 0)', '0', '1'],
    ['a date of the user', 'Released on 2026-11-30.', '2026-11-30', '2026-12-01'],
  ])('but not those that differ in %s', (_what, text, then, now) => {
    expect(key(text.replaceAll(then, now))).not.toBe(key(text));
  });
});
