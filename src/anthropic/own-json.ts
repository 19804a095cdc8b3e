/**
 * Finds the JSON of the client's own in a request: arguments of calls, and schemas of tools. The numbers in this JSON
 * keep their digits (`exact-json.ts`). All other numbers are computed with, and stay plain JavaScript numbers.
 */
import { isRawNumber, parseExact } from '../lib/exact-json.ts';
import { isObject } from '../lib/json.ts';

/** The places of arguments that a model wrote. `*` stands for each item of a list. */
const ARGUMENTS = ['messages.*.content.*.input', 'tools.*.input_examples'];

const SCHEMAS = [
  'tools.*.input_schema',
  'messages.*.content.*.tool.input_schema',
  'messages.*.content.*.tool.definition.input_schema',
  'output_config.format.schema',
  'output_format.schema',
];

/** Replaces numbers that lost digits when `request` was parsed from `text`. Changes `request`. */
export function keepOwnDigits(request: unknown, text: string): void {
  const exact = parseExact(text);
  for (const path of ARGUMENTS) take(request, exact, path.split('.'), (value) => value);
  for (const path of SCHEMAS) take(request, exact, path.split('.'), exactValues);
}

function take(
  plain: unknown,
  exact: unknown,
  path: readonly string[],
  make: (value: unknown) => unknown,
): void {
  const [step = '', ...rest] = path;
  if (step === '*') {
    if (!Array.isArray(plain) || !Array.isArray(exact)) return;
    for (const [index, item] of plain.entries()) take(item, exact[index], rest, make);
  } else if (isObject(plain) && isObject(exact) && Object.hasOwn(plain, step)) {
    if (rest.length === 0) plain[step] = make(exact[step]);
    else take(plain[step], exact[step], rest, make);
  }
}

/**
 * The keywords that hold values of the client's tool. All other numbers of a schema are read and compared by this
 * proxy.
 */
const VALUE_KEYWORDS: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'example']);

/** The keywords that hold schemas under names that the author chooses, such as `default`. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

type Place = 'schema' | 'named' | 'value';

function placeAt(key: string, place: Place): Place {
  if (place === 'value') return 'value';
  if (place === 'named') return 'schema';
  if (VALUE_KEYWORDS.has(key)) return 'value';
  return NAMED.has(key) ? 'named' : 'schema';
}

/**
 * A schema whose values keep their digits. In a schema `1.0` and `1` mean the same, so only integers that would change
 * stay raw, and only where they are values.
 */
const exactValues = (schema: unknown): unknown => mostlyPlain(schema, 'schema');

function mostlyPlain(value: unknown, place: Place): unknown {
  if (isRawNumber(value)) {
    const digits = JSON.stringify(value);
    return place === 'value' && /^-?\d+$/.test(digits) && !Number.isSafeInteger(Number(digits))
      ? value
      : Number(digits);
  }
  if (Array.isArray(value)) return value.map((item) => mostlyPlain(item, place));
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [
    key,
    mostlyPlain(member, placeAt(key, place)),
  ]);
  return Object.fromEntries(members);
}
