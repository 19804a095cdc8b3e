/** Where an installed program keeps what is its user's. */
import { expect, test } from 'bun:test';
import { type UserFolder, userFolder } from '../../src/config/user-folders.ts';

const MAC = '/home/me/Library/Application Support/gemini-claude-proxy';

const ROWS: readonly (readonly [UserFolder, string, Record<string, string>, string])[] = [
  ['config', 'linux', {}, '/home/me/.config/gemini-claude-proxy'],
  ['data', 'linux', {}, '/home/me/.local/share/gemini-claude-proxy'],
  ['state', 'linux', {}, '/home/me/.local/state/gemini-claude-proxy'],
  ['config', 'linux', { XDG_CONFIG_HOME: '/config' }, '/config/gemini-claude-proxy'],
  ['data', 'linux', { XDG_DATA_HOME: '/data' }, '/data/gemini-claude-proxy'],
  ['state', 'linux', { XDG_STATE_HOME: '/state' }, '/state/gemini-claude-proxy'],
  ['state', 'linux', { XDG_STATE_HOME: 'not/absolute' }, '/home/me/.local/state/gemini-claude-proxy'],
  ['data', 'linux', { XDG_DATA_HOME: '' }, '/home/me/.local/share/gemini-claude-proxy'],
  ['config', 'darwin', { XDG_CONFIG_HOME: '/config' }, MAC],
  ['data', 'darwin', {}, MAC],
  ['state', 'darwin', { XDG_STATE_HOME: '/state' }, MAC],
  ['data', 'win32', { LOCALAPPDATA: '/local' }, '/local/gemini-claude-proxy'],
  ['state', 'win32', {}, '/home/me/AppData/Local/gemini-claude-proxy'],
];

test.each(ROWS)('%s on %s with %j is %s', (kind, platform, env, folder) => {
  expect(userFolder(kind, platform, env, '/home/me')).toBe(folder);
});
