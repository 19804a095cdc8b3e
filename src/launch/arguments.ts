/** The command line of `bun run claude`: what is for us, what for the proxy, and what for Claude Code. */
import { ConfigError } from '../config/read-value.ts';
import { flagOf } from '../config/texts.ts';
import { VARIABLE_ROWS } from '../config/variables.ts';

/** Claude Code's own names for its settings files. */
export const SCOPES = ['user', 'project', 'local'] as const;
export type Scope = (typeof SCOPES)[number];

export const FORMATS = ['sh', 'fish', 'powershell', 'json'] as const;
export type Format = (typeof FORMATS)[number];

export type Action =
  | { kind: 'help' }
  | { kind: 'launch' }
  | { kind: 'print-env'; format: Format }
  | { kind: 'write-settings'; scope: Scope; agreed: boolean }
  /** Which settings file. Without a scope: all settings files of this folder and of this user. */
  | { kind: 'undo'; scope: Scope | undefined };

export type Arguments = {
  action: Action;
  /** Where Claude Code works; undefined for the current folder. */
  folder: string | undefined;
  /** Flags of `bun run start`. */
  proxy: readonly string[];
  /** Arguments for Claude Code, as the user gave them. */
  client: readonly string[];
};

export const HELP = `bun run claude [options] [flags of bun run start] [-- arguments of Claude Code]

Finds the proxy, or starts one, and runs Claude Code on it. What it starts, it ends.

  --folder <path>                 The folder that Claude Code works in (default: this one)
  --print-env [sh|fish|powershell|json]
                                  Print the variables instead: eval "$(bun run --silent claude --print-env)"
  --write-settings [user|project|local]
                                  Write them into ~/.claude/settings.json (user, the default),
                                  .claude/settings.json (project) or .claude/settings.local.json (local).
                                  Shows the change and asks first
  --yes                           Do not ask
  --undo [user|project|local]     Take back what --write-settings wrote
  -h, --help                      This text

The first argument that is none of these, and all that follow, go to Claude Code: bun run claude -p "What is in here?"
`;

type Option = { shortcut?: string; takes?: readonly string[]; needs?: true };

/** `takes`: the words that may follow the flag. `needs`: a word must follow it. */
const OPTIONS = {
  '--help': { shortcut: '-h' },
  '--folder': { needs: true },
  '--print-env': { takes: FORMATS },
  '--write-settings': { takes: SCOPES },
  '--undo': { takes: SCOPES },
  '--yes': {},
} as const satisfies Record<string, Option>;

type Name = keyof typeof OPTIONS;
const NAMES = Object.keys(OPTIONS) as Name[];

/** Whether a flag of `bun run start` stands alone. */
const isSwitch: ReadonlyMap<string, boolean> = new Map(
  VARIABLE_ROWS.flatMap(([name, { schema }]): [string, boolean][] => {
    const flag = flagOf(name);
    return schema['type'] === 'boolean'
      ? [
          [`--${flag}`, true],
          [`--no-${flag}`, true],
        ]
      : [[`--${flag}`, false]];
  }),
);

type Read = { given: Map<Name, string | undefined>; proxy: string[]; client: readonly string[] };

function read(argv: readonly string[]): Read {
  const given: Read['given'] = new Map();
  const proxy: string[] = [];
  let at = 0;
  while (at < argv.length) {
    const argument = argv[at] ?? '';
    if (argument === '--') return { given, proxy, client: argv.slice(at + 1) };
    const [flag = '', inline] = argument.startsWith('--') ? splitFlag(argument) : [argument];
    const next = argv[at + 1];
    const name = NAMES.find((known) => known === flag || shortcutOf(known) === flag);
    if (name !== undefined) {
      const word = inline ?? wordFor(name, next);
      given.set(name, word);
      at += inline === undefined && word !== undefined ? 2 : 1;
    } else if (isSwitch.has(flag)) {
      const hasTruth = next === 'true' || next === 'false';
      const isAlone =
        inline !== undefined || next === undefined || (isSwitch.get(flag) === true && !hasTruth);
      proxy.push(...(isAlone ? [argument] : [argument, next]));
      at += isAlone ? 1 : 2;
    } else {
      return { given, proxy, client: argv.slice(at) };
    }
  }
  return { given, proxy, client: [] };
}

function splitFlag(argument: string): [flag: string, inline?: string] {
  const end = argument.indexOf('=');
  return end < 0 ? [argument] : [argument.slice(0, end), argument.slice(end + 1)];
}

const shortcutOf = (name: Name): string | undefined => (OPTIONS[name] as Option).shortcut;

function wordFor(name: Name, next: string | undefined): string | undefined {
  const { takes, needs }: Option = OPTIONS[name];
  if (needs) return next;
  return next !== undefined && takes?.includes(next) ? next : undefined;
}

function oneOf<T extends string>(name: Name, words: readonly T[], word: string | undefined): T | undefined {
  const found = words.find((known) => known === word);
  if (word === undefined || found !== undefined) return found;
  throw new ConfigError(`${name}: expected ${words.join(', ')}; got ${JSON.stringify(word)}`);
}

function actionOf(given: Read['given']): Action {
  if (given.has('--help')) return { kind: 'help' };
  const scope = oneOf('--write-settings', SCOPES, given.get('--write-settings'));
  if (given.has('--undo'))
    return { kind: 'undo', scope: oneOf('--undo', SCOPES, given.get('--undo')) ?? scope };
  if (given.has('--write-settings'))
    return { kind: 'write-settings', scope: scope ?? 'user', agreed: given.has('--yes') };
  if (given.has('--print-env'))
    return { kind: 'print-env', format: oneOf('--print-env', FORMATS, given.get('--print-env')) ?? 'sh' };
  return { kind: 'launch' };
}

/** The flags after which Claude Code is not run, and the words that each takes. */
const WITHOUT_CLIENT = ['--print-env', '--write-settings', '--undo'] as const;

/** What stands after such a flag would go to Claude Code: it is a slip, and would be lost in silence. */
function checkWithoutClient(given: Read['given'], [slip]: readonly string[]): void {
  const [flag, other] = WITHOUT_CLIENT.filter((name) => given.has(name));
  if (flag === undefined || given.has('--help')) return;
  if (flag === '--print-env' && other !== undefined)
    throw new ConfigError(`${flag}, ${other}: give one of the two`);
  if (slip === undefined) return;
  if (slip.startsWith('-')) throw new ConfigError(`${slip}: there is no such flag beside ${flag}`);
  throw new ConfigError(`${flag}: expected ${OPTIONS[flag].takes.join(', ')}; got ${JSON.stringify(slip)}`);
}

/** Reads the command line. Throws a ConfigError for what cannot be meant. */
export function readArguments(argv: readonly string[]): Arguments {
  const { given, proxy, client } = read(argv);
  checkWithoutClient(given, client);
  const folder = given.get('--folder');
  if (given.has('--folder') && !folder)
    throw new ConfigError('--folder: which one? Give a path, as in --folder ~/project');
  return { action: actionOf(given), folder, proxy, client };
}
