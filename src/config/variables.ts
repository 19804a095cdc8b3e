/** Every setting, once: validation, `--help`, `.env.example` and `docs/settings.md` are made from these rows. */
import { type Static, Type } from '@sinclair/typebox';
import { LOG_LEVELS } from '../lib/log.ts';
import { ACCESS } from './access/rows.ts';
import { PRACTICE } from './practice/rows.ts';
import {
  fileOf,
  Key,
  KeyList,
  literals,
  Megabytes,
  Model,
  PerMinute,
  READ_ANEW,
  RedisUrl,
  Retries,
  Seconds,
  Text,
  Url,
  type Variable,
  variable,
} from './variable-types.ts';

/** The value of `MODEL_FALLBACKS` that stands for no fallbacks. */
export const NO_FALLBACKS = 'none';

const URL_READER = '(google|proxy)';

const BACKENDS = ['gemini', 'vertex', 'mock', 'replay'] as const;

export const VARIABLES = {
  API_KEYS: variable(KeyList, {
    theme: 'upstream',
    description:
      'Gemini keys, separated by commas. All are used; each session keeps to one. With it GEMINI_API_KEY and GOOGLE_API_KEY are not used',
    secret: true,
  }),
  API_KEYS_FILE: fileOf('API_KEYS', 'upstream', `, or one key a line${READ_ANEW}`),
  GEMINI_API_KEY: variable(Key, { theme: 'upstream', description: 'One Gemini key', secret: true }),
  GEMINI_API_KEY_FILE: fileOf('GEMINI_API_KEY', 'upstream', READ_ANEW),
  GOOGLE_API_KEY: variable(Key, {
    theme: 'upstream',
    description: 'Another name for GEMINI_API_KEY, which wins where both are set',
    secret: true,
  }),
  GOOGLE_API_KEY_FILE: fileOf('GOOGLE_API_KEY', 'upstream', READ_ANEW),
  BACKEND: variable(literals(BACKENDS), {
    defaultText: 'gemini with a key, else mock where HOST is loopback',
    theme: 'upstream',
    description:
      'Where answers come from. vertex: Vertex AI, with the credentials of Google Cloud in place of a key. Without a key the mock answers, but only while HOST is loopback; on another HOST the proxy then refuses to start until BACKEND is set',
  }),
  GOOGLE_GEMINI_BASE_URL: variable(Url, {
    defaultText: "Google's",
    theme: 'upstream',
    description:
      'Another address in place of Google, also of Vertex AI. A version (/v1beta), /models and a query at its end are left out',
  }),
  GOOGLE_CLOUD_PROJECT: variable(Text, {
    theme: 'upstream',
    description: 'For BACKEND=vertex: the id of the project of Google Cloud that pays',
  }),
  GOOGLE_CLOUD_LOCATION: variable(Text, {
    theme: 'upstream',
    description: 'For BACKEND=vertex: where the models run, such as global or us-central1',
  }),
  GOOGLE_APPLICATION_CREDENTIALS: variable(Text, {
    defaultText: "where Google's own tools look",
    theme: 'upstream',
    description:
      'For BACKEND=vertex: the JSON file of a service account or of a user. Without it those of `gcloud auth application-default login` count, else those of the machine in Google Cloud',
  }),
  KEY_RPM: variable(PerMinute, {
    theme: 'upstream',
    description: 'The most requests a minute that the proxy sends with one key. Without it: as many as come',
  }),
  KEY_TPM: variable(PerMinute, {
    theme: 'upstream',
    description:
      'The most input tokens a minute that the proxy sends with one key. Without it: as many as come',
  }),
  BIG_MODEL: variable(Model, {
    default: 'gemini-4-argon',
    theme: 'models',
    description: 'The Gemini model that answers for opus, sonnet, fable and unknown Claude ids',
  }),
  SMALL_MODEL: variable(Model, {
    default: 'gemini-4-hydrogen',
    theme: 'models',
    description: 'The Gemini model that answers for haiku',
  }),
  MODEL_MAP: variable(
    Type.Record(Type.String(), Model, { description: 'a JSON object whose values are ids of Gemini models' }),
    {
      theme: 'models',
      description:
        'JSON: an id, or a pattern with `*`, and the Gemini model that answers for it. Comes before BIG_MODEL and SMALL_MODEL. With a kind of request before the id it is for that kind alone, and comes first: `subagent:claude-*`. Kinds: main, subagent, compaction (summaries, and suggestions for the next prompt), title, helper, web-search, classifier (all of Claude Code), and sdk (every other client)',
    },
  ),
  MODEL_FALLBACKS: variable(
    Type.String({
      description: `groups parted by ">" of ids of Gemini models parted by ",", or ${NO_FALLBACKS}`,
    }),
    {
      default: 'gemini-4-argon,gemini-4-carbon,gemini-4-neon>gemini-4-hydrogen>gemini-3.8-flash',
      whenEmpty: NO_FALLBACKS,
      theme: 'models',
      description:
        'Which models take over from one that keeps failing, that no key may use, or whose quota of the day is used up: the first usable one of the next group. A model that you map and do not name here counts as before the first group. `none`, or empty: no model takes over. A Gemini id that the client asks for by name is never replaced',
    },
  ),
  MODELS_FILE: variable(Text, {
    theme: 'models',
    description:
      'A file (JSON or YAML) with rows of your own for the table of models: prices, limits, thinking, models that the table does not have. `docs/models.md` has its form. A changed file is read anew while the proxy serves',
  }),
  MAX_TOKENS_LIMIT: variable(Type.Integer({ minimum: 1 }), {
    defaultText: "the model's own",
    theme: 'models',
    description: 'The most output tokens that an answer may have, whatever the client asks for',
  }),
  URL_FETCH: variable(
    Type.String({
      pattern: `^(off|${URL_READER}(\\s*,\\s*${URL_READER})?)$`,
      description: '"google", "proxy", "google,proxy" or "off"',
      anyCase: true,
    }),
    {
      default: 'google',
      theme: 'models',
      description:
        'Who reads pictures and PDFs that a request names by a public https URL. google: Google, for Gemini 3 and later. proxy: this process, which checks the address and sends the bytes on. google,proxy: this process reads what Google cannot. off: nobody. What nobody reads is refused with a 400 that names the block. Pages for the tool web_fetch: with google this process reads them only where Google has no way to, with google,proxy also those that Google could not read, with proxy all of them, with off none',
    },
  ),
  AUTO_MODE_CLASSIFIER: variable(Type.Boolean(), {
    default: false,
    theme: 'models',
    description:
      'Give Claude Code the verdicts that its auto mode asks for: the model of SMALL_MODEL judges each action before Claude Code runs it. Each action that changes something costs one more request. Off, Claude Code asks the user',
  }),
  GUIDANCE: variable(literals(['off', 'auto'] as const), {
    default: 'off',
    theme: 'models',
    description:
      "auto: a short text for the model's family is added to the system prompt of Claude Code's main turns and subagents: read before you edit, exact strings, absolute paths, act instead of describing, no invented tools. `docs/guidance/CLAUDE.md` is the same text, to copy",
  }),
  IDENTITY: variable(Type.Boolean(), {
    default: false,
    theme: 'models',
    description:
      "Tells the model in Claude Code's main turns and subagents which model it is, so that it names that one, and not Claude, when somebody asks",
  }),
  LOCAL_ANSWERS: variable(Type.Boolean(), {
    default: false,
    theme: 'models',
    description:
      "Claude Code's session titles, and the one-token probes of older versions, are answered by the proxy, without a request to Gemini. A title is then the first words of the user",
  }),
  CACHE_CONTROL: variable(literals(['implicit', 'explicit'] as const), {
    default: 'implicit',
    theme: 'models',
    description:
      'What becomes of cache_control. implicit: Gemini caches by itself. explicit: what clients mark is kept at Google by name (cachedContents), where that pays by the prices in the table of models. For Gemini 3 and older only; Google charges for what is kept',
  }),
  ...ACCESS,
  DAILY_BUDGET_USD: variable(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 }), {
    theme: 'limits',
    description:
      'The dollars that may be spent in a day (UTC), by the prices of the table of models. From 80 % on, the log and /health warn; once they are spent, requests are refused until 00:00 UTC (docs/cost.md)',
  }),
  RESPONSE_HEADERS: variable(Type.Boolean(), {
    default: true,
    theme: 'running',
    description:
      'Tell in headers of each answer which model answers, and which kinds of warnings there were (x-gemini-model, x-proxy-warnings)',
  }),
  REQUEST_TIMEOUT: variable(Seconds, {
    default: 570,
    theme: 'limits',
    description:
      'Seconds until the first content of an answer, counted from the request over all attempts. An answer that Gemini sends whole must end in that time',
  }),
  HEAD_TIMEOUT: variable(Seconds, {
    default: 120,
    theme: 'limits',
    description: 'Seconds until Gemini begins to answer one attempt (sends its response head)',
  }),
  STREAM_IDLE_TIMEOUT: variable(Seconds, {
    default: 240,
    theme: 'limits',
    description:
      'Seconds without progress, after which a stream that has begun is broken off. Comments, token counts and empty events are no progress',
  }),
  MAX_RETRIES: variable(Retries, {
    default: 2,
    theme: 'limits',
    description:
      'The most retries of an answer that the client wants whole (stream: false). There may be fewer: the retry budget or the time may run out. Moving to another key is no retry',
  }),
  MAX_STREAMING_RETRIES: variable(Retries, {
    default: 12,
    theme: 'limits',
    description: 'The most retries of a streamed answer. Once content has been sent there are none',
  }),
  STREAMS_MAX: variable(Type.Integer({ minimum: 1 }), {
    default: 2048,
    theme: 'limits',
    description:
      'The most answers under way at once, in all WORKERS together. Further requests are told 529, and when to come back',
  }),
  FILE_MAX_MB: variable(Megabytes, {
    default: 500,
    theme: 'limits',
    description: 'The most megabytes of one file that a client uploads (`/v1/files`)',
  }),
  FILES_TOTAL_MB: variable(Megabytes, {
    default: 5000,
    theme: 'limits',
    description:
      'The most megabytes of all uploaded files together. A further upload is refused until files are deleted',
  }),
  FILES_MAX: variable(Type.Integer({ minimum: 1, maximum: 1_000_000 }), {
    default: 10_000,
    theme: 'limits',
    description: 'The most uploaded files that are kept',
  }),
  FILES_MAX_DAYS: variable(Type.Number({ exclusiveMinimum: 0, maximum: 36_500 }), {
    defaultText: 'until it is deleted',
    theme: 'limits',
    description:
      'The most days for which an uploaded file is kept. A client may ask for less. Without it a file stays until a client deletes it',
  }),
  BATCH_CONCURRENCY: variable(Type.Integer({ minimum: 1, maximum: 256 }), {
    default: 4,
    theme: 'limits',
    description:
      'The most requests of batches (`/v1/messages/batches`) that a process runs at once. While other clients are served it is one',
  }),
  BATCHES_TOTAL_MB: variable(Megabytes, {
    default: 1000,
    theme: 'limits',
    description:
      'The most megabytes of all batches, with their results. A further batch is refused until some are deleted',
  }),
  WORKERS: variable(
    Type.String({
      pattern: `^(auto|[1-9]|[1-5]\\d|6[0-4])$`,
      description: 'a whole number from 1 to 64, or auto',
      anyCase: true,
    }),
    {
      default: '1',
      theme: 'limits',
      description:
        'How many processes serve, on one port and with one log. They share cooldowns, breakers, signatures and limits as instances with a Redis do. auto: one for each core. Only on Linux; elsewhere one process serves',
    },
  ),
  FORCE_DISABLE_STREAMING: variable(Type.Boolean(), {
    default: false,
    theme: 'limits',
    description: 'Ask Gemini for whole answers. Clients still get well-formed streams',
  }),
  EMERGENCY_DISABLE_STREAMING: variable(Type.Boolean(), {
    default: false,
    theme: 'limits',
    description: 'Another name for FORCE_DISABLE_STREAMING',
  }),
  INSPECTOR: variable(Type.Boolean(), {
    default: true,
    theme: 'running',
    description:
      'The page at `/ui` that shows the requests of this process. false: there is no page, and nothing is kept for one',
  }),
  INSPECTOR_MEMORY: variable(Megabytes, {
    default: 64,
    theme: 'running',
    description:
      'The most megabytes of requests and answers that are kept in memory for `/ui`. The oldest go first; their figures stay longer than their texts',
  }),
  ...PRACTICE,
  LOG_LEVEL: variable(literals(LOG_LEVELS), {
    default: 'info',
    theme: 'running',
    description: 'The least important lines that are logged. Upper case is taken, too',
  }),
  LOG_FORMAT: variable(literals(['pretty', 'json'] as const), {
    defaultText: 'pretty on a terminal, else json',
    theme: 'running',
    description: 'How log lines look',
  }),
  REDIS_URL: variable(RedisUrl, {
    theme: 'running',
    description:
      'A Redis or Valkey server through which several instances share cooldowns, breakers, signatures and limits. Without it each instance has its own',
    secret: true,
  }),
  REDIS_URL_FILE: fileOf('REDIS_URL', 'running'),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(Url, {
    theme: 'running',
    description:
      'The address of an OpenTelemetry collector that gets a trace of each request (OTLP over HTTP), such as `http://127.0.0.1:4318`. No trace holds words of a prompt or an answer',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: variable(Text, {
    theme: 'running',
    description: 'Headers for the collector: `name=value`, parted by commas, as OpenTelemetry writes them',
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_HEADERS_FILE: fileOf('OTEL_EXPORTER_OTLP_HEADERS', 'running'),
  OTEL_SERVICE_NAME: variable(Text, {
    theme: 'running',
    description: 'The name of the service in the traces',
    default: 'gemini-claude-proxy',
  }),
  DATA_DIR: variable(Text, {
    defaultText: "`.data` in a clone, else the user's folder for data",
    theme: 'running',
    description:
      'The folder for what must outlive the process: thought signatures, uploaded files, batches, usage, and what models have refused',
  }),
} satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;

/** The value of each variable. Only a variable without a default can be undefined. */
export type Values = {
  [N in VariableName]:
    | Static<(typeof VARIABLES)[N]['schema']>
    | ((typeof VARIABLES)[N] extends { default: unknown } ? never : undefined);
};

export const VARIABLE_ROWS: readonly (readonly [VariableName, Variable])[] = Object.entries(VARIABLES) as [
  VariableName,
  Variable,
][];
