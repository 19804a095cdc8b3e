/**
 * Says in Anthropic's words what is wrong with a value: a path with dots, a colon, a short sentence. Inside a union of
 * tagged objects the tag is a part of the path (`messages.0.content.1.image.source`), as in the API's own errors.
 * Claude Code reads in such a path which part of its request to leave out.
 */
import type { TSchema } from '@sinclair/typebox';
import { Errors, type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { isObject } from '../lib/json.ts';

const NOUNS: Readonly<Record<string, string>> = {
  string: 'string',
  array: 'list',
  object: 'dictionary',
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
  null: 'null',
};

type Wording = (schema: TSchema) => string;

const plural = (count: unknown, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The words for each of TypeBox's kinds of errors. An error of any other kind is worded by the type in the schema. */
const WORDING: Partial<Record<ValueErrorType, Wording>> = {
  [ValueErrorType.ObjectRequiredProperty]: () => 'Field required',
  [ValueErrorType.Literal]: (schema) => `Input should be '${schema['const']}'`,
  [ValueErrorType.IntegerMinimum]: (schema) =>
    `Input should be greater than or equal to ${schema['minimum']}`,
  [ValueErrorType.NumberMinimum]: (schema) => `Input should be greater than or equal to ${schema['minimum']}`,
  [ValueErrorType.StringMinLength]: (schema) =>
    `String should have at least ${plural(schema['minLength'], 'character')}`,
  [ValueErrorType.StringMaxLength]: (schema) =>
    `String should have at most ${plural(schema['maxLength'], 'character')}`,
  [ValueErrorType.StringPattern]: (schema) => `String should match pattern '${schema['pattern']}'`,
  [ValueErrorType.ArrayMinItems]: (schema) =>
    `List should have at least ${plural(schema['minItems'], 'item')}`,
  [ValueErrorType.ArrayMaxItems]: (schema) =>
    `List should have at most ${plural(schema['maxItems'], 'item')}`,
};

function wording(error: ValueError): string {
  const special = WORDING[error.type];
  if (special) return special(error.schema);
  return `Input should be a valid ${NOUNS[String(error.schema['type'])] ?? 'value'}`;
}

const joinPath = (path: string, pointer: string) =>
  [path, ...pointer.split('/').slice(1).map(unescapePointer)].filter((step) => step !== '').join('.');

const unescapePointer = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');

const at = (path: string, message: string) => (path === '' ? message : `${path}: ${message}`);

/** The tags in the form `'a', 'b'`, as in the API's errors. */
export const quotedList = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${last}` : last;
}

/** The values of `type` that belong to one variant of a tagged union. */
function tagsOf(variant: TSchema): string[] {
  const tag = variant['properties']?.['type'] as TSchema | undefined;
  const literals: TSchema[] = tag?.['anyOf'] ?? (tag ? [tag] : []);
  return literals.flatMap((literal) => (typeof literal['const'] === 'string' ? [literal['const']] : []));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function explainTagged(variants: readonly TSchema[], value: Record<string, unknown>, path: string): string {
  const tag = value['type'];
  if (tag === undefined) return `${path}.type: Field required`;
  const match = variants.find((variant) => tagsOf(variant).includes(String(tag)));
  if (match) return explain(match, value, `${path}.${tag}`);
  const expected = quotedList(variants.flatMap(tagsOf));
  return `${path}: Input tag '${tag}' found using 'type' does not match any of the expected tags: ${expected}`;
}

/** The variants of a union, and of the unions in it, without null: an error never says that null is allowed too. */
function variantsOf(union: TSchema): TSchema[] {
  const all: TSchema[] = union['anyOf'] ?? [];
  return all
    .flatMap((variant) => (variant['anyOf'] ? variantsOf(variant) : [variant]))
    .filter((variant) => variant['type'] !== 'null');
}

/**
 * Explains what is wrong with a value of a union. TypeBox says only that no variant fits. The type of the value shows
 * which variant was meant.
 */
function explainUnion(union: TSchema, value: unknown, path: string): string {
  const variants = variantsOf(union);
  if (variants.every((variant) => variant['const'] !== undefined)) {
    return at(path, `Input should be ${oneOf(variants.map((variant) => `'${variant['const']}'`))}`);
  }
  const kinds = [kindOf(value), ...(Number.isInteger(value) ? ['integer'] : [])];
  const fitting = variants.filter((variant) => kinds.includes(variant['type']));
  const [first] = fitting;
  if (first && tagsOf(first).length > 0 && isObject(value)) return explainTagged(fitting, value, path);
  if (first) return explain(first, value, path);
  const nouns = new Set(variants.map((variant) => NOUNS[String(variant['type'])] ?? 'value'));
  return at(path, `Input should be a valid ${oneOf([...nouns])}`);
}

/** Explains the first thing that is wrong with `value`. To be called only for a value that the schema refused. */
export function explain(schema: TSchema, value: unknown, path: string): string {
  const error = Errors(schema, [], value).First();
  if (!error) return at(path, 'Input is not valid');
  const where = joinPath(path, error.path);
  if (error.type === ValueErrorType.Union) return explainUnion(error.schema, error.value, where);
  return at(where, wording(error));
}
