/**
 * The forms of names that Claude Code makes up anew in every run and shows to the model. The model then uses them in
 * its calls: in a path of a file to read, or as the id of a task to stop. Each row has the text that introduces such a
 * name (versions 2.1.197 to 2.1.332).
 */
import type { NameRule } from '../../sim/names.ts';

/**
 * The id of a task: a letter for its kind (a command in the background, a monitor, a workflow) and eight characters.
 */
const TASK = '[a-z][0-9a-z]{8}';
/** The id of an agent, with or without the label of the agent's type. */
const AGENT = 'a(?:[\\w-]{1,63}-)?[0-9a-f]{7,32}';
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/**
 * The name of the file into which Claude Code writes a large result of an MCP server, or a web page. It contains the
 * time and random characters.
 */
const SAVED = '(?:mcp|webfetch)-[\\w-]*?\\d{13}-(?:[\\w-]*-)?[0-9a-z]{1,8}';

const introduced = (pattern: string) => new RegExp(pattern, 'g');

/** The beginning of an agent's name, which Claude Code also shows in place of the whole name. */
const shortAgent = (name: string): string[] => (/^a[0-9a-f]{16}$/.test(name) ? [name.slice(0, 7)] : []);

export const CLIENT_NAMES: readonly NameRule[] = [
  {
    why: 'a subagent',
    introduced: introduced(`\\b(?:agentId: |resumedAgentId":"|agent-)(${AGENT})\\b`),
    derived: shortAgent,
  },
  {
    why: 'what works in the background, in a notification',
    introduced: introduced('<task[-_]id>([\\w-]{3,99})</task[-_]id>'),
    derived: shortAgent,
  },
  {
    why: 'a command, a monitor or another task in the background, where it is begun or spoken of',
    introduced: introduced(`(?:\\bID: |\\(task |"task_?[iI]d":")(${TASK})\\b`),
  },
  {
    why: 'the file that a task or a large result is written to',
    introduced: introduced(
      `[/\\\\](?:tasks|tool-results|subagents)[/\\\\](?:agent-)?(${AGENT}|${TASK}|${SAVED})\\.\\w+`,
    ),
  },
  {
    why: 'a scheduled prompt',
    introduced: introduced('\\bScheduled (?:recurring job|one-shot task) ([0-9a-f]{8})\\b'),
  },
  { why: 'a run of a workflow', introduced: introduced('\\b(wf_[0-9a-f]{8}-[0-9a-f]{3})\\b') },
  {
    why: 'what stands for a message to a subagent',
    introduced: introduced('"pin":\\{[^{}]*"ref":"([0-9a-f]{6})"'),
  },
  {
    why: 'a session, in the paths of its files',
    introduced: introduced(
      `[/\\\\](${UUID})(?=[/\\\\](?:tasks|tool-results|subagents|scratchpad)\\b|\\.jsonl\\b)`,
    ),
  },
];
