/** Where this program keeps what outlives one run and belongs to its user, by the rules of each platform. */
import { join } from 'node:path';
import type { Environment } from '../config/env-files.ts';

const NAME = 'gemini-claude-proxy';

/** The folder for the proxies that were started, their logs, and what settings files held before we wrote to them. */
export function stateFolder(platform: string, env: Environment, home: string): string {
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), NAME);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', NAME);
  return join(env['XDG_STATE_HOME'] || join(home, '.local', 'state'), NAME);
}
