/**
 * `bun run adopt <name>/<n> <case>` makes a test in `fixtures/turns/<case>` out of request `n` (its number or its folder)
 * of the recording `fixtures/recordings/<name>`, or of one that is given by its path. The request is redacted again and made small; the goldens come from
 * today's code; the list of all cases is renewed. Nothing is overwritten. USAGE tells the options.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { noSuchRecording, recordingAt } from '../src/commands/recordings/named-recording.ts';
import { ownRules } from '../src/compose/recording.ts';
import { readConfig, secretsOf } from '../src/config/config.ts';
import { openEnvFiles } from '../src/config/env-files.ts';
import { RECORDINGS } from '../src/config/program.ts';
import { readArguments } from '../src/lib/program/arguments.ts';
import { answerLines } from '../tests/support/turns/compare.ts';
import { TURNS } from '../tests/support/turns/folder.ts';
import { writeDocs } from './docs.ts';
import { adopt } from './turns/adopt.ts';

const SHOWN_LINES = 6;
const SHOWN_CHARACTERS = 400;

/** How the answer ends, without token counts. */
function ending(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  if (text.startsWith('{')) return `  ${text.slice(0, SHOWN_CHARACTERS)}`;
  const lines = answerLines(bytes).filter((line) => !/^message_start|\busage\./.test(line));
  return lines
    .slice(-SHOWN_LINES)
    .map((line) => `  ${line.slice(0, SHOWN_CHARACTERS)}`)
    .join('\n');
}

/** As a review counts them. */
const linesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split(/\n(?=.)/s).length)
    .reduce((sum, lines) => sum + lines, 0);

const nextSteps = (name: string, wanted: readonly string[] | undefined): string =>
  `its test fails until the bug is mended: bun test tests/turns.test.ts -t "${name}:"${
    wanted ? '' : '\nnow say what is wanted: edit the expected answer, or "wanted" in meta.json'
  }`;

const USAGE = `usage: bun run adopt <name>/<n> <case> [options]
  --title "…"         what the turn shows, for the list of all
  --expect-fail "…"   the turn shows a bug, this one: its test fails until the bug is mended
  --want "+ …"        a line that must be there once the bug is mended; "- …": must not. May be given several times
  --trim-upstream     also cuts what upstream said, as long as the answer tells the same story
  --whole             leaves the request as large as it is
  --blot              blots out what looks like a credential, and does not stop there`;

const OPTIONS = {
  title: { type: 'string' },
  'expect-fail': { type: 'string' },
  want: { type: 'string', multiple: true },
  'trim-upstream': { type: 'boolean', default: false },
  whole: { type: 'boolean', default: false },
  blot: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** A table and the name of a test have room for one. */
const inOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function readAsked() {
  try {
    const { values, positionals } = readArguments(process.argv.slice(2), OPTIONS, { isPlain: true });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const [source = '', name = '', ...more] = positionals;
    const [, recording = '', request = ''] = /^(.+)\/([^/]+)\/*$/.exec(source) ?? [];
    const { want: wanted, 'trim-upstream': trimUpstream, whole, blot } = values;
    const [title, why] = [values.title, values['expect-fail']].map((text) => text && inOneLine(text));
    if (!recording || name === '' || more.length > 0)
      throw new Error('a request and the name of a case are needed');
    if (wanted && why === undefined) throw new Error('--want says what --expect-fail waits for: give both');
    if (why === '') throw new Error('--expect-fail "…": the reason is empty; say what the bug is');
    const wrong = wanted?.find((line) => !/^[+-] \S/.test(line));
    if (wrong !== undefined) throw new Error(`--want "${wrong}": it begins with "+ " or "- "`);
    const fails = why === undefined ? {} : { fails: { why, ...(wanted ? { wanted } : {}) } };
    return { recording, request, name, trimUpstream, whole, blot, ...fails, ...(title ? { title } : {}) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

function folderOf(recording: string): string {
  const folder = recordingAt(recording, RECORDINGS);
  if (folder === undefined) throw noSuchRecording(recording);
  return folder;
}

const config = readConfig({ ...openEnvFiles(process).atStart, BACKEND: 'mock' }, []);
const { recording, ...asked } = readAsked();

try {
  const { folder, recorded, notes } = await adopt({
    ...asked,
    recording: folderOf(recording),
    turns: TURNS,
    secrets: secretsOf(config),
    own: ownRules(config),
  });
  for (const note of notes) console.log(note);
  for (const page of await writeDocs()) console.log(`rewritten: ${page}`);
  const { status, bytes } = recorded.answer;
  console.log(`the client sees: HTTP ${status}\n${ending(bytes)}`);
  console.log(
    `written: ${relative(process.cwd(), folder)} (origin: ${recorded.origin}, ${linesIn(folder)} lines). Read it before you commit it.`,
  );
  if (recorded.fails) console.log(nextSteps(asked.name, recorded.fails.wanted));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
