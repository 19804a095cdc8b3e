/** What one run of `bun run claude` works with: settings, folders, doors to the outside. All is read and checked once, whatever the run is asked to do. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, ConfigError, readConfig, VERSION } from '../config/config.ts';
import type { Environment } from '../config/env-files.ts';
import { settingDigests } from '../config/setting-names.ts';
import { userFolder } from '../config/user-folders.ts';
import { urlOf } from '../http/listen.ts';
import { listModels } from '../http/routes/models.ts';
import type { Clock } from '../lib/ports.ts';
import { type Arguments, SCOPES, type Scope } from './arguments.ts';
import type { OnSignal } from './client.ts';
import { type Served, withoutScriptRunner } from './environment.ts';
import { type Expected, smallestWindow } from './look.ts';
import { readSettings, settingsPath } from './settings-file.ts';

/** The doors to the outside. */
export type LaunchPorts = {
  /** The environment together with the `.env` files. */
  env: Environment;
  /** The environment without the `.env` files. Claude Code, and what it runs, need not see a key that stands in such a file. */
  outside: Environment;
  cwd: string;
  home: string;
  platform: string;
  /** Where a company lays settings for all users of this machine. */
  managed: string;
  pid: number;
  clock: Clock;
  /** The command that starts a proxy, without flags: `bun src/main.ts`, or one executable. */
  serve: readonly string[];
  hasTerminal: boolean;
  onSignal: OnSignal;
  out(text: string): void;
  /** Prints one line, or several. */
  err(text: string): void;
  /** Reads a line that the user types; undefined where nobody can type. */
  readLine(): Promise<string | undefined>;
};

export type LaunchContext = {
  ports: LaunchPorts;
  args: Arguments;
  config: Config;
  /** The folder in which Claude Code works. */
  folder: string;
  state: string;
  /** The user's environment, without the variables of the script runner that started us. */
  outside: Environment;
  /** The address at which `bun run start` serves with these settings. */
  address: string;
  expected: Expected;
};

/** The token that Claude Code sends to a proxy that wants no key. */
export const ANY_TOKEN = 'dummy';

/** The proxy that these settings make. */
export const expectedOf = (config: Config): Expected => ({
  token: config.proxyApiKey ?? config.clientSecrets[0] ?? ANY_TOKEN,
  version: VERSION,
  backend: config.backend,
  settings: settingDigests(config),
});

/** Throws a ConfigError for settings and folders that cannot be meant. */
export function readContext(args: Arguments, ports: LaunchPorts): LaunchContext {
  const config = readConfig(ports.env, args.proxy);
  const folder = resolve(ports.cwd, args.folder ?? '.');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError(`--folder: ${folder} is no folder`);
  return {
    ports,
    args,
    config,
    folder,
    state: userFolder('state', ports.platform, ports.env, ports.home),
    outside: withoutScriptRunner(ports.outside),
    address: urlOf(config.host, config.port),
    expected: expectedOf(config),
  };
}

/** `inputTokens`: the window that the proxy tells. Where no proxy was asked, the models of these settings decide. */
export function servedAt(baseUrl: string, inputTokens: number | undefined, context: LaunchContext): Served {
  const ours = smallestWindow(listModels(context.config.modelMap, context.config.models));
  const window = inputTokens ?? ours ?? Number.POSITIVE_INFINITY;
  return { baseUrl, token: context.expected.token, inputTokens: window };
}

/** Where Claude Code's settings files are looked for. */
export type Where = Pick<LaunchContext, 'outside' | 'folder'> & { ports: Pick<LaunchPorts, 'home'> };

export function pathOf(scope: Scope, { outside, ports, folder }: Where): string {
  const configFolder = outside['CLAUDE_CONFIG_DIR'] || join(ports.home, '.claude');
  return settingsPath(scope, { folder, configFolder });
}

/** The settings of all files that count in this folder. A file that cannot be read counts as empty: Claude Code itself complains of it. */
export function settingsInForce(context: LaunchContext): Record<string, unknown>[] {
  return SCOPES.map((scope) => {
    try {
      return readSettings(pathOf(scope, context));
    } catch (error) {
      if (error instanceof ConfigError) return {};
      throw error;
    }
  });
}
