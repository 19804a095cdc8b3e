/** Says in plain words where a file has another shape than its schema wants. */
import type { TSchema } from '@sinclair/typebox';
import { Errors, type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { hintAt } from '../../lib/edit-distance.ts';
import { isObject } from '../../lib/json.ts';
import type { Path, Tell } from './problems.ts';

/** The most characters of a wrong value that are shown. */
const SHOWN = 60;

/** Tells everything in `value` that does not fit `schema`. */
export function tellMisfits(schema: TSchema, value: unknown, tell: Tell, at: Path = []): void {
  const told = new Set<string>();
  for (const error of Errors(schema, [], value)) {
    // A missing field is also of a wrong type.
    if (told.has(error.path)) continue;
    told.add(error.path);
    tellMisfit(error, [...at, ...stepsOf(error.path)], tell);
  }
}

function tellMisfit(error: ValueError, at: Path, tell: Tell): void {
  const { type, schema, value } = error;
  if (type === ValueErrorType.Union) tellUnion(schema, value, tell, at);
  else if (type === ValueErrorType.ObjectAdditionalProperties)
    tell(at, unknownField(schema, String(at.at(-1))));
  else if (type === ValueErrorType.ObjectRequiredProperty) tell(at, 'is missing');
  else tell(at, `expected ${expected(schema)}, got ${shown(value)}`);
}

const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN);

function unknownField(schema: TSchema, name: string): string {
  const { properties, patternProperties } = schema as Record<string, object | undefined>;
  const [pattern] = Object.keys(patternProperties ?? {});
  if (pattern !== undefined) return `the name does not fit ${pattern}`;
  return `there is no such field here${hintAt(name, Object.keys(properties ?? {}))}`;
}

/** The variants of a union and of the unions in it. */
const variantsOf = (union: TSchema): TSchema[] =>
  ((union['anyOf'] ?? []) as TSchema[]).flatMap((variant) =>
    variant['anyOf'] ? variantsOf(variant) : [variant],
  );

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : isObject(value) ? 'object' : typeof value;

/** TypeBox says only that no variant fits. The kind of the value shows which variant was meant. */
function tellUnion(union: TSchema, value: unknown, tell: Tell, at: Path): void {
  const variants = variantsOf(union);
  const words = variants.flatMap((variant) => ('const' in variant ? String(variant['const']) : []));
  const meant = variants.find((variant) => !('const' in variant) && variant['type'] === kindOf(value));
  if (meant) tellMisfits(meant, value, tell, at);
  else if (typeof value === 'string' && words.length > 0)
    tell(at, `${shown(value)} is no ${nounOf(union)}${hintAt(value, words)}`);
  else tell(at, `expected ${expected(union)}, got ${shown(value)}`);
}

/** What the words of a union are called. */
function nounOf(union: TSchema): string {
  const own = union['title'];
  if (typeof own === 'string') return own;
  const inner = ((union['anyOf'] ?? []) as TSchema[]).find((variant) => variant['anyOf'] && variant['title']);
  return String(inner?.['title'] ?? 'word that is known here');
}

function expected(schema: TSchema): string {
  if (schema['anyOf']) return [...new Set((schema['anyOf'] as TSchema[]).map(expected))].join(' or ');
  if ('const' in schema) return JSON.stringify(schema['const']);
  switch (schema['type']) {
    case 'string':
      return schema['pattern'] ? `a text that fits ${schema['pattern']}` : 'a text';
    case 'integer':
    case 'number':
      return `a ${schema['type'] === 'integer' ? 'whole number' : 'number'}${rangeText(schema)}`;
    case 'array':
      return schema['minItems'] ? 'a list that is not empty' : 'a list';
    case 'object':
      return schema['minProperties'] ? 'fields, at least one' : 'fields';
    case 'boolean':
      return 'true or false';
    default:
      return 'another value';
  }
}

function rangeText({ minimum, maximum, exclusiveMinimum }: TSchema): string {
  const least = minimum === undefined ? '' : ` from ${minimum}`;
  const above = exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`;
  return `${least}${above}${maximum === undefined ? '' : ` to ${maximum}`}`;
}
