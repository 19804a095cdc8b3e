/** What one run of `bun run claude` is about: read once, checked, and the same for all that it may be asked to do. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, ConfigError, readConfig, VERSION } from '../config/config.ts';
import type { Environment } from '../config/env-files.ts';
import { urlOf } from '../http/listen.ts';
import { listModels } from '../http/routes/models.ts';
import type { Clock } from '../lib/ports.ts';
import { type Arguments, SCOPES, type Scope } from './arguments.ts';
import type { OnSignal } from './client.ts';
import { type Served, withoutScriptRunner } from './environment.ts';
import { type Expected, smallestWindow } from './look.ts';
import { readSettings, settingsPath } from './settings-file.ts';
import { stateFolder } from './state-folder.ts';

/** The doors to the outside. */
export type LaunchPorts = {
  /** With the `.env` files. */
  env: Environment;
  /** Without them: Claude Code, and what it runs, need not see a key that is in one. */
  outside: Environment;
  cwd: string;
  home: string;
  platform: string;
  pid: number;
  clock: Clock;
  /** What serves, without flags: `bun src/main.ts`, or one executable. */
  serve: readonly string[];
  hasTerminal: boolean;
  onSignal: OnSignal;
  out(text: string): void;
  /** One line, or several. */
  err(text: string): void;
  /** A line that the user types; undefined where there is nobody to type. */
  readLine(): Promise<string | undefined>;
};

export type LaunchContext = {
  ports: LaunchPorts;
  args: Arguments;
  config: Config;
  /** That Claude Code works in. */
  folder: string;
  state: string;
  /** The user's environment, without what a script runner has put there. */
  outside: Environment;
  /** Where `bun run start` serves with these settings. */
  address: string;
  expected: Expected;
};

/** What Claude Code sends where the proxy asks for nothing. */
export const ANY_TOKEN = 'dummy';

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
    state: stateFolder(ports.platform, ports.env, ports.home),
    outside: withoutScriptRunner(ports.outside),
    address: urlOf(config.host, config.port),
    expected: { token: config.proxyApiKey ?? ANY_TOKEN, version: VERSION, backend: config.backend },
  };
}

/** `inputTokens`: what the proxy says. Where no proxy was asked, the models of these settings decide. */
export function servedAt(baseUrl: string, inputTokens: number | undefined, context: LaunchContext): Served {
  const ours = smallestWindow(listModels(context.config.modelMap));
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
