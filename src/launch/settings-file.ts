/**
 * One of Claude Code's settings files: what it says, how it is changed, and how the change is taken back. Claude Code itself writes to
 * these files while people work. So the file gets its old text back only where nobody else has written since; else only what we wrote goes.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError } from '../config/read-value.ts';
import { shortHash } from '../lib/hash.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Scope } from './arguments.ts';
import { type Path, valueAt, withMember, withoutMember } from './json-edit.ts';

/** What must be in the file: members of `env`, and other members. */
export type Wanted = readonly (readonly [path: Path, value: string])[];

/** What was written into a file, and what had been in the file before, so that the change can be taken back. */
type Note = {
  file: string;
  /** The text before; undefined where there was no file. */
  before: string | undefined;
  /** The hash of the text that was written. */
  digest: string;
  wanted: Wanted;
  /** The highest folder that was made for the file, where any was. */
  madeFolder?: string;
};

const EMPTY = '{}\n';
/** The whole hash, not a part: whether a file is still as it was written decides what becomes of the file. */
const digestOf = (text: string): string => shortHash(text, 43);

export type Homes = { folder: string; configFolder: string };

export function settingsPath(scope: Scope, { folder, configFolder }: Homes): string {
  if (scope === 'user') return join(configFolder, 'settings.json');
  return join(folder, '.claude', scope === 'project' ? 'settings.json' : 'settings.local.json');
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * The path behind all links, since some users keep their dotfiles elsewhere. What is not there yet has the path that it will have: the note of a
 * file must be found when the file is there, whichever way leads to it.
 */
function realPath(path: string, links = 0): string {
  if (existsSync(path)) return realpathSync(path);
  if (links > MOST_LINKS)
    throw new ConfigError(`${path} is a link that leads to itself. Nothing was changed`);
  const folder = dirname(path);
  if (folder === path) return path;
  const real = join(realPath(folder, links), basename(path));
  const isLink = lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? realPath(resolve(dirname(real), readlinkSync(real)), links + 1) : real;
}

/** The text of the file; undefined where there is no file. Throws a ConfigError where its bytes could not be kept. */
function readText(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) return undefined;
  // To read a pipe would last for ever, and to replace a device would break this machine.
  if (!stats.isFile())
    throw new ConfigError(`${file} cannot be read: it is no ordinary file. Nothing was changed`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8' : String(error);
    throw new ConfigError(`${file} cannot be read: ${why}. Nothing was changed`);
  }
}

function parse(file: string, text: string): Record<string, unknown> {
  const root = parsed(file, text.replace(/^\uFEFF/, ''));
  if (isObject(root)) return root;
  throw new ConfigError(`${file} holds no JSON object, so Claude Code does not read it. Nothing was changed`);
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `${file} is not valid JSON (${why}), so Claude Code does not read it either. Comments and commas at the end are not allowed there. Mend it, then run this again; nothing was changed`,
    );
  }
}

/** The settings of the file; empty where there is none. Throws a ConfigError where they cannot be read. */
export function readSettings(file: string): Record<string, unknown> {
  const text = readText(file);
  return text === undefined || text.trim() === '' ? {} : parse(file, text);
}

function checkParents(file: string, root: unknown, wanted: Wanted): void {
  for (const [path] of wanted) {
    const parent = valueAt(root, path.slice(0, -1));
    if (parent !== undefined && !isObject(parent))
      throw new ConfigError(`${file}: ${path.slice(0, -1).join('.')} is no object. Nothing was changed`);
  }
}

/** `text` with all that is wanted; the same text where it has all of it. */
function withWanted(file: string, text: string, wanted: Wanted): string {
  const root = parse(file, text);
  checkParents(file, root, wanted);
  const missing = wanted.filter(([path, value]) => valueAt(root, path) !== value);
  return missing.reduce((now, [path, value]) => withMember(now, path, value), text);
}

/** `text` without what we wrote: only what others wrote remains. */
function withoutOurs(file: string, text: string, { before, wanted }: Note): string {
  const now = parse(file, text);
  const then = before === undefined || before.trim() === '' ? {} : parse(file, before);
  const ours = wanted.filter(([path, value]) => valueAt(now, path) === value);
  const restored = ours.reduce((left, [path]) => {
    const old = valueAt(then, path);
    return typeof old === 'string' ? withMember(left, path, old) : withoutMember(left, path);
  }, text);
  const parents = new Set(wanted.flatMap(([path]) => (path.length > 1 ? [path[0] ?? ''] : [])));
  return [...parents].reduce((left, key) => {
    const value = valueAt(parse(file, left), [key]);
    const isLeftOver =
      isObject(value) && Object.keys(value).length === 0 && valueAt(then, [key]) === undefined;
    return isLeftOver ? withoutMember(left, [key]) : left;
  }, restored);
}

// ── notes ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where notes are kept: in a folder that only its user can read, since settings may hold keys. */
const notePath = (state: string, file: string): string => join(state, 'settings', `${shortHash(file)}.json`);

function readNote(state: string, file: string): Note | undefined {
  const path = notePath(state, file);
  if (!existsSync(path)) return undefined;
  const note = tryParseJson(readFileSync(path, 'utf8'));
  if (isObject(note) && Array.isArray(note['wanted'])) return note as Note;
  throw new ConfigError(
    `${path} should say what was written into ${file}, and is damaged. Nothing was changed. Delete that file, then take out of ${file} by hand what does not belong there`,
  );
}

/** Throws where the file has changed since it was looked at. The user may take minutes to say yes, and Claude Code writes to the file. */
function checkSame(file: string, text: string | undefined): void {
  if (readText(file) !== text)
    throw new ConfigError(`${file} was changed meanwhile. Nothing was written; run this again`);
}

/** Writes the file whole or not at all. Only its user can read a new file. */
function replaceFile(file: string, text: string): void {
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0o600;
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    writeFileSync(draft, text, { mode });
    chmodSync(draft, mode);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${file} cannot be written: ${why}`);
  }
}

/** The highest folder that had to be made; undefined where all were there. */
function makeFolder(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${folder} cannot be made: ${why}`);
  }
}

// ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────

export type Change = {
  file: string;
  /** The text of the file before and after the change; undefined where there is no file. */
  before: string | undefined;
  after: string | undefined;
  /** True where others have written since: only what we wrote is taken back. */
  isPartial: boolean;
  apply(): void;
};

/** `wantedIn` is told what the file would hold without us. Undefined where the file is as it should be. */
export function planWrite(
  path: string,
  wantedIn: (settings: unknown) => Wanted,
  state: string,
): Change | undefined {
  const file = realPath(path);
  const now = readText(file);
  const note = readNote(state, file);
  const before = note === undefined || now === undefined ? now : asBefore(file, now, note);
  const base = before === undefined || before.trim() === '' ? EMPTY : before;
  const wanted = wantedIn(parse(file, base));
  const after = withWanted(file, base, wanted);
  if (after === now) return undefined;
  const apply = () => {
    checkSame(file, now);
    const made = makeFolder(dirname(file)) ?? note?.madeFolder;
    makeFolder(join(state, 'settings'));
    // The note is written first. A note of what was never written is better than a written file that cannot be undone.
    const folder = made === undefined ? {} : { madeFolder: made };
    const kept: Note = { file, before, digest: digestOf(after), wanted, ...folder };
    replaceFile(notePath(state, file), JSON.stringify(kept));
    replaceFile(file, after);
  };
  return { file, before: now, after, isPartial: false, apply };
}

/**
 * Takes the change back: to the byte where nobody has written since, else without what we wrote. A file that was not there before goes, if
 * nothing is left in it.
 */
function asBefore(file: string, now: string, note: Note): string | undefined {
  if (digestOf(now) === note.digest) return note.before;
  const left = withoutOurs(file, now, note);
  const isEmpty = Object.keys(parse(file, left)).length === 0;
  return note.before === undefined && isEmpty ? undefined : left;
}

/** How to take the change back; undefined where nothing of ours is in the file. */
export function planUndo(path: string, state: string): Change | undefined {
  const file = realPath(path);
  const note = readNote(state, file);
  if (!note) return undefined;
  const now = readText(file);
  const after = now === undefined ? undefined : asBefore(file, now, note);
  const apply = () => {
    if (after !== undefined) replaceFile(file, after);
    else rmSync(file, { force: true });
    if (after === undefined && note.madeFolder !== undefined)
      removeEmptyFolders(dirname(file), note.madeFolder);
    rmSync(notePath(state, file));
  };
  const isPartial = now !== undefined && digestOf(now) !== note.digest;
  return { file, before: now, after, isPartial, apply };
}

/** Removes `folder` and those above it, up to `highest`, as far as they are empty. */
function removeEmptyFolders(folder: string, highest: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Somebody has put something there since.
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
    if (code !== 'ENOENT') throw error;
  }
  if (folder !== highest && folder.startsWith(highest)) removeEmptyFolders(dirname(folder), highest);
}

/** The `env` of several settings together. Later settings win. */
export function envOf(settings: readonly unknown[]): Record<string, string> {
  const entries = settings.flatMap((each) => {
    const env = valueAt(each, ['env']);
    return isObject(env) ? Object.entries(env) : [];
  });
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts);
}

/** True where the user has chosen how Claude Code asks for permission. */
export const choosesPermissions = (settings: unknown): boolean =>
  valueAt(settings, ['permissions', 'defaultMode']) !== undefined;
