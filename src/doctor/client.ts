/** Claude Code itself: whether it is there, and its version. */
import { findClient, howToGet } from '../launch/client.ts';
import { type Check, type Finding, hint, ok, stops } from './finding.ts';
import { outputOf } from './run-program.ts';

/** The oldest version that the tests run the proxy with. */
const OLDEST_TRIED = '2.1.197';

const partsOf = (version: string): number[] => version.split('.').map(Number);

function isOlder(version: string, than: string): boolean {
  const [ours, theirs] = [partsOf(version), partsOf(than)];
  const at = ours.findIndex((part, index) => part !== theirs[index]);
  return at >= 0 && (ours[at] ?? 0) < (theirs[at] ?? 0);
}

function missing(platform: string): Finding {
  const [, ...lines] = howToGet(platform).split('\n');
  const commands = lines.filter((line) => line.startsWith('  ')).map((line) => `\`${line.trim()}\``);
  return stops(
    'Claude Code is not installed: there is no claude on the PATH',
    'There is nothing that could be run on the proxy.',
    `Install it: ${commands.join(' or ')}.`,
  );
}

const UPDATE = 'Update it: `claude update`.';

export const client: Check = {
  name: 'claude code',
  limitMs: 20_000,
  async run({ outside, ports, folder }, signal) {
    const path = findClient(outside, ports.home);
    if (path === undefined) return [missing(ports.platform)];
    const said = await outputOf({ command: path, args: ['--version'], env: outside, cwd: folder }, signal);
    const version = /\d+\.\d+\.\d+/.exec(said ?? '')?.[0];
    if (version === undefined)
      return [
        stops(
          `${path} --version names no version`,
          'What is there may be no Claude Code, or may be broken.',
          `Install it again: \`npm install -g @anthropic-ai/claude-code\`.`,
        ),
      ];
    if (isOlder(version, OLDEST_TRIED))
      return [
        hint(
          `Claude Code ${version} is older than ${OLDEST_TRIED}`,
          'The proxy is not tried with versions as old as this.',
          UPDATE,
        ),
      ];
    return [ok(`${version} at ${path}`)];
  },
};
