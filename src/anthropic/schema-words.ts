/**
 * The words that the schemas of a request are written in. Beside a value's type a schema may note what becomes of the field, and
 * which keys belong into a value that is not checked. `unknown-keys.ts` warns by these notes; `docs/mapping.md` shows them.
 */
import { type TProperties, type TSchema, Type } from '@sinclair/typebox';

export type Note =
  /** Accepted, and nothing is lost by not sending the field on. */
  | { needless: string }
  /**
   * Left out, and the client may feel it: a warning says so, except for the values in `unless`, which ask for what is
   * done anyway.
   */
  | { ignored: string; unless: readonly unknown[] }
  /** A request with this field is refused, unless its value asks for nothing. */
  | { refused: string }
  /** Used whole, with whatever keys it has. */
  | { free: string };

// The keys of the notes are symbols, so neither validation nor the API description sees the notes.
const NOTE = Symbol('note');
const KEYS = Symbol('keys');

type Noted = TSchema & { [NOTE]?: Note; [KEYS]?: TSchema };

export const noteOf = (schema: TSchema): Note | undefined => (schema as Noted)[NOTE];

export const isFree = (schema: TSchema): boolean => 'free' in (noteOf(schema) ?? {});

/** What a value may be: the members of a union, and of unions in it. Each is the schema that names the keys. */
export function optionsOf(schema: TSchema): TSchema[] {
  const named = (schema as Noted)[KEYS] ?? schema;
  const members: TSchema[] | undefined = named['anyOf'];
  return members ? members.flatMap(optionsOf) : [named];
}

/** An object that may hold more than what is named. */
export const Open = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: true });

export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/** Any value, or none. It is not exported: every field must have a note on what becomes of it. */
const Anything = Type.Optional(Type.Unknown());

const noted = <S extends TSchema>(schema: S, note: Note): S => ({ ...schema, [NOTE]: note });

export function needless(why: string): typeof Anything;
export function needless<S extends TSchema>(why: string, schema: S): S;
export function needless(why: string, schema: TSchema = Anything): TSchema {
  return noted(schema, { needless: why });
}

export const ignored = (why: string, unless: readonly unknown[] = []) =>
  noted(Anything, { ignored: why, unless: [undefined, null, ...unless] });

export const refused = (what: string) => noted(Anything, { refused: what });

export function free(why: string): typeof Anything;
export function free<S extends TSchema>(why: string, schema: S): S;
export function free(why: string, schema: TSchema = Anything): TSchema {
  return noted(schema, { free: why });
}

/** A value is checked by `schema`, while the keys that are known in it are those of `keys`. */
export const withKeys = <S extends TSchema>(schema: S, keys: TSchema): S => ({ ...schema, [KEYS]: keys });

/** Any value is accepted. The keys that are known in it are those of `keys`. */
export const unchecked = (keys: TSchema) => withKeys(Anything, keys);

/** Marks where a cached prompt ends. */
export const CacheControl = needless(
  'Gemini caches by itself',
  Type.Optional(
    Nullable(
      Open({
        type: Type.String(),
        ttl: needless('Gemini caches by itself'),
        scope: needless('Gemini caches by itself'),
      }),
    ),
  ),
);
