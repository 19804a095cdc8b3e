/**
 * `bun run adopt <name>/<n> <case> [--whole] [--blot]` makes a test in `fixtures/turns/<case>` out of request `n` (its
 * number or its folder) of the recording `fixtures/recordings/<name>`. The request is redacted again and made small
 * (`--whole` keeps its size); the goldens come from today's code; the list of all cases is renewed. Nothing is
 * overwritten. The command stops where something is left that looks like a credential; `--blot` blots it out instead.
 */
import { join, relative } from 'node:path';
import { ownRules } from '../src/compose/recording.ts';
import { readConfig, secretsOf } from '../src/config/config.ts';
import { openEnvFiles } from '../src/config/env-files.ts';
import { RECORDINGS } from '../src/config/program.ts';
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

const FLAGS = new Set(['--whole', '--blot']);
const config = readConfig({ ...openEnvFiles(process).atStart, BACKEND: 'mock' }, []);
const [source = '', name = '', ...flags] = process.argv.slice(2);
const [, recording, request] = /^(.+)\/([^/]+)$/.exec(source) ?? [];
if (!recording || !request || name === '' || flags.some((flag) => !FLAGS.has(flag))) {
  console.error('usage: bun run adopt <name>/<n> <case> [--whole] [--blot]');
  process.exit(2);
}

try {
  const { folder, recorded, notes } = await adopt({
    recording: join(RECORDINGS, recording),
    request,
    turns: TURNS,
    name,
    secrets: secretsOf(config),
    own: ownRules(config),
    blot: flags.includes('--blot'),
    whole: flags.includes('--whole'),
  });
  for (const note of notes) console.log(note);
  for (const page of await writeDocs()) console.log(`rewritten: ${page}`);
  const { status, bytes } = recorded.answer;
  console.log(`the client sees: HTTP ${status}\n${ending(bytes)}`);
  console.log(
    `written: ${relative(process.cwd(), folder)} (origin: ${recorded.origin}). Read it before you commit it.`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
