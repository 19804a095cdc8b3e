/**
 * `bun run statusline`: one line for Claude Code's status line, from the JSON that Claude Code writes to its standard
 * input. It asks the proxy that Claude Code uses, or else reads the file of usage. It is run after every answer, so it loads next to
 * nothing; and it says little rather than fail.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { asCalled, serveCommand, usualDataDir } from '../config/program.ts';
import { sessionLabel } from '../lib/hash.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import { readArguments } from '../lib/program/arguments.ts';
import { FORM, ownFile } from '../lib/program/own-files.ts';
import { knownDollars, PAID, UNPAID, USAGE_FILE } from '../usage/counts.ts';
import { statusText, type Told } from '../usage/status-text.ts';

/** Milliseconds for the proxy's answer: most come within five. */
const ASK_MS = 250;

const OPTIONS = { help: { type: 'boolean', short: 'h' } } as const;

type Env = Readonly<Record<string, string | undefined>>;

const setup = (): string => {
  const command = [...serveCommand(), 'statusline'].map((word) =>
    /[^\w./:@=-]/.test(word) ? `"${word}"` : word,
  );
  const settings = { statusLine: { type: 'command', command: command.join(' ') } };
  return asCalled(`One line for Claude Code's status line: the Gemini model, tokens, what the session has cost, a key in trouble.
Put this into ~/.claude/settings.json, or the .claude/settings.json of a project:

${JSON.stringify(settings, undefined, 2)}
`);
};

/** The address of the proxy, without what some clients write at its end. */
const addressIn = ({ ANTHROPIC_BASE_URL: url }: Env): string | undefined =>
  url ? url.replace(/\/+$/, '').replace(/\/v1$/, '') : undefined;

async function fromProxy(env: Env, session: string): Promise<Told | undefined> {
  const address = addressIn(env);
  if (address === undefined) return undefined;
  try {
    const key = env['ANTHROPIC_AUTH_TOKEN'] || env['ANTHROPIC_API_KEY'] || 'dummy';
    const response = await fetch(`${address}/health?session=${session}`, {
      headers: { 'x-api-key': key },
      signal: AbortSignal.timeout(ASK_MS),
    });
    const health: unknown = await response.json();
    return isObject(health) && 'streams_in_flight' in health ? (health as Told) : undefined;
  } catch {
    // The proxy is away, or somebody else answers there.
    return undefined;
  }
}

const folderIn = (env: Env): string => {
  const named = env['DATA_DIR'];
  if (named) return resolve(named);
  return FORM === 'clone' ? ownFile('.data') : usualDataDir(env);
};

async function fromFile(env: Env, session: string): Promise<Told | undefined> {
  const file = join(folderIn(env), USAGE_FILE);
  if (!existsSync(file)) return undefined;
  const { readUsageFile } = await import('../usage/read-file.ts');
  return readUsageFile(file, (reader) => {
    const found = reader.session(session, PAID) ?? reader.session(session, UNPAID);
    if (!found) return undefined;
    const { in: tokens_in, cached: tokens_cached, out: tokens_out, unpriced: unpriced_calls, model } = found;
    const dollars = knownDollars(found) ?? null;
    return { usage: { session: { tokens_in, tokens_cached, tokens_out, dollars, unpriced_calls, model } } };
  });
}

export async function statusline(argv: readonly string[]): Promise<void> {
  if (readArguments(argv, OPTIONS).values.help || isatty(0)) {
    process.stdout.write(setup());
    return;
  }
  try {
    const given = tryParseJson(await Bun.stdin.text());
    const status = isObject(given) ? given : {};
    const id = status['session_id'];
    const session = typeof id === 'string' ? sessionLabel(id) : '';
    const told = (await fromProxy(process.env, session)) ?? (await fromFile(process.env, session));
    const why = addressIn(process.env) ? 'the proxy does not answer' : 'ANTHROPIC_BASE_URL names no proxy';
    process.stdout.write(`${statusText(told, status, why)}\n`);
  } catch {
    // A status line that fails is blank in Claude Code, and helps nobody.
    process.stdout.write('gemini-claude-proxy: nothing is known\n');
  }
  process.exit(0);
}
