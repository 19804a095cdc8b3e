/** The command line of `bun run doctor`. */
import { ConfigError, requestedText } from '../config/config.ts';

export const HELP = `bun run doctor [options] [flags of bun run start]

Looks at everything that a session of Claude Code on Gemini needs, and says what is wrong and what to do.
Each key is tried with one tiny request for each model. The exit code is 1 where something would stop a session.

  --folder <path>   The folder that Claude Code works in (default: this one)
  --start-mcp       Start the MCP servers of the folder's .mcp.json, too, although you have not approved them yet
  --updates         Ask npm whether there is a newer version of this program, too; else nobody is asked
  --json            Print one JSON object
  -h, --help        This text
`;

export type Arguments = {
  help: boolean;
  json: boolean;
  startMcp: boolean;
  updates: boolean;
  folder: string | undefined;
  /** Flags of `bun run start`. */
  proxy: readonly string[];
};

/** Throws a ConfigError for what cannot be meant. */
export function readArguments(argv: readonly string[]): Arguments {
  const rest = [...argv];
  const take = (...names: string[]): boolean => {
    const at = rest.findIndex((argument) => names.includes(argument));
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  };
  const [help, json] = [take('--help', '-h'), take('--json')];
  const [startMcp, updates] = [take('--start-mcp'), take('--updates')];
  const folder = takeFolder(rest);
  // A flag that the proxy does not know is a mistake of this command line, not something to be found.
  if (!help && requestedText(rest) !== undefined)
    throw new ConfigError('--version: ask bun run start for it');
  return { help, json, startMcp, updates, folder, proxy: rest };
}

/** Takes `--folder` and its path out of `rest`. */
function takeFolder(rest: string[]): string | undefined {
  const at = rest.findIndex((argument) => argument === '--folder' || argument.startsWith('--folder='));
  if (at < 0) return undefined;
  const [flag = '', next] = rest.slice(at, at + 2);
  const isInline = flag.includes('=');
  const folder = isInline ? flag.slice('--folder='.length) : next;
  if (!folder) throw new ConfigError('--folder: which one? Give a path, as in --folder ~/project');
  rest.splice(at, isInline ? 1 : 2);
  return folder;
}
