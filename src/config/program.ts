/** How this program is called, and where it finds its user's files: in the clone, or, once it is installed, in the user's folders. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { parseEnv } from 'node:util';
import { FORM, ownFile } from '../lib/program/own-files.ts';
import { type EnvFiles, type Environment, openEnvFiles } from './env-files.ts';
import { type UserFolder, userFolder } from './user-folders.ts';

const CALLED = {
  clone: 'bun run',
  package: 'npx gemini-claude-proxy',
  executable: basename(process.execPath),
}[FORM];

/** A text for a user of the clone, with the commands that this user types. */
export const asCalled = (text: string): string =>
  FORM === 'clone'
    ? text
    : text.replaceAll(/bun run(?: --silent)?(?: start(?= check\b| <command>))?/g, CALLED);

const folderOf = (kind: UserFolder, env: Environment): string =>
  userFolder(kind, process.platform, env, env['HOME'] || homedir());

/** In the clone, of the folder that it runs in, as Bun reads them. */
export const ENV_FILE: string = FORM === 'clone' ? '.env' : join(folderOf('config', process.env), '.env');

/** The folder for what must outlive the process, where DATA_DIR names none. */
export const usualDataDir = (env: Environment): string =>
  FORM === 'clone' ? '.data' : folderOf('data', env);

export const RECORDINGS: string =
  FORM === 'clone' ? ownFile('fixtures/recordings') : join(folderOf('data', process.env), 'recordings');

export const openOwnEnvFiles = (): EnvFiles => openEnvFiles(process, FORM === 'clone' ? undefined : ENV_FILE);

/** What starts a proxy, without its flags. */
export const serveCommand = (): string[] =>
  FORM === 'executable'
    ? [process.execPath]
    : [process.execPath, ...process.execArgv, ownFile('src/main.ts')];

const KEYS = ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'API_KEYS'].flatMap((name) => [name, `${name}_FILE`]);

/** Many projects have a `.env` of their own. Whoever put a Gemini key there should hear that it is not used. */
export function unreadEnvFile(folder = process.cwd()): string | undefined {
  const path = join(folder, '.env');
  if (FORM === 'clone' || path === ENV_FILE || !existsSync(path)) return undefined;
  const found = KEYS.find((name) => parseEnv(readFileSync(path, 'utf8'))[name]);
  return found && `${found} of ${path} is not used: it may be a project's. Copy the file to ${ENV_FILE}`;
}
