/**
 * `bun run drift` finds out where the world differs from our tables. It looks at the types of `@google/genai`, at the
 * turns and recordings at hand (`CORPUS_DIR` among them) and, with a key, at the live API. Exit 0: it saw everything,
 * and nothing differs. 1: something differs. 2: nothing differs in what it saw, but something could not be looked at.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, readConfig } from '../src/config/config.ts';
import { openEnvFiles } from '../src/config/env-files.ts';
import { RECORDINGS } from '../src/config/program.ts';
import { ConfigError } from '../src/config/read-value.ts';
import { systemClock, today } from '../src/lib/ports.ts';
import { ArgumentError, readArguments } from '../src/lib/program/arguments.ts';
import { TURNS } from '../tests/support/turns/folder.ts';
import { ACCEPTED } from './drift/accepted.ts';
import { createConsent } from './drift/live/consent.ts';
import { lookAtLive } from './drift/live/live.ts';
import { judge, type Look } from './drift/look.ts';
import { lookAtCorpus, lookAtOwnRecordings, lookAtRequests } from './drift/recordings.ts';
import { lookAtSdk } from './drift/sdk.ts';

const USAGE = `usage: bun run drift [--only sdk,turns,recordings,corpus,live] [--yes] [--budget DOLLARS]
                     [--keep NAME] [--no-keep] [--timeout SECONDS]
With a key (GEMINI_API_KEY) the live API is asked. What costs is told first, and asked after --yes, after
--budget where that is enough, or after a yes on the terminal. What came is kept as a recording.`;

const OPTIONS = {
  only: { type: 'string' },
  yes: { type: 'boolean', default: false },
  budget: { type: 'string' },
  keep: { type: 'string' },
  'no-keep': { type: 'boolean', default: false },
  timeout: { type: 'string', default: '120' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Also for arguments that are wrong: nothing was looked at. */
const EXIT_NOT_LOOKED = 2;
const NAME = /^[a-z0-9][a-z0-9._-]*$/i;

function fail(message: string): never {
  console.error(`${message}\n${USAGE}`);
  process.exit(EXIT_NOT_LOOKED);
}

function readOptions() {
  try {
    return readArguments(process.argv.slice(2), OPTIONS).values;
  } catch (error) {
    if (error instanceof ArgumentError) return fail(error.message);
    throw error;
  }
}

const values = readOptions();

function positive(name: 'budget' | 'timeout'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) fail(`--${name}: expected a number above 0, got "${text}"`);
  return number;
}

/** A new folder: what was recorded earlier the same day stays as it is. */
function newRecording(): string | undefined {
  if (values['no-keep']) return undefined;
  const name = values.keep ?? `drift-${today(systemClock)}`;
  if (!NAME.test(name)) fail(`--keep: expected a name for a recording, got "${name}"`);
  if (values.keep !== undefined && existsSync(join(RECORDINGS, name)))
    fail(`--keep: there is a recording called ${name}; choose another name, or remove it`);
  for (let number = 1; ; number++) {
    const folder = join(RECORDINGS, number === 1 ? name : `${name}-${number}`);
    if (!existsSync(folder)) return folder;
  }
}

const say = (line: string) => console.log(line);

function lookAtGoogle(config: Config): Promise<Look> {
  const budget = positive('budget');
  const keep = newRecording();
  return lookAtLive({
    key: config.apiKeys[0],
    baseUrl: config.baseUrl,
    fetch: globalThis.fetch,
    clock: systemClock,
    timeoutMs: (positive('timeout') ?? 0) * 1000,
    redact: config.redact,
    keep,
    refuse: createConsent({ say, isAgreed: values.yes, budget }),
    budget,
    say,
  });
}

const LOOKS = {
  sdk: () => lookAtSdk(),
  turns: () => lookAtRequests('the turns', [TURNS]),
  recordings: () => lookAtOwnRecordings(RECORDINGS),
  corpus: () => lookAtCorpus(process.env['CORPUS_DIR'] ?? join(import.meta.dir, '../../shared')),
  live: () => lookAtGoogle(readConfig({ ...openEnvFiles(process).atStart, BACKEND: 'mock' }, [])),
} satisfies Record<string, () => Look | Promise<Look>>;

type Source = keyof typeof LOOKS;
const SOURCES = Object.keys(LOOKS) as Source[];

function wanted(): Source[] {
  if (values.only === undefined) return SOURCES;
  const names = values.only.split(',');
  const unknown = names.filter((name) => !Object.hasOwn(LOOKS, name));
  if (unknown.length > 0) fail(`--only: there is no ${unknown.join(', ')}; there are ${SOURCES.join(', ')}`);
  return SOURCES.filter((source) => names.includes(source));
}

async function main(): Promise<void> {
  const looks: Look[] = [];
  for (const source of wanted()) looks.push(await LOOKS[source]());
  const { lines, exitCode } = judge(looks, ACCEPTED);
  for (const line of lines) console.log(line);
  process.exitCode = exitCode;
}

if (values.help) {
  console.log(USAGE);
} else {
  await main().catch((error: unknown) => {
    // Exit 1 would say that something differs.
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = EXIT_NOT_LOOKED;
  });
}
