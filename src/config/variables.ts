/** Every setting, once: validation, `--help`, `.env.example` and the README's table are made from these rows. */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { LOG_LEVELS } from '../lib/log.ts';
import { PACE_FORMS } from '../sim/replay/pace.ts';
import { MODEL_NAME } from '../translate/model-map.ts';

export type Variable<S extends TSchema = TSchema> = {
  /** The value's type, as it is after reading. */
  schema: S;
  /** Used where the variable is absent; where it is empty, too, unless that means something. */
  default?: Static<S>;
  /** Shown instead of the default, where that depends on something. */
  defaultText?: string;
  /** What an empty text stands for, where that is not the default. */
  whenEmpty?: Static<S>;
  description: string;
  /** Never shown, not even in an error. */
  secret?: true;
};

/** Keeps the row's own type, so that a default shows in the type of the value. */
const variable = <S extends TSchema, const R extends Omit<Variable<S>, 'schema'>>(
  schema: S,
  row: R,
): R & { schema: S } => ({
  ...row,
  schema,
});

const literals = <const T extends readonly string[]>(values: T) =>
  Type.Union(values.map((value) => Type.Literal(value as T[number])));

const Text = Type.String({ minLength: 1 });
const Names = Type.Array(Text, { minItems: 1 });
/** Sent as headers, which take nothing else. */
const Key = Type.String({ pattern: '^[\\x21-\\x7e]+$', description: 'printable ASCII without spaces' });
const Url = Type.String({ pattern: '^https?://[^\\s/]', description: 'an http or https URL' });
const Model = Type.String({
  pattern: MODEL_NAME.source.replace('^', '^((gemini|google|models)/)?'),
  description: 'the id of a Gemini model',
});

const Origins = Type.Array(Type.String({ pattern: '^(\\*|[A-Za-z][A-Za-z0-9+.-]*://[^\\s/?#@*]+/?)$' }), {
  minItems: 1,
  description: 'origins (scheme, host, and port if there is one; nothing else) separated by commas, or *',
});
/** What Bun's client takes. */
const RedisUrl = Type.String({
  pattern:
    '^((redis|valkey)(s|\\+tls)?://[^\\s/]|rediss://[^\\s/]|(redis|valkey)(\\+tls)?\\+unix://\\S)\\S*$',
  description: 'a URL such as redis://host:6379, rediss://… for TLS, or redis+unix:///path of a socket',
});
const Seconds = Type.Number({ exclusiveMinimum: 0, maximum: 86_400 });
const Retries = Type.Integer({ minimum: 0, maximum: 100 });
const PerMinute = Type.Integer({ minimum: 1 });
/** In place of groups of `MODEL_FALLBACKS`. */
export const NO_FALLBACKS = 'none';

const URL_READER = '(google|proxy)';

const BACKENDS = ['gemini', 'vertex', 'mock', 'replay'] as const;

export const VARIABLES = {
  API_KEYS: variable(Type.Array(Key, { minItems: 1 }), {
    description:
      'Gemini keys, as a JSON array or separated by commas; all are used, each session has its own. Wins over the next two',
    secret: true,
  }),
  GEMINI_API_KEY: variable(Key, { description: 'One Gemini key', secret: true }),
  GOOGLE_API_KEY: variable(Key, { description: 'The same, under another name', secret: true }),
  BACKEND: variable(literals(BACKENDS), {
    defaultText: 'gemini with a key, else mock on a loopback bind',
    description:
      'Where answers come from (vertex is planned, and refused for now). Without a key a bind beyond loopback refuses to start unless this is set',
  }),
  GOOGLE_GEMINI_BASE_URL: variable(Url, {
    defaultText: "Google's",
    description: 'Another upstream. A version, `/models` or a query behind the address is left out',
  }),
  BIG_MODEL: variable(Model, {
    default: 'gemini-4-argon',
    description: 'Answers for opus, sonnet, fable and unknown Claude ids',
  }),
  SMALL_MODEL: variable(Model, { default: 'gemini-4-hydrogen', description: 'Answers for haiku' }),
  MODEL_MAP: variable(
    Type.Record(Type.String(), Model, { description: 'a JSON object whose values are ids of Gemini models' }),
    {
      description: 'JSON: exact id or `*` pattern → Gemini id; looked at before the two above',
    },
  ),
  MODEL_FALLBACKS: variable(
    Type.String({
      description: `groups parted by ">" of ids of Gemini models parted by ",", or ${NO_FALLBACKS}`,
    }),
    {
      default: 'gemini-4-argon,gemini-4-carbon,gemini-4-neon>gemini-4-hydrogen>gemini-3.8-flash',
      whenEmpty: NO_FALLBACKS,
      description:
        'Where no key may use a mapped model or has quota of it for the day, or it keeps failing, the first usable one of the next group answers. Models that you map and do not name here stand before the first group. Empty, or none: no fallbacks. Never for a Gemini id that the client named itself',
    },
  ),
  KEY_RPM: variable(PerMinute, { description: 'Requests a minute that each key stays under' }),
  KEY_TPM: variable(PerMinute, { description: 'Input tokens a minute that each key stays under' }),
  HOST: variable(Text, {
    default: '127.0.0.1',
    description: 'Address to bind. One beyond loopback needs PROXY_API_KEY, or ALLOW_OPEN=true',
  }),
  PORT: variable(Type.Integer({ minimum: 0, maximum: 65_535 }), {
    default: 8082,
    description: 'Port to bind; 0 takes a free one',
  }),
  PROXY_API_KEY: variable(Key, {
    description: 'What clients must send, as x-api-key or Bearer token',
    secret: true,
  }),
  ALLOW_OPEN: variable(Type.Boolean(), {
    default: false,
    description: 'Serve beyond loopback without PROXY_API_KEY, to anyone who can reach the port',
  }),
  ALLOWED_HOSTS: variable(Names, {
    description:
      'Hosts of your own besides loopback, with a port or for all: Host and Origin headers may carry them, and their pages may do everything that one of this proxy may',
  }),
  CORS_ORIGINS: variable(Origins, {
    description:
      'Origins whose pages may use the API in a browser, such as https://app.example; `*` for all of them, with PROXY_API_KEY only',
  }),
  LOG_LEVEL: variable(literals(LOG_LEVELS), {
    default: 'info',
    description: 'DEBUG, INFO, WARNING, ERROR or CRITICAL, in any case',
  }),
  LOG_FORMAT: variable(literals(['pretty', 'json'] as const), {
    defaultText: 'pretty on a terminal, else json',
    description: 'How log lines look',
  }),
  MAX_TOKENS_LIMIT: variable(Type.Integer({ minimum: 1 }), {
    defaultText: "the model's own",
    description: 'Cap on output tokens',
  }),
  REQUEST_TIMEOUT: variable(Seconds, {
    default: 570,
    description:
      'Seconds from the request to the first content, all tries together; for a unary answer to its end',
  }),
  HEAD_TIMEOUT: variable(Seconds, { default: 120, description: "Seconds for one try's response head" }),
  STREAM_IDLE_TIMEOUT: variable(Seconds, {
    default: 240,
    description:
      'Seconds without an event that says something, once upstream has answered. Comments, counts and empty events say nothing',
  }),
  MAX_RETRIES: variable(Retries, {
    default: 2,
    description:
      'Most retries of an answer that the client wants whole (stream: false). The retry budget and the time left may allow fewer; moving to another key is no retry',
  }),
  MAX_STREAMING_RETRIES: variable(Retries, {
    default: 12,
    description: 'Most retries of a streamed answer, and none once content has been sent',
  }),
  STREAMS_MAX: variable(Type.Integer({ minimum: 1 }), {
    default: 2048,
    description: 'Answers under way at once; more are told 529 and when to come back',
  }),
  URL_FETCH: variable(
    Type.String({
      pattern: `^(off|${URL_READER}(\\s*,\\s*${URL_READER})?)$`,
      description: 'google, proxy, google,proxy or off',
      anyCase: true,
    }),
    {
      default: 'google',
      description:
        'Who reads pictures and PDFs that a request names by public https URLs. google: Google does, with Gemini 3 and later. proxy: this process does, under guard, and sends the bytes. google,proxy: this process reads what Google cannot. off: nobody. What is not read is a 400 that names the block',
    },
  ),
  FORCE_DISABLE_STREAMING: variable(Type.Boolean(), {
    default: false,
    description: 'Call Gemini unary; clients still get well-formed streams',
  }),
  EMERGENCY_DISABLE_STREAMING: variable(Type.Boolean(), { default: false, description: 'The same' }),
  MOCK_PACE: variable(literals(['instant', 'human'] as const), {
    default: 'instant',
    description: 'How fast the mock answers: at once, or like a model. `bun run mock` sets human',
  }),
  MOCK_SCENARIO: variable(Text, {
    description: 'A scenario of the mock that answers every prompt; without it the prompt chooses',
  }),
  RECORD: variable(Text, {
    description:
      'Folder in which every request is recorded, both sides, redacted. `bun run record <name>` sets it. Refused under CI',
  }),
  REDACT: variable(
    Type.String({
      minLength: 1,
      description:
        'regular expressions separated by commas (those within brackets, or behind a backslash, separate nothing), or a JSON array of them',
    }),
    {
      description:
        'What recordings must not hold besides keys, such as `ACME-\\d+,(?i)project-[a-z]+`. What is found is blotted out. A match ends with its line, or at a quote; no look-around, no back-references',
    },
  ),
  REPLAY: variable(Text, {
    description: 'The recording that BACKEND=replay plays. `bun run replay <name>` sets both',
  }),
  REPLAY_SPEED: variable(Text, {
    default: 'instant',
    description: `How fast: ${PACE_FORMS}. The bytes are the same`,
  }),
  FAULTS: variable(Text, {
    description:
      'Makes upstream fail on purpose, such as `cut@2:frame=3,http-503:p=0.1`. `docs/faults.md` lists what there is',
  }),
  REDIS_URL: variable(RedisUrl, {
    description:
      'Redis or Valkey through which several instances share cooldowns, breakers, signatures and limits. Without it each has its own',
    secret: true,
  }),
  DATA_DIR: variable(Text, {
    default: '.data',
    description: 'Folder for what outlives the process: signatures',
  }),
} satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;

/** A value for every variable that has a default, else perhaps undefined. */
export type Values = {
  [N in VariableName]:
    | Static<(typeof VARIABLES)[N]['schema']>
    | ((typeof VARIABLES)[N] extends { default: unknown } ? never : undefined);
};

export const VARIABLE_ROWS: readonly (readonly [VariableName, Variable])[] = Object.entries(VARIABLES) as [
  VariableName,
  Variable,
][];

/** Settings of the product that this version does not serve: said at start rather than passed over in silence. */
export const NOT_SERVED: readonly string[] = [
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GUIDANCE',
  'IDENTITY',
  'AUTO_MODE_CLASSIFIER',
  'DAILY_BUDGET_USD',
  'INSPECTOR',
  'WORKERS',
];
