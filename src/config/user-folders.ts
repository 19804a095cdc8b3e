/** Where this program keeps what outlives one run and belongs to its user, by the rules of each platform. */
import { join } from 'node:path';
import type { Environment } from './env-files.ts';

const NAME = 'gemini-claude-proxy';

/** Where Linux keeps each kind. The other platforms have one folder for all. */
const ON_LINUX = {
  /** The `.env` file. */
  config: { variable: 'XDG_CONFIG_HOME', usual: '.config' },
  /** Thought signatures and recordings. */
  data: { variable: 'XDG_DATA_HOME', usual: '.local/share' },
  /** Proxies that were started, their logs, and what settings files held before they were written. */
  state: { variable: 'XDG_STATE_HOME', usual: '.local/state' },
} as const;

export type UserFolder = keyof typeof ON_LINUX;

export function userFolder(kind: UserFolder, platform: string, env: Environment, home: string): string {
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), NAME);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', NAME);
  const { variable, usual } = ON_LINUX[kind];
  const given = env[variable] ?? '';
  // The standard says that a path that is not absolute does not count.
  return join(given.startsWith('/') ? given : join(home, usual), NAME);
}
