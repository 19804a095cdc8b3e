/** Finds known secrets in a text, whatever encoding is used for them there. */
import { readingsOf } from './readings/index.ts';
import { lettersInBytes, lettersOf, lettersReading } from './readings/letters.ts';
import { type Reading, type Span, within } from './readings/reading.ts';
import type { Unescaped } from './readings/unescaped.ts';
import { secretPattern } from './secret-pattern.ts';

/**
 * The patterns of secrets that were searched for. A process has few keys, and every log line is searched for all of
 * them.
 */
const patterns = new Map<string, RegExp | undefined>();

function patternOf(secret: string): RegExp | undefined {
  if (!patterns.has(secret)) patterns.set(secret, secretPattern(secret));
  return patterns.get(secret);
}

/** The letters of each secret, which are searched for as well. */
const lettersWanted = new Map<string, string | undefined>();

function wantedLetters(secret: string): string | undefined {
  if (!lettersWanted.has(secret)) lettersWanted.set(secret, lettersOf(secret));
  return lettersWanted.get(secret);
}

export function matchesIn(reading: Reading, pattern: RegExp): Span[] {
  return [...reading.text.matchAll(pattern)].flatMap(({ 0: found, index }) =>
    reading.spans(index, index + found.length),
  );
}

const isPlain = (reading: Reading): reading is Unescaped => 'lengthAt' in reading;

function* placesOf(wanted: string, text: string): Generator<number> {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) yield at;
}

/** Characters. Few texts are longer, but these may have megabytes. */
const SHORT = 200;
/** Matches the characters after which another line may begin. */
const BREAKS = /[\n\r"\\]/;

/**
 * False where the letters of no secret can be in the text. This is true for most texts, and costs much less than the
 * real search.
 */
function mayHoldLetters({ text }: Reading, wanted: readonly string[]): boolean {
  if (text.length > SHORT || BREAKS.test(text)) return true;
  const all = text.replace(/[^A-Za-z0-9]+/g, '');
  return wanted.some((one) => all.includes(one));
}

function lettersIn(reading: Reading, secrets: readonly string[]): Span[] {
  const wanted = secrets.map(wantedLetters).filter((one) => one !== undefined);
  if (!mayHoldLetters(reading, wanted)) return [];
  const letters = within(reading, isPlain(reading) ? lettersReading(reading) : lettersInBytes(reading));
  return wanted.flatMap((one) =>
    Array.from(placesOf(one, letters.text)).flatMap((at) => letters.spans(at, at + one.length)),
  );
}

export function secretsIn(reading: Reading, secrets: readonly string[]): Span[] {
  if (secrets.length === 0) return [];
  const whole = secrets.flatMap((secret) => {
    const pattern = patternOf(secret);
    return pattern && reading.text.search(pattern) >= 0 ? matchesIn(reading, pattern) : [];
  });
  return [...whole, ...lettersIn(reading, secrets)];
}

const LONGER_IN_BASE64 = 4 / 3;

/** Finds the places of secrets. Each character of `text` stands for one byte. */
export function findSecrets(text: string, secrets: readonly string[]): Span[] {
  if (secrets.length === 0) return [];
  const { plain, decoded } = readingsOf(text);
  const spans = secretsIn(plain, secrets);
  // A text shorter than this cannot contain a secret, not even in encoded form.
  if (text.length < Math.min(...secrets.map(({ length }) => length)) * LONGER_IN_BASE64)
    return mergeSpans(spans);
  for (const { reading } of decoded) for (const span of secretsIn(reading, secrets)) spans.push(span);
  return mergeSpans(spans);
}

/** The spans in order. Spans that touch or overlap are joined. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const { start, length } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (!last || start > last.start + last.length) merged.push({ start, length });
    else last.length = Math.max(last.length, start + length - last.start);
  }
  return merged;
}
