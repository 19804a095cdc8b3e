/** Where known secrets stand in a text, in whatever writing. */
import { readingsOf } from './readings/index.ts';
import { lettersInBytes, lettersOf, lettersReading } from './readings/letters.ts';
import { type Reading, type Span, within } from './readings/reading.ts';
import type { Unescaped } from './readings/unescaped.ts';
import { secretPattern } from './secret-pattern.ts';

/** The keys of a process are few, and looked for in every line. */
const patterns = new Map<string, RegExp | undefined>();

function patternOf(secret: string): RegExp | undefined {
  if (!patterns.has(secret)) patterns.set(secret, secretPattern(secret));
  return patterns.get(secret);
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

function lettersIn(letters: Reading, secrets: readonly string[]): Span[] {
  const known = secrets.map(lettersOf).filter((wanted) => wanted !== undefined);
  return known.flatMap((wanted) =>
    Array.from(placesOf(wanted, letters.text)).flatMap((at) => letters.spans(at, at + wanted.length)),
  );
}

export function secretsIn(reading: Reading, secrets: readonly string[]): Span[] {
  if (secrets.length === 0) return [];
  const whole = secrets.flatMap((secret) => {
    const pattern = patternOf(secret);
    return pattern ? matchesIn(reading, pattern) : [];
  });
  const letters = isPlain(reading) ? lettersReading(reading) : lettersInBytes(reading);
  return [...whole, ...lettersIn(within(reading, letters), secrets)];
}

const LONGER_IN_BASE64 = 4 / 3;

/** Each character of `text` is a byte. */
export function findSecrets(text: string, secrets: readonly string[]): Span[] {
  if (secrets.length === 0) return [];
  const { plain, decoded } = readingsOf(text);
  const spans = secretsIn(plain, secrets);
  // Nothing that is shorter can hold one of them encoded.
  if (text.length < Math.min(...secrets.map(({ length }) => length)) * LONGER_IN_BASE64)
    return mergeSpans(spans);
  for (const { reading } of decoded) for (const span of secretsIn(reading, secrets)) spans.push(span);
  return mergeSpans(spans);
}

/** In order, and none within or beside another. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const { start, length } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (!last || start > last.start + last.length) merged.push({ start, length });
    else last.length = Math.max(last.length, start + length - last.start);
  }
  return merged;
}
