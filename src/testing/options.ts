/** Turns the options of a call into settings, and the names of settings in errors into those of options. */
import { type Config, HTTP_PROXIES, readConfig } from '../config/config.ts';
import { meant } from '../config/near-misses.ts';
import { VARIABLE_ROWS } from '../config/variables.ts';
import { isObject } from '../lib/json.ts';
import { quoted } from '../lib/shown-text.ts';
import { scenarioFolder } from './scenario-folder.ts';

const COMMON = { port: 'PORT', faults: 'FAULTS' } as const;

/** For each call the options that are settings under another name. */
const OPTIONS = {
  startMock: {
    ...COMMON,
    scenarios: 'SCENARIOS',
    scenario: 'MOCK_SCENARIO',
    strict: 'MOCK_STRICT',
    pace: 'MOCK_PACE',
  },
  startReplay: {
    ...COMMON,
    recording: 'REPLAY',
    speed: 'REPLAY_SPEED',
    match: 'REPLAY_MATCH',
    onMiss: 'REPLAY_ON_MISS',
    repeat: 'REPLAY_REPEAT',
  },
  startProxy: { ...COMMON, key: 'GEMINI_API_KEY', upstream: 'GOOGLE_GEMINI_BASE_URL', record: 'RECORD' },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type Call = keyof typeof OPTIONS;

export const isCall = (text: unknown): text is Call =>
  typeof text === 'string' && Object.hasOwn(OPTIONS, text);

/** What no caller chooses: one process serves, for this machine alone. */
const FIXED = { HOST: '127.0.0.1', WORKERS: '1' };
const OWN: Readonly<Record<Call, Readonly<Record<string, string>>>> = {
  startMock: { ...FIXED, BACKEND: 'mock' },
  startReplay: { ...FIXED, BACKEND: 'replay' },
  startProxy: FIXED,
};
const USUAL = { PORT: '0', LOG_LEVEL: 'ERROR' };

const KEYS = ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'API_KEYS'].flatMap((name) => [name, `${name}_FILE`]);
const SETTINGS: ReadonlySet<string> = new Set([
  ...VARIABLE_ROWS.map(([name]) => name),
  // Bun goes by them for every request.
  ...HTTP_PROXIES,
]);

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (value === undefined) return {};
  if (isObject(value)) return value;
  throw new Error(`${what}: expected an object, got ${quoted(String(value))}`);
}

/** The text of a setting, as its variable would have it. */
function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  throw new Error(`${name}: expected a text, a number, a boolean or an object, got ${String(value)}`);
}

/** Options that say more than a setting can; undefined where the usual text will do. */
const SPECIAL: Readonly<Record<string, (value: unknown, folder: string) => string | undefined>> = {
  scenarios: scenarioFolder,
  speed: (value) => (typeof value === 'number' ? `x${value}` : undefined),
};

/** The option of `call` that stands for a setting. */
const optionFor = (setting: string, call: Call): string | undefined =>
  Object.entries(OPTIONS[call]).find(([, name]) => name === setting)?.[0];

function checkSetting(name: string, call: Call): void {
  const at = `settings.${name}`;
  const option = optionFor(name, call);
  if (option !== undefined) throw new Error(`${at}: is an option of its own: ${option}`);
  if (Object.hasOwn(OWN[call], name))
    throw new Error(`${at}: ${call} has set it to ${OWN[call][name]}; leave it out`);
  if (SETTINGS.has(name)) return;
  const near = meant(name);
  const what = near === undefined ? 'docs/settings.md lists all' : `did you mean ${near}?`;
  throw new Error(`${at}: there is no such setting; ${what}`);
}

const given = (fields: Fields): [string, unknown][] =>
  Object.entries(fields).filter(([, value]) => value !== undefined);

function checkKey(call: Call, settings: Readonly<Record<string, string>>): void {
  if (call !== 'startProxy' || (settings['BACKEND'] ?? 'gemini') !== 'gemini') return;
  if (KEYS.some((name) => settings[name])) return;
  throw new Error('key: is missing; give a key of Gemini, or any text for a stand-in at `upstream`');
}

/**
 * Reads the options. `folder` is where data may be kept. Throws an error whose message begins with the name of the option, or of the
 * setting for which the option stands.
 */
export function readOptions(call: Call, options: unknown, folder: string): Config {
  const { settings, ...others } = fieldsOf(options, 'the options');
  const known: Readonly<Record<string, string>> = OPTIONS[call];
  const named: Record<string, string> = {};
  for (const [name, value] of given(others)) {
    const setting = known[name];
    if (setting === undefined) throw unknownOption(name, call);
    named[setting] = SPECIAL[name]?.(value, folder) ?? textOf(value, name);
  }
  if (call === 'startReplay' && named['REPLAY'] === undefined)
    throw new Error('recording: is missing; give the folder of a recording');
  for (const [name, value] of given(fieldsOf(settings, 'settings'))) {
    checkSetting(name, call);
    named[name] = textOf(value, `settings.${name}`);
  }
  checkKey(call, named);
  const backend = call === 'startProxy' ? { BACKEND: 'gemini' } : {};
  const environment = { ...USUAL, DATA_DIR: folder, ...backend, ...named, ...OWN[call] };
  return readConfig(environment, []);
}

function unknownOption(name: string, call: Call): Error {
  const names = [...Object.keys(OPTIONS[call]), 'settings'].join(', ');
  return new Error(`${name}: ${call} has no such option; it has ${names}`);
}

/** The message of an error. A setting with which it begins is named as the caller has written it. */
export function inTheirWords(error: unknown, call: Call): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, setting = '', rest = ''] = /^([A-Z_]+)(: .*)$/s.exec(message) ?? [];
  if (!SETTINGS.has(setting)) return message;
  return `${optionFor(setting, call) ?? `settings.${setting}`}${rest}`;
}
