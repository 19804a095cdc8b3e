/**
 * The `.env` files once more. Bun has merged them into the environment at start, each variable of a real environment
 * winning over them; this finds out which variables those were, so that the files can be read anew by the same rules.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parseEnv } from 'node:util';
import { expandReferences } from './env-references.ts';
import { checkWhole } from './env-whole.ts';
import { ConfigError } from './read-value.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type EnvFiles = {
  /** Whether they are there or not. */
  paths: readonly string[];
  /** The environment as Bun would make it now. Throws a ConfigError where a file cannot be read, or is not whole. */
  read(): Environment;
};

export type Process = { env: Environment; folder: string; execArgv: readonly string[] };

/** There is nothing to read, which is no error: a folder is what container engines make of a file that is not there. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

function readText(path: string): string {
  try {
    // Editors of Windows begin with a mark that is no part of the first name.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (ABSENT.has(code)) return '';
    throw new ConfigError(`${path}: cannot be read: ${code ?? error}`);
  }
}

/** As at start, where Bun has told of a file that cannot be read, and gone on without it. */
function readTextIfAllowed(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof ConfigError) return '';
    throw error;
  }
}

/** `texts` in their order: earlier ones win, and `outside` over all. References see what was there before, and their own file. */
export function mergeEnvTexts(texts: readonly string[], outside: Environment): Environment {
  const merged = new Map(Object.entries(outside));
  for (const text of texts) {
    const fresh = Object.entries(parseEnv(text)).filter(([name]) => !merged.has(name));
    for (const [name, value] of fresh) merged.set(name, value);
    for (const [name, value] of fresh) merged.set(name, expandReferences(value ?? '', merged));
  }
  return Object.fromEntries(merged);
}

/** Files named by flags of Bun; undefined where there are none. */
function namedFiles(execArgv: readonly string[]): string[] | undefined {
  const files = execArgv.flatMap((argument, index) => {
    if (argument.startsWith('--env-file=')) return [argument.slice('--env-file='.length)];
    return argument === '--env-file' ? [execArgv[index + 1] ?? ''] : [];
  });
  // Of two the later one wins.
  return files.length > 0 ? files.flatMap((list) => list.split(',')).reverse() : undefined;
}

function usualFiles(mode: string | undefined): string[] {
  const suffix = mode === 'production' || mode === 'test' ? mode : 'development';
  // What tests find must not depend on the machine.
  const local = suffix === 'test' ? [] : ['.env.local'];
  return [`.env.${suffix}.local`, ...local, `.env.${suffix}`, '.env'];
}

function filePaths({ env, folder, execArgv }: Process): string[] {
  if (execArgv.includes('--no-env-file')) return [];
  const inFolder = (file: string) => (isAbsolute(file) ? file : join(folder, file));
  const paths = (namedFiles(execArgv) ?? usualFiles(env['NODE_ENV'])).map(inFolder);
  const { NODE_ENV } = mergeEnvTexts(paths.map(readTextIfAllowed), {});
  // It says which files are read only where it does not come from one of them.
  if (NODE_ENV !== undefined && NODE_ENV === env['NODE_ENV'] && !namedFiles(execArgv))
    return usualFiles(undefined).map(inFolder);
  return paths;
}

/**
 * The variables that do not come from a file: those with another value than the files give. A variable that has the same
 * value in both follows the file, which is what somebody expects who has handed the file on (`env_file` of a container).
 */
function outsideOf(env: Environment, texts: readonly string[]): Environment {
  const names = new Set(texts.flatMap((text) => Object.keys(parseEnv(text))));
  const outside = Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
  const isPlain = (name: string) => texts.every((text) => !parseEnv(text)[name]?.includes('$'));
  // Plain ones first: the others may refer to them.
  for (const round of [[...names].filter(isPlain), [...names]]) {
    const merged = mergeEnvTexts(texts, outside);
    for (const name of round) if (merged[name] !== env[name]) outside[name] = env[name];
  }
  return outside;
}

/** To be called at start, while the files are as Bun has read them. */
export function openEnvFiles(process: Process): EnvFiles {
  const paths = filePaths(process);
  const texts = paths.map(readTextIfAllowed);
  const names = texts.flatMap((text) => Object.keys(parseEnv(text)));
  // `env = false` in a bunfig.toml: what stands there was never meant for this process.
  if (names.some((name) => process.env[name] === undefined)) return { paths: [], read: () => process.env };
  const outside = outsideOf(process.env, texts);
  // As they were read last without a fault.
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
  return { paths, read };
}
