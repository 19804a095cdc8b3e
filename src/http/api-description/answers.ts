/**
 * The answers of the routes that are not Anthropic's message: their schemas, and the types by which the routes make them.
 * Who imports types alone loads none of this.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { ERROR_STATUS, type ErrorType } from '../../anthropic/errors.ts';
import { Nullable } from '../../anthropic/schema-words.ts';
import { count, date, oneOf, text } from './answer-words.ts';
import { UsageAnswer } from './usage-answers.ts';

const list = <S extends TSchema>(items: S, description: string) => Type.Array(items, { description });

const backend = oneOf(
  ['gemini', 'vertex', 'mock', 'replay'],
  'Who answers: Google, or what stands in for it.',
);
const service = text('The name of this program.');
const errorType = Type.Unsafe<ErrorType>({ type: 'string', enum: Object.keys(ERROR_STATUS) });

export const TokenCount = Type.Object(
  {
    input_tokens: count(
      'Tokens of the prompt: as Google counts them, or estimated where Google cannot be asked.',
    ),
    context_management: Type.Optional(
      Nullable(
        Type.Object(
          { original_input_tokens: count('Tokens of the prompt before the edits of the request.') },
          { description: 'Present with `?beta=true`, and where the request has `context_management`.' },
        ),
      ),
    ),
  },
  { description: 'The size of a prompt.' },
);
export type TokenCount = Static<typeof TokenCount>;

// ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────

export const FileMetadata = Type.Object(
  {
    id: text('The id by which a request names the file.'),
    type: Type.Literal('file'),
    filename: text('The name that the client gave, without folders.'),
    mime_type: text('The type that the client declared, or that the file shows.'),
    size_bytes: count('The size of the file.'),
    created_at: date('When it was uploaded.'),
    downloadable: Type.Boolean({ description: 'False for what a client has uploaded.' }),
    expires_at: Nullable(
      date('When its bytes will be gone; null where it is kept until somebody deletes it.'),
    ),
  },
  { description: 'What is known of a file.' },
);
export type FileMetadata = Static<typeof FileMetadata>;

export const FilePage = Type.Object(
  {
    data: list(FileMetadata, 'The files of this page, newest first.'),
    next_page: Nullable(text('For the query `page` of the next page; null at the end.')),
    has_more: Type.Optional(
      Type.Boolean({
        description: 'In the older form of the list, with `anthropic-beta: files-api-2025-04-14`.',
      }),
    ),
    first_id: Type.Optional(Nullable(text('In the older form.'))),
    last_id: Type.Optional(Nullable(text('In the older form: for the query `after_id` of the next page.'))),
  },
  { description: 'One page of the list of files.' },
);
export type FilePage = Static<typeof FilePage>;

export const DeletedFile = Type.Object(
  { id: text('The id that the file had.'), type: Type.Literal('file_deleted') },
  { description: 'The file is deleted.' },
);
export type DeletedFile = Static<typeof DeletedFile>;

// ── batches ───────────────────────────────────────────────────────────────────────────────────────────────────

export const MessageBatch = Type.Object(
  {
    id: text('The id of the batch.'),
    type: Type.Literal('message_batch'),
    processing_status: oneOf(['in_progress', 'canceling', 'ended'], 'How far the batch is.'),
    request_counts: Type.Object(
      {
        processing: count('All requests, until the batch has ended.'),
        succeeded: count('Answered.'),
        errored: count('Refused, or failed for good.'),
        canceled: count('Not run, because the batch was canceled.'),
        expired: count('Not run within 24 hours.'),
      },
      { description: 'The requests by what came of them; 0 until the whole batch has ended.' },
    ),
    created_at: date('When the batch was created.'),
    expires_at: date('24 hours after creation: what has not run by then expires.'),
    cancel_initiated_at: Nullable(date('When it was canceled.')),
    ended_at: Nullable(date('When its last request came to an end.')),
    archived_at: Nullable(date('When its results were deleted: 29 days after creation.')),
    results_url: Nullable(text('Where the results are, once the batch has ended.')),
  },
  { description: 'A batch of requests.' },
);
export type MessageBatch = Static<typeof MessageBatch>;

export const BatchPage = Type.Object(
  {
    data: list(MessageBatch, 'The batches of this page, newest first.'),
    has_more: Type.Boolean({ description: 'Whether there are more.' }),
    first_id: Nullable(text('The id of the first batch of the page.')),
    last_id: Nullable(text('The id of the last batch of the page.')),
  },
  { description: 'One page of the list of batches.' },
);
export type BatchPage = Static<typeof BatchPage>;

export const DeletedBatch = Type.Object(
  { id: text('The id that the batch had.'), type: Type.Literal('message_batch_deleted') },
  { description: 'The batch is deleted.' },
);
export type DeletedBatch = Static<typeof DeletedBatch>;

// ── models ────────────────────────────────────────────────────────────────────────────────────────────────────

const supported = { supported: Type.Boolean() };
const Supported = Type.Object(supported);

const Capabilities = Type.Object(
  {
    batch: Supported,
    citations: Supported,
    code_execution: Supported,
    context_management: Type.Object({
      ...supported,
      clear_thinking_20251015: Supported,
      clear_tool_uses_20250919: Supported,
      compact_20260112: Supported,
    }),
    compaction: Supported,
    effort: Type.Object({
      ...supported,
      low: Supported,
      medium: Supported,
      high: Supported,
      xhigh: Supported,
      max: Supported,
    }),
    image_input: Supported,
    pdf_input: Supported,
    server_tools: Type.Object({ ...supported, code_execution: Supported, web_search: Supported }),
    structured_outputs: Supported,
    thinking: Type.Object({
      ...supported,
      types: Type.Object({
        adaptive: Supported,
        between_tools: Supported,
        disabled: Supported,
        enabled: Supported,
      }),
    }),
  },
  { description: 'What the model can do behind this proxy.' },
);

export const ModelInfo = Type.Object(
  {
    id: text('The `model` of a request.'),
    type: Type.Literal('model'),
    display_name: text(
      'The name for people. That of a Claude id names the Gemini model that answers for it.',
    ),
    created_at: date('The day on which the Gemini model was released.'),
    lifecycle: oneOf(
      ['active', 'deprecated', 'retired'],
      'How long Google serves the model. A retired one is listed only where it is asked for.',
    ),
    line: Nullable(oneOf(['haiku', 'sonnet', 'opus', 'fable', 'mythos'], 'The line of a Claude id.')),
    deprecated_at: Nullable(date('The day since which the model is about to go.')),
    retires_at: Nullable(date('The day on which Google ends the model, or has ended it.')),
    max_input_tokens: count('The window of the Gemini model.'),
    max_tokens: count('The longest answer of the Gemini model.'),
    capabilities: Capabilities,
  },
  { description: 'A model that a request may ask for.' },
);
export type ModelInfo = Static<typeof ModelInfo>;

export const ModelPage = Type.Object(
  {
    data: list(ModelInfo, 'Newest first.'),
    has_more: Type.Boolean({ description: 'True where there are more models in the direction of the page.' }),
    first_id: Nullable(text('For `before_id` of the page before this one.')),
    last_id: Nullable(text('For `after_id` of the next page.')),
  },
  { description: 'One page of the list of models.' },
);
export type ModelPage = Static<typeof ModelPage>;

// ── operation ─────────────────────────────────────────────────────────────────────────────────────────────────

export const AboutAnswer = Type.Object(
  {
    service,
    message: Type.String(),
    version: Type.String(),
    backend,
    models: Type.Object({
      big: text('The Gemini model for Claude ids (`BIG_MODEL`).'),
      small: text('The Gemini model for Claude ids with `haiku` in them (`SMALL_MODEL`).'),
      patterns: Type.Unsafe<readonly (readonly [pattern: string, target: string])[]>(
        list(
          Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
          'Models for other ids (`MODEL_MAP`): pairs of a pattern and a Gemini model.',
        ),
      ),
    }),
    limits: Type.Object({
      max_tokens: Nullable(
        count('The longest answer that is allowed (`MAX_TOKENS_LIMIT`); null for no limit.'),
      ),
      streams: count('The most answers at the same time (`STREAMS_MAX`).'),
    }),
    endpoints: Type.Record(Type.String(), Type.String(), { description: 'The main routes, by name.' }),
  },
  { description: 'What this server is, and how it is set up.' },
);
export type AboutAnswer = Static<typeof AboutAnswer>;

export const HelloAnswer = Type.Object({ message: Type.Literal('hello') }, { description: 'A greeting.' });
export type HelloAnswer = Static<typeof HelloAnswer>;

export const LiveAnswer = Type.Object(
  { status: Type.Literal('alive') },
  { description: 'The process runs.' },
);
export type LiveAnswer = Static<typeof LiveAnswer>;

export const ReadyAnswer = Type.Object(
  { status: oneOf(['ready', 'draining'], '`draining` comes with a 503.') },
  { description: 'Whether new requests are welcome.' },
);
export type ReadyAnswer = Static<typeof ReadyAnswer>;

export const KeyAnswer = Type.Object(
  {
    key: text('A fingerprint, which shows nothing of the key.'),
    state: oneOf(
      ['in use', 'refused', 'out'],
      'Google takes no key that is `refused` or `out`. `refused`: the key is asked all the same, because there is no other. `out`: one request an hour tests the key.',
    ),
    why: Type.Optional(oneOf(['key', 'billing'], 'Why Google does not take the key.')),
    tested_again: Type.Optional(date('When the next request tests a key that is `out`.')),
    models: list(
      Type.Object({
        model: Type.String(),
        state: oneOf(
          ['cooling', 'parked', 'denied', 'open', 'half-open'],
          '`cooling`, `parked`: a quota is used up, and comes back soon, or on the next day. `denied`: no access to the model. `open`, `half-open`: the model fails with this key.',
        ),
        until: date('The end of that state.'),
      }),
      'Models for which the key cannot be used now.',
    ),
  },
  { description: 'The state of a Gemini key.' },
);
export type KeyAnswer = Static<typeof KeyAnswer>;

const RecentError = Type.Object(
  {
    at: date('When the client was told.'),
    class: Type.Optional(text('What failed upstream; absent where nothing did.')),
    type: text('The type of the error that the client got.'),
    message: Type.Optional(text('Shown only to who sends the key of the proxy, if the proxy has one.')),
    request_id: Type.String(),
  },
  { description: 'An error that a client got.' },
);

export const HealthAnswer = Type.Object(
  {
    status: oneOf(
      ['healthy', 'degraded', 'unhealthy'],
      '`degraded`: something is wrong, but requests may be answered. `unhealthy` comes with a 503: nothing has worked for a minute.',
    ),
    service,
    version: Type.String(),
    timestamp: date('Now.'),
    uptime_seconds: count('Since the first process began to serve.'),
    backend,
    draining: Type.Boolean({ description: 'True once the process is about to end.' }),
    keys: list(KeyAnswer, 'The Gemini keys.'),
    models: Type.Object({ big: Type.String(), small: Type.String() }),
    upstream_problem: Type.Optional(
      text(
        'Why Gemini could not be reached when that was last tried. For those who know the `PROXY_API_KEY`.',
      ),
    ),
    usage: Type.Optional(
      Type.Composite([UsageAnswer], {
        description: 'What was used and spent today (UTC). For those who know the `PROXY_API_KEY`.',
      }),
    ),
    settings: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description:
          'With `?settings`: a digest of each setting, so that `bun run doctor` sees which ones it has otherwise; no secret is in it.',
      }),
    ),
    breakers: Type.Record(
      Type.String(),
      oneOf(['closed', 'open', 'half-open'], 'The best state with any key.'),
      {
        description:
          'Models in trouble. A request for a model that is `open` goes to another model, or is refused.',
      },
    ),
    asked_unary: list(Type.String(), 'Models whose streams break: their answers are asked for whole.'),
    shared: Type.Object({
      kind: oneOf(
        ['memory', 'workers', 'redis'],
        'Where instances share what they know. `workers`: the processes of this proxy, through their parent.',
      ),
      state: oneOf(['alone', 'connected', 'away'], '`away`: Redis cannot be reached.'),
      since: date('The beginning of that state.'),
    }),
    answered_by: Type.Optional(count('The number of the worker that answers here (`WORKERS`).')),
    workers: Type.Optional(
      list(
        Type.Object({
          worker: count('Its number, from 1.'),
          since: date('When it began to serve.'),
          streams_in_flight: count('Answers under way.'),
          requests: count(
            'Requests since then, without those that only look: `/health` and its like, and the page.',
          ),
        }),
        'The processes that serve this port, where there are several. The counts below are of all of them.',
      ),
    ),
    streams_in_flight: count('Answers under way, streamed or not.'),
    requests: count(
      'Requests since the start, without those that only look: `/health` and its like, and the page.',
    ),
    retries: count('Attempts that were repeated since the start.'),
    errors: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: 'How many errors of each type clients got since the start.',
    }),
    recent_errors: list(RecentError, 'The latest errors, newest first.'),
  },
  { description: 'The state of the proxy, and what it has counted.' },
);
export type HealthAnswer = Static<typeof HealthAnswer>;

const latency = count('Milliseconds.');
const failure = {
  error_type: Type.Optional(errorType),
  message: Type.Optional(text('What happened.')),
  guidance: Type.Optional(text('What to do.')),
};

export const ConnectionAnswer = Type.Object(
  {
    status: oneOf(['success', 'failed'], '`failed` comes with a 503: no key works.'),
    ...failure,
    backend,
    model: text('The model that was asked (`SMALL_MODEL`).'),
    latency_ms: latency,
    timestamp: date('Now.'),
    keys: list(
      Type.Object({
        ...Type.Partial(KeyAnswer).properties,
        latency_ms: latency,
        status: oneOf(['ok', 'failed'], ''),
        ...failure,
      }),
      'What each key gave.',
    ),
  },
  { description: 'What came of one small live request with each key.' },
);
export type ConnectionAnswer = Static<typeof ConnectionAnswer>;
