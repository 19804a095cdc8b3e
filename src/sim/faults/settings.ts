/** The parameters of faults. Every value is a number: a count, a number of bytes, or milliseconds. */

type Unit = 'count' | 'bytes' | 'time';

export const PARAMETERS = {
  frame: { unit: 'count', says: 'the event it strikes, or after which it strikes; the first is 1' },
  byte: { unit: 'bytes', says: 'strikes after that many bytes of the body' },
  after: { unit: 'time', says: 'strikes that long after the head' },
  for: { unit: 'time', says: 'how long it lasts; `ever` is until somebody gives up' },
  code: { unit: 'count', says: "the status; in a body the error's code, where 0 leaves it out" },
  'retry-after': { unit: 'time', says: 'adds the header' },
  'retry-info': { unit: 'time', says: "adds Google's RetryInfo" },
  size: { unit: 'bytes', says: 'how big it is' },
  rate: { unit: 'bytes', says: 'bytes a second' },
  limit: { unit: 'count', says: 'how many requests pass before a window refuses' },
} as const satisfies Record<string, { unit: Unit; says: string }>;

export type Parameter = keyof typeof PARAMETERS;
export type Settings = Readonly<Partial<Record<Parameter, number>>>;

/** Only one of these parameters may be set, because a fault strikes at one place. */
export const PLACES: readonly Parameter[] = ['frame', 'byte', 'after'];

export const isParameter = (name: string): name is Parameter => Object.hasOwn(PARAMETERS, name);

/** The longest time that may be set. (A timer cannot be set for longer than 24.8 days.) */
const LONGEST_MS = 24 * 3_600_000;
const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1_000, mb: 1_000_000 };
const MOST_BYTES = 100_000_000;

const EXPECTED: Readonly<Record<Unit, string>> = {
  count: 'a whole number',
  bytes: 'bytes, such as 512, 10kB or 10MB, at most 100MB',
  time: 'a time, such as 250ms, 1s or 2m, at most 24h',
};

export const unitText = (unit: Unit): string => EXPECTED[unit];
export const expectedOf = (name: Parameter): string => unitText(PARAMETERS[name].unit);

/** Reads the value of a parameter; undefined where `text` is no value of its kind. */
export function readSetting(name: Parameter, text: string): number | undefined {
  switch (PARAMETERS[name].unit) {
    case 'count':
      return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
    case 'bytes':
      return scaled(text.toLowerCase(), BYTE_UNITS, MOST_BYTES);
    case 'time':
      return text === 'ever' && name === 'for' ? Infinity : readTime(text);
  }
}

/** Reads a length of time; undefined where `text` is none. */
export const readTime = (text: string): number | undefined => scaled(text, TIME_UNITS, LONGEST_MS);

function scaled(text: string, units: Readonly<Record<string, number>>, most: number): number | undefined {
  const [, number, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([a-z]*)$/.exec(text) ?? [];
  const factor = units[unit];
  if (number === undefined || factor === undefined) return undefined;
  const value = Math.round(Number(number) * factor);
  return value <= most ? value : undefined;
}

/** The value in the form in which people write it. */
export function settingText(name: Parameter, value: number): string {
  const { unit } = PARAMETERS[name];
  if (unit === 'time')
    return value === Infinity ? 'ever' : value % 1_000 === 0 ? `${value / 1_000}s` : `${value}ms`;
  if (unit !== 'bytes' || value === 0) return String(value);
  if (value % 1_000_000 === 0) return `${value / 1_000_000}MB`;
  return value % 1_000 === 0 ? `${value / 1_000}kB` : String(value);
}

/**
 * The row's defaults, replaced by the values that were given. A place that was given replaces the default place,
 * whatever its kind.
 */
export function withDefaults(
  takes: Readonly<Partial<Record<Parameter, number | undefined>>>,
  given: Settings,
): Settings {
  const placed = PLACES.some((place) => given[place] !== undefined);
  const kept = Object.entries(takes).filter(
    ([name, value]) => value !== undefined && !(placed && PLACES.some((place) => place === name)),
  );
  return { ...Object.fromEntries(kept), ...given };
}
