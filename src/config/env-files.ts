/**
 * The one reader of `.env` files, at start and when they change. Bun reads them too, before our first line runs, and puts their variables
 * into the environment. So the reader first finds out which variables were there without the files (only those win over a changed
 * file), and then reads by Bun's rules; tests compare it with Bun.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parseEnv } from 'node:util';
import { expandReferences } from './env-references.ts';
import { checkWhole } from './env-whole.ts';
import { ConfigError } from './read-value.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type EnvFiles = {
  /** All files that count, also those that do not exist. */
  paths: readonly string[];
  /** The environment with the files as they were at start. */
  atStart: Environment;
  /** The environment without what the files gave. */
  outside: Environment;
  /** The environment with the files as they are now. Throws a ConfigError where a file cannot be read, or looks half written. */
  read(): Environment;
};

/** What the reader must know of the process: `process` itself will do. */
export type Process = { env: Environment; execArgv: readonly string[]; cwd(): string };

/** Errors that mean "no such file". `EISDIR` is one: a container engine makes a folder where a mounted file is missing. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

function readText(path: string): string {
  try {
    // Editors on Windows put a byte-order mark before the first name.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (ABSENT.has(code)) return '';
    throw new ConfigError(`${path}: cannot be read: ${code ?? error}`);
  }
}

/** Empty for a file that cannot be read: at start Bun has printed a warning for it, and the proxy goes on without it. */
function readTextIfAllowed(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof ConfigError) return '';
    throw error;
  }
}

/** The variables of `outside` and of the files. `outside` wins, then the earlier file. A `$NAME` sees earlier files and its own. */
export function mergeEnvTexts(texts: readonly string[], outside: Environment): Environment {
  const merged = new Map(Object.entries(outside));
  for (const text of texts) {
    const fresh = Object.entries(parseEnv(text)).filter(([name]) => !merged.has(name));
    for (const [name, value] of fresh) merged.set(name, value);
    for (const [name, value] of fresh) merged.set(name, expandReferences(value ?? '', merged));
  }
  return Object.fromEntries(merged);
}

/** The files that Bun's flag `--env-file` names; undefined without the flag. */
function namedFiles(execArgv: readonly string[]): string[] | undefined {
  const files = execArgv.flatMap((argument, index) => {
    if (argument.startsWith('--env-file=')) return [argument.slice('--env-file='.length)];
    return argument === '--env-file' ? [execArgv[index + 1] ?? ''] : [];
  });
  // In Bun the last file wins; here the first.
  return files.length > 0 ? files.flatMap((list) => list.split(',')).reverse() : undefined;
}

function usualFiles(mode: string | undefined): string[] {
  const suffix = mode === 'production' || mode === 'test' ? mode : 'development';
  // Bun leaves it out in tests, so that they do not depend on the machine.
  const local = suffix === 'test' ? [] : ['.env.local'];
  return [`.env.${suffix}.local`, ...local, `.env.${suffix}`, '.env'];
}

function filePaths({ env, execArgv, cwd }: Process): string[] {
  if (execArgv.includes('--no-env-file')) return [];
  const folder = cwd();
  const inFolder = (file: string) => (isAbsolute(file) ? file : join(folder, file));
  const paths = (namedFiles(execArgv) ?? usualFiles(env['NODE_ENV'])).map(inFolder);
  const { NODE_ENV } = mergeEnvTexts(paths.map(readTextIfAllowed), {});
  // A NODE_ENV out of a file has come too late to choose among the files.
  if (NODE_ENV !== undefined && NODE_ENV === env['NODE_ENV'] && !namedFiles(execArgv))
    return usualFiles(undefined).map(inFolder);
  return paths;
}

/**
 * The variables of the environment that do not come from a file: those with another value than the files give. Example: `.env` says
 * `PORT=1` and the environment has `PORT=2`, so `PORT` came from outside. Where both have `PORT=1`, the file counts: a container that was
 * given the file (`env_file`) has its values in both places, and whoever edits the file means it.
 */
function outsideOf(env: Environment, texts: readonly string[]): Environment {
  const names = new Set(texts.flatMap((text) => Object.keys(parseEnv(text))));
  const outside = Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
  const isPlain = (name: string) => texts.every((text) => !parseEnv(text)[name]?.includes('$'));
  // Values without references first: the others may refer to them.
  for (const round of [[...names].filter(isPlain), [...names]]) {
    const merged = mergeEnvTexts(texts, outside);
    for (const name of round) if (merged[name] !== env[name]) outside[name] = env[name];
  }
  return outside;
}

/**
 * Call it at start, while the files are still as Bun has read them. `only`: the one file that counts, which Bun does not read. (The
 * working directory of an installed program is any project's, and its `.env` is for that project.)
 */
export function openEnvFiles(process: Process, only?: string): EnvFiles {
  const paths = only === undefined ? filePaths(process) : [only];
  const texts = paths.map(readTextIfAllowed);
  const names = texts.flatMap((text) => Object.keys(parseEnv(text)));
  // Bun has not read the files (`env = false` in a bunfig.toml), so they are not meant for this process.
  if (only === undefined && names.some((name) => process.env[name] === undefined))
    return noEnvFiles(process.env);
  const outside = only === undefined ? outsideOf(process.env, texts) : process.env;
  // The text of each file when it was last read without a fault.
  const known = new Map(paths.map((path, index) => [path, texts[index] ?? '']));
  const read = () => {
    const fresh = paths.map((path) => [path, readText(path)] as const);
    for (const [path, text] of fresh) checkWhole(path, text, known.get(path) ?? '');
    for (const [path, text] of fresh) known.set(path, text);
    return mergeEnvTexts(
      fresh.map(([, text]) => text),
      outside,
    );
  };
  return { paths, atStart: mergeEnvTexts(texts, outside), outside, read };
}

/** For a process that reads no file, such as one that was given all settings by another. */
export const noEnvFiles = (env: Environment): EnvFiles => ({
  paths: [],
  atStart: env,
  outside: env,
  read: () => env,
});
