/**
 * The functions with which the schemas of a request are written. Beside the type of a value, a schema may note what
 * becomes of the field, and which keys belong to a value that is not checked. `unknown-keys.ts` warns by these notes;
 * `docs/mapping.md` shows them.
 */
import { type TProperties, type TSchema, Type } from '@sinclair/typebox';

export type Note =
  /** The field is accepted, and nothing is lost by not sending it on. */
  | { needless: string }
  /**
   * The field is left out, and the client may notice: a warning says so, except for the values in `unless`, which ask
   * for what is done anyway.
   */
  | { ignored: string; unless: readonly unknown[] }
  /** A request with this field is refused, unless the value asks for nothing. */
  | { refused: string }
  /** The whole value is used, whatever keys it has. */
  | { free: string };

// The keys of the notes are symbols, so neither validation nor the API description sees the notes.
const NOTE = Symbol('note');
const KEYS = Symbol('keys');

type Noted = TSchema & { [NOTE]?: Note; [KEYS]?: TSchema };

export const noteOf = (schema: TSchema): Note | undefined => (schema as Noted)[NOTE];

export const isFree = (schema: TSchema): boolean => 'free' in (noteOf(schema) ?? {});

/** What names the keys of a value that `schema` does not check by them; undefined where `schema` itself does. */
export const keysOf = (schema: TSchema): TSchema | undefined => (schema as Noted)[KEYS];

/** The members of a union, and of unions in it. Each is a schema that names keys. */
export function optionsOf(schema: TSchema): TSchema[] {
  const named = keysOf(schema) ?? schema;
  const members: TSchema[] | undefined = named['anyOf'];
  return members ? members.flatMap(optionsOf) : [named];
}

/** An object that may have more keys than the named ones. */
export const Open = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: true });

export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/**
 * Any value, or none. This schema is not exported, because every field must have a note that says what becomes of it.
 */
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

/** A value that is checked by `schema`. Its known keys are those of `keys`. */
export const withKeys = <S extends TSchema>(schema: S, keys: TSchema): S => ({ ...schema, [KEYS]: keys });

/** Any value is accepted. Its known keys are those of `keys`. */
export const unchecked = (keys: TSchema) => withKeys(Anything, keys);

const CACHED = 'Gemini caches by itself; `CACHE_CONTROL=explicit` has it kept where that pays';

/** The mark at the end of a cached part of a prompt. */
export const CacheControl = needless(
  CACHED,
  Type.Optional(
    Nullable(
      Open({
        type: Type.String(),
        ttl: needless(CACHED),
        scope: needless('Gemini caches by itself'),
      }),
    ),
  ),
);
