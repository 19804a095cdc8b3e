/** What all checks look at: read once, so that they agree. */
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { type Config, ConfigError, readConfig, secretsOf } from '../config/config.ts';
import type { Environment } from '../config/env-files.ts';
import { VARIABLE_ROWS } from '../config/variables.ts';
import { urlOf } from '../http/listen.ts';
import { SCOPES, type Scope } from '../launch/arguments.ts';
import { ANY_TOKEN, expectedOf, pathOf, type Where } from '../launch/context.ts';
import { withoutScriptRunner } from '../launch/environment.ts';
import type { Expected } from '../launch/look.ts';
import { type ReadFile, readFile, readManaged } from '../launch/managed-settings.ts';
import { envOf } from '../launch/settings-file.ts';
import { today } from '../lib/ports.ts';
import { allSecrets, passwordsIn } from '../lib/secrets.ts';
import type { Arguments } from './arguments.ts';
import { Google } from './google.ts';
import type { DoctorPorts } from './ports.ts';

/** One of Claude Code's settings files; where there is a `problem` Claude Code cannot read it either. `managed`: of a company, for all its users. */
export type SettingsFile = ReadFile & { scope: Scope | 'managed' };

/** `name`: the setting that is wrong. */
export type SettingsFault = { name: string; message: string };

export type DoctorContext = {
  ports: DoctorPorts;
  args: Arguments;
  /** The settings without those that are wrong. */
  config: Config;
  faults: readonly SettingsFault[];
  secrets: readonly string[];
  google: Google;
  /** That Claude Code works in. */
  folder: string;
  /** The user's environment, without what a script runner has put there. */
  outside: Environment;
  files: readonly SettingsFile[];
  /** As Claude Code sees it: its settings files go before the environment. */
  own: Environment;
  /** Where `bun run start` serves with these settings. */
  address: string;
  expected: Expected;
};

/** Leaves out each setting that is wrong, so that one mistake does not hide the next. Throws where a flag is wrong. */
function readSound(env: Environment, flags: readonly string[]): Pick<DoctorContext, 'config' | 'faults'> {
  const left: Record<string, string | undefined> = { ...env };
  const faults: SettingsFault[] = [];
  for (;;) {
    try {
      return { config: readConfig(left, flags), faults };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const name = /^([A-Z_]+):/.exec(error.message)?.[1];
      if (name === undefined || left[name] === undefined) throw error;
      faults.push({ name, message: error.message });
      delete left[name];
    }
  }
}

/** Later files win. */
function readFiles(where: Where, managed: string): SettingsFile[] {
  const users = SCOPES.map((scope) => ({ scope, ...readFile(pathOf(scope, where)) }));
  return [...users, ...readManaged(managed).map((file) => ({ scope: 'managed' as const, ...file }))];
}

const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|AUTH|COOKIE/;

/** Characters. A shorter value is a word, and would hide that word everywhere. */
const SHORTEST_SECRET = 8;

/** A path to a secret is none, and whoever is to mend the file must read where it is. */
const isPathOfFile = (name: string, value: string) => name.endsWith('_FILE') && isAbsolute(value);

/** Values that their names call secret. */
export const namedSecrets = (variables: Environment): string[] =>
  Object.entries(variables).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name.toUpperCase()) && value.length >= SHORTEST_SECRET && !isPathOfFile(name, value)
      ? [value]
      : [],
  );

/** Whatever the environment calls a key, beside what the proxy takes for one. */
function secretsIn(config: Config, env: Environment): string[] {
  const ours = VARIABLE_ROWS.flatMap(([name, { secret }]) => (secret === true ? [env[name] ?? ''] : []));
  const inUrls = Object.values(env).flatMap((value = '') => (value.includes('@') ? passwordsIn(value) : []));
  return allSecrets(secretsOf(config), ours, namedSecrets(env), inUrls).filter(
    (secret) => secret !== ANY_TOKEN,
  );
}

/** Throws a ConfigError for folders and flags that cannot be meant. */
export function readContext(args: Arguments, ports: DoctorPorts): DoctorContext {
  const folder = resolve(ports.cwd, args.folder ?? '.');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError(`--folder: ${folder} is no folder`);
  const { config, faults } = readSound(ports.env, args.proxy);
  const outside = withoutScriptRunner(ports.outside);
  const files = readFiles({ outside, folder, ports }, ports.managed);
  const own = { ...outside, ...envOf(files.map(({ settings }) => settings)) };
  return {
    ports,
    args,
    config: { ...config, models: config.models.on(today(ports.clock)) },
    faults,
    secrets: secretsIn(config, { ...own, ...ports.env }),
    google: new Google(config, ports),
    folder,
    outside,
    files,
    own,
    address: urlOf(config.host, config.port),
    expected: expectedOf(config),
  };
}
