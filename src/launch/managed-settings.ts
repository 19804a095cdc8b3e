/**
 * The settings that a company lays on its machines. For Claude Code they go before everything that a user can set, `--settings` included
 * (docs/discoveries/0010).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/read-value.ts';
import { inTheWay } from './environment.ts';
import { envOf, readSettings } from './settings-file.ts';

/** `problem`: why the file cannot be read. Its settings are then empty. */
export type ReadFile = { path: string; settings: Record<string, unknown>; problem: string | undefined };

const FOLDERS: Readonly<Record<string, string>> = {
  darwin: '/Library/Application Support/ClaudeCode',
  win32: 'C:\\Program Files\\ClaudeCode',
};

export const managedFolder = (platform: string): string => FOLDERS[platform] ?? '/etc/claude-code';

export function readFile(path: string): ReadFile {
  try {
    return { path, settings: readSettings(path), problem: undefined };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { path, settings: {}, problem: error.message };
  }
}

/** The files of `folder` that are there, in the order in which later ones win. */
export function readManaged(folder: string): ReadFile[] {
  const more = join(folder, 'managed-settings.d');
  const names = existsSync(more) ? readdirSync(more).filter((name) => name.endsWith('.json')) : [];
  const paths = [join(folder, 'managed-settings.json'), ...names.sort().map((name) => join(more, name))];
  return paths.filter((path) => existsSync(path)).map(readFile);
}

/** One line for each of these files that leads elsewhere than `variables` do; nothing can be done about it here. */
export function leadingElsewhere(
  variables: Readonly<Record<string, string>>,
  files: readonly ReadFile[],
): string[] {
  return files.flatMap(({ path, settings }) => {
    const set = envOf([settings]);
    const others = Object.keys(variables).filter(
      (name) => set[name] !== undefined && set[name] !== variables[name],
    );
    const names = [...others, ...inTheWay(set)];
    return names.length === 0
      ? []
      : [
          `${path} sets ${names.join(', ')}, and nothing overrules that file: Claude Code may not reach the proxy.`,
        ];
  });
}
