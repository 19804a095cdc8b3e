/** The commands of this program. Each loads its own code: to serve needs nothing of what starts Claude Code. */
import { asCalled } from '../config/program.ts';
import { nearestWord } from '../lib/edit-distance.ts';

export type Command = {
  about: string;
  /** It keeps many requests to Gemini open at a time. */
  serves?: true;
  run(argv: readonly string[]): Promise<unknown>;
};

export const COMMANDS = {
  start: {
    about: 'Serve',
    serves: true,
    run: async (argv) => (await import('./serve.ts')).serve(argv),
  },
  proxy: {
    about: 'The same as start, by a name that says what it is',
    serves: true,
    run: async (argv) => (await import('./serve.ts')).serve(argv),
  },
  mock: {
    about: 'Serve the mock, whatever keys there are',
    serves: true,
    run: async (argv) =>
      (await import('./serve.ts')).serve(['--backend', 'mock', '--mock-pace', 'human', ...argv]),
  },
  claude: {
    about: 'Run Claude Code on the proxy, which is found or started',
    run: async (argv) => (await import('./claude.ts')).claude(argv),
  },
  doctor: {
    about: 'Look for what would stop a session, and tell how to mend it',
    run: async (argv) => (await import('./doctor.ts')).doctor(argv),
  },
  demo: {
    about: 'Watch Claude Code do a task on the mock',
    run: async (argv) => (await import('./demo/demo.ts')).demo(argv),
  },
  check: {
    about: 'Find what is wrong with scenarios of the mock, and what they never reach: check <folder>',
    run: async (argv) => (await import('./check.ts')).check(argv),
  },
  usage: {
    about: 'What was used, and what it has cost: by day, model, key, client, session',
    run: async (argv) => (await import('./usage.ts')).usage(argv),
  },
  statusline: {
    about: "A line for Claude Code's status line; without input: how to set it up",
    run: async (argv) => (await import('./statusline.ts')).statusline(argv),
  },
  record: {
    about: 'Serve, and keep every request and answer: record <name>',
    serves: true,
    run: async (argv) => (await import('./record.ts')).record(argv),
  },
  recordings: {
    about: 'List what was recorded or saved; the requests of one; the folder of a request id',
    run: async (argv) => (await import('./recordings/list-recordings.ts')).listRecordings(argv),
  },
  replay: {
    about: 'Serve what was recorded: replay <name>',
    serves: true,
    run: async (argv) => (await import('./replay.ts')).replay(argv),
  },
} as const satisfies Record<string, Command>;

type CommandName = keyof typeof COMMANDS;

const isCommand = (text: string): text is CommandName => Object.hasOwn(COMMANDS, text);

export type Given = {
  command: CommandName;
  rest: readonly string[];
  /** A word that stands where a command should. */
  unknown?: string;
};

export function commandIn(argv: readonly string[]): Given {
  const [first, ...rest] = argv;
  if (first === undefined || first.startsWith('-')) return { command: 'start', rest: argv };
  return isCommand(first) ? { command: first, rest } : { command: 'start', rest, unknown: first };
}

/** What `bun run` has in a clone beside the commands of the program. */
const IN_A_CLONE: readonly string[] = ['adopt', 'bless', 'drift', 'gemini'];

/** What is told of a word that is no command. */
export function unknownText(word: string): string {
  if (IN_A_CLONE.includes(word)) return `${word}: is a command of a clone alone; there: bun run ${word}\n`;
  const near = nearestWord(word, Object.keys(COMMANDS));
  const what = `${word}: there is no such command`;
  return near === undefined ? `${what}\n\n${commandsText()}` : `${what}; did you mean ${near}?\n`;
}

export const commandsText = (): string =>
  asCalled(`Commands (bun run start <command> --help tells more):
${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(30)}${about}`)
  .join('\n')}
`);
