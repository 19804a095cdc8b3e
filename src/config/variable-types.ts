/** What a row in the table of settings is made of: the kinds of values, and the headings. */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { MODEL_NAME } from '../translate/model-map.ts';

/** The headings under which the settings are listed. */
export const THEMES = {
  upstream: 'Keys and Gemini',
  models: 'Models and content',
  access: 'Who may use the proxy',
  limits: 'Time, retries and load',
  practice: 'Mock, recordings and faults',
  running: 'Log and storage',
} as const;
export type Theme = keyof typeof THEMES;

export type Variable<S extends TSchema = TSchema> = {
  /** The type of the value once it is read: a number where the variable's text is `12`. */
  schema: S;
  /** The value where the variable is not set. An empty variable counts as not set, unless there is `whenEmpty`. */
  default?: Static<S>;
  /** In words, where the default is no fixed value: "the model's own". */
  defaultText?: string;
  /** The value that an empty variable stands for: `MODEL_FALLBACKS=` means none. */
  whenEmpty?: Static<S>;
  theme: Theme;
  description: string;
  /** Never shown, not even in an error. */
  secret?: true;
};

/** The row with its own type: where it has a default, `Values` knows that there is always a value. */
export const variable = <S extends TSchema, const R extends Omit<Variable<S>, 'schema'>>(
  schema: S,
  row: R,
): R & { schema: S } => ({
  ...row,
  schema,
});

export const literals = <const T extends readonly string[]>(values: T) =>
  Type.Union(values.map((value) => Type.Literal(value as T[number])));

export const Text = Type.String({ minLength: 1 });
export const Names = Type.Array(Text, { minItems: 1 });
/** Keys travel in HTTP headers, which take no other characters. */
export const Key = Type.String({
  pattern: '^[\\x21-\\x7e]+$',
  description: 'printable ASCII without spaces',
});
export const KeyList = Type.Array(Key, {
  minItems: 1,
  description: 'keys of printable ASCII without spaces: separated by commas, or a JSON array',
});
export const Url = Type.String({ pattern: '^https?://[^\\s/]', description: 'an http or https URL' });
export const Model = Type.String({
  pattern: MODEL_NAME.source.replace('^', '^((gemini|google|models)/)?'),
  description: 'the id of a Gemini model',
});

export const Origins = Type.Array(
  Type.String({ pattern: '^(\\*|[A-Za-z][A-Za-z0-9+.-]*://[^\\s/?#@*]+/?)$' }),
  {
    minItems: 1,
    description: 'origins (scheme, host, and port if there is one; nothing else) separated by commas, or *',
  },
);
/** The forms that `redisAddress` reads. */
export const RedisUrl = Type.String({
  pattern:
    '^((redis|valkey)(s|\\+tls)?://[^\\s/]|rediss://[^\\s/]|(redis|valkey)(\\+tls)?\\+unix://\\S)\\S*$',
  description: 'a URL such as redis://host:6379, rediss://… for TLS, or redis+unix:///path of a socket',
});
export const Seconds = Type.Number({ exclusiveMinimum: 0, maximum: 86_400 });
export const Retries = Type.Integer({ minimum: 0, maximum: 100 });
export const Megabytes = Type.Integer({ minimum: 1, maximum: 1_000_000 });
export const PerMinute = Type.Integer({ minimum: 1 });

/** A row `NAME_FILE` beside the row of each secret `NAME`. `more`: a further sentence. */
export const fileOf = <const T extends Theme>(name: string, theme: T, more = '') =>
  variable(Text, {
    theme,
    description: `A file that holds ${name}, in place of ${name} itself, such as a secret of Docker, Kubernetes or systemd${more}`,
  });

/** For keys, which change while the proxy serves. */
export const READ_ANEW = '. A changed file is read anew while the proxy serves';
