/**
 * The tasks of the survival tests. One writes a note, appends to a log and reports: the log tells how often the second
 * tool ran, and no sentence comes twice. The other first prints a lot, to fill the window.
 */
import { parseScenario } from '../../../src/sim/scenario/read.ts';
import type { Scenario } from '../../../src/sim/scenario/types.ts';

export const PROMPT = 'keep the log';
export const NOTE = { file: 'note.txt', text: 'The note is one line.\n' };
export const LOG = { file: 'log.txt', text: 'ran\n' };
/** The arguments of the second tool. */
export const APPEND = { command: "printf 'ran\\n' >> log.txt", description: 'Append to the log' };
/** The report is longer than what one event carries. */
export const SAYINGS = {
  note: 'First I write the note, because the log comes after it.',
  log: 'Then I put a line into the log, because nobody else does it.',
  report:
    'The note is written and lies beside the log, where everybody finds it. That was all there was to do.',
};

export const COUNT_PROMPT = 'count far';
/**
 * It is printed, not read from files: files the client would show again after a compaction. About twenty kilobytes
 * each.
 */
const COUNTS = ['seq 10000 13000', 'seq 20000 23000', 'seq 30000 33000'];
export const COUNTED = 'That is far enough.';
/** How the client brings back a conversation that it has summarised. */
const SUMMED_UP = 'continued from a previous conversation';

type Call = { tool: string; args: Readonly<Record<string, string>> };

const step = (text: string, call: Call, to: string) => ({ text, calls: [call], next: [{ to }] });

const common = {
  description: 'For the survival tests.',
  facts: { cwd: { find: 'Primary working directory: (.+)', otherwise: '.' } },
  asides: ['system-reminder', 'task-notification', 'local-command-caveat'],
};

const helpers = {
  ...common,
  name: 'helpers',
  rules: [
    { name: 'compaction', when: { caller: 'compaction' }, text: '<summary>It was counted.</summary>' },
    { name: 'title', when: { caller: 'title' }, text: 'A title' },
  ],
};

const work = {
  ...common,
  name: 'work',
  prompt: PROMPT,
  flows: [
    {
      name: 'work',
      caller: 'main',
      states: {
        note: {
          thinking: 'The note comes first.',
          ...step(
            SAYINGS.note,
            { tool: 'Write', args: { file_path: `{{cwd}}/${NOTE.file}`, content: NOTE.text } },
            'log',
          ),
        },
        log: step(SAYINGS.log, { tool: 'Bash', args: APPEND }, 'report'),
        report: { text: SAYINGS.report },
      },
    },
  ],
};

const counting = {
  ...common,
  name: 'counting',
  prompt: [COUNT_PROMPT, SUMMED_UP],
  rules: [{ name: 'enough', when: { user: SUMMED_UP }, text: COUNTED }],
  flows: [
    {
      name: 'counting',
      caller: 'main',
      states: Object.fromEntries([
        ...COUNTS.map((command, index) => [
          `count-${index}`,
          step(
            `On I go with ${command}.`,
            { tool: 'Bash', args: { command, description: 'Count' } },
            index + 1 < COUNTS.length ? `count-${index + 1}` : 'end',
          ),
        ]),
        ['end', { text: COUNTED }],
      ]),
    },
  ],
};

/** The tools of an MCP server that the client starts; its one tool reports what it was asked for. */
export const LEDGER = {
  prompt: 'ask the ledger',
  tool: 'mcp__ledger__look_up',
  entry: 'rent',
  found: 'The ledger has it: ',
};

const ledger = {
  ...common,
  name: 'ledger',
  prompt: LEDGER.prompt,
  flows: [
    {
      name: 'ledger',
      caller: 'main',
      states: {
        ask: step('I ask the ledger.', { tool: LEDGER.tool, args: { entry: LEDGER.entry } }, 'tell'),
        tell: { text: `${LEDGER.found}{{result}}` },
      },
    },
  ],
};

/** In the mock's own format, in the order of asking. */
export const TASKS: readonly Scenario[] = [helpers, work, counting, ledger].map((scenario) =>
  parseScenario(JSON.stringify(scenario), scenario.name),
);
