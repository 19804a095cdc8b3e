/**
 * Writes the log: one line for each event, as JSON for machines or as coloured text for a terminal. Fields may contain
 * what clients and upstream have sent, so nothing in a field can forge a line, control a terminal, fill a disk or show
 * a secret.
 */
import { type DestinationStream, pino } from 'pino';
import { isObject } from './json.ts';
import { RecentMap } from './recent-map.ts';
import { allSecrets } from './secrets.ts';
import { shownText, withoutQueries } from './shown-text.ts';

/**
 * The levels, from the one with the most lines to the one with the fewest. They may be written in upper or lower case.
 */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'pretty' | 'json';

export type LogFields = Readonly<Record<string, unknown>>;
/**
 * `forPeople` gives the lines that a terminal shows in place of fields and message, where these are hard to read. An
 * empty list shows nothing.
 */
type Write = (fields: LogFields, message: string, forPeople?: () => readonly string[]) => void;

/** A subset of pino's interface: fields first, then the message. */
export type Logger = {
  /** False where `debug` would write nothing; then the fields for it need not be made. */
  readonly debugging: boolean;
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
  fatal: Write;
  /** Adds values that are hidden from now on: keys that were added after the start. */
  hide(secrets: readonly string[]): void;
};

export type LoggerOptions = {
  level: LogLevel;
  format: LogFormat;
  /** Values that are hidden wherever they occur: keys. */
  secrets?: readonly string[];
  colour?: boolean;
  /** Gets the lines in place of stdout. */
  write?: (line: string) => void;
};

const PINO_LEVEL = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
} as const satisfies Record<LogLevel, string>;

/** The most bytes of one text. */
const MAX_TEXT = 2_048;
const MAX_DEPTH = 5;
/** Indents lines that follow the time, so that people can see where the next message begins. */
const INDENT = '    ';
const visible = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Characters, and the number of texts up to this length that are remembered: the same few texts are in nearly every
 * line (names of fields, paths, models).
 */
const WORD = 100;
const MOST_WORDS = 500;

type Cleaner = {
  /** `value` in a form that is safe to log. */
  clean(value: unknown, depth?: number): unknown;
  text(value: string): string;
};

/** Searching for secrets in every encoding costs much, so the results for short texts are remembered. */
function createCleaner(secrets: readonly string[]): Cleaner {
  const shown = (value: string) =>
    withoutQueries(shownText(value, { secrets, limit: MAX_TEXT, control: visible }));
  const words = new RecentMap<string, string>(MOST_WORDS);
  const text = (value: string): string => {
    if (value.length > WORD) return shown(value);
    let word = words.get(value);
    if (word === undefined) {
      word = shown(value);
      words.set(value, word);
    }
    return word;
  };
  const clean = (value: unknown, depth = 0): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Error)
      return clean({ name: value.name, message: value.message, stack: value.stack }, depth);
    if (depth >= MAX_DEPTH) return '…';
    if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
    if (!isObject(value)) return value;
    // A field may have any name, even `__proto__`.
    const fields: Record<string, unknown> = Object.create(null);
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) fields[text(key)] = clean(item, depth + 1);
    }
    return fields;
  };
  return { clean, text };
}

/** pino's worker threads do not work in a compiled executable, so the pretty stream runs in this thread. */
async function openDestination(options: LoggerOptions): Promise<DestinationStream> {
  const write = options.write;
  const plain = write ? { write } : pino.destination({ dest: 1, sync: true });
  if (options.format === 'json') return plain;
  const { prettyFactory } = await import('pino-pretty');
  const toText = prettyFactory({
    colorize: options.colour ?? false,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    errorLikeObjectKeys: [],
  });
  return { write: (line) => plain.write(toText(JSON.parse(line)) ?? '') };
}

export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const sink = pino(
    {
      level: PINO_LEVEL[options.level],
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      ...(options.format === 'json' ? { formatters: { level: (label) => ({ level: label }) } } : {}),
    },
    await openDestination(options),
  );
  let secrets = allSecrets(options.secrets ?? []);
  let cleaner = createCleaner(secrets);
  const at = (level: 'debug' | 'info' | 'warn' | 'error' | 'fatal'): Write => {
    return (fields, message, forPeople) => {
      if (!sink.isLevelEnabled(level)) return;
      if (forPeople && options.format === 'pretty') {
        const lines = forPeople().map((line) => cleaner.text(line));
        if (lines.length > 0) sink[level](lines.join(`\n${INDENT}`));
      } else sink[level](cleaner.clean(fields), cleaner.text(message));
    };
  };
  return {
    debugging: sink.isLevelEnabled('debug'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    hide: (more) => {
      secrets = allSecrets(secrets, more);
      cleaner = createCleaner(secrets);
    },
  };
}
