/** Reads the text of one setting by its schema. */
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { tryParseJson } from '../lib/json.ts';
import { quoted } from '../lib/shown-text.ts';

/** A setting that cannot be read. Its message is one line that names the setting, and never shows a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

const QUOTED = /^(["'])(.*)\1$/s;

/** The text without quotes around it: `docker --env-file` leaves them in the value. */
export function unquoted(text: string): string {
  const [, quote = '', inner = ''] = QUOTED.exec(text.trim()) ?? [];
  return quote === '' || inner.includes(quote) ? text : inner;
}

/** A list in a file is often written line by line. */
const commaList = (text: string) =>
  text
    .split(/[,\n]/)
    .map((item) => unquoted(item.trim()))
    .filter((item) => item !== '');

/** Reads the value by the schema's JSON type; undefined where `text` is no such value. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  string: (text) => text,
  boolean: (text) => BOOLEANS[text.toLowerCase()],
  integer: (text) => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined),
  number: (text) => (text.trim() === '' ? undefined : Number(text)),
  array: (text) => (text.startsWith('[') ? tryParseJson(text) : commaList(text)),
  object: tryParseJson,
};

/** The choices of a union of literals; an empty list for another schema. */
export const choicesOf = (schema: TSchema): string[] => {
  const variants: TSchema[] = schema['anyOf'] ?? [];
  return variants.map((variant) => String(variant['const']));
};

function range(schema: TSchema, noun: string): string {
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (exclusiveMinimum !== undefined) return `${noun} above ${exclusiveMinimum}, at most ${maximum}`;
  return maximum === undefined ? `${noun} from ${minimum}` : `${noun} from ${minimum} to ${maximum}`;
}

/** Of a setting that takes any text. */
export const ANY_TEXT = 'text';

/** The values that the setting accepts, in words. */
export function describeSchema(schema: TSchema): string {
  const choices = choicesOf(schema);
  if (choices.length > 0) return `one of ${choices.join(', ')}`;
  if (schema.description !== undefined) return schema.description;
  switch (schema['type']) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return range(schema, 'a whole number');
    case 'number':
      return range(schema, 'a number');
    case 'array':
      return 'a comma-separated list, or a JSON array of strings';
    case 'object':
      return 'a JSON object of strings';
    default:
      return ANY_TEXT;
  }
}

export function readValue(name: string, text: string, schema: TSchema, secret: boolean): unknown {
  // Words of this proxy's own may be written in upper or lower case.
  const isChoice = choicesOf(schema).length > 0 || schema['anyCase'] === true;
  const value = isChoice
    ? text.trim().toLowerCase()
    : READERS[schema['type'] ?? Type.String().type]?.(text.trim());
  if (value !== undefined && Value.Check(schema, value)) return value;
  throw new ConfigError(
    `${name}: expected ${describeSchema(schema)}${secret ? '' : `, got ${quoted(text)}`}`,
  );
}
