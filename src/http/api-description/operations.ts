/** The operations of the description: what each is for, what it takes, and with what it may answer. */
import { ERROR_STATUS, type ErrorType } from '../../anthropic/errors.ts';
import { API_VERSIONS } from '../../anthropic/request.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { DescribedRoute } from '../route-table.ts';
import { MOCK_OPERATIONS } from './mock-operations.ts';
import { ANY_ROUTE, json, type Operation, query, WITH_KEY } from './operation-words.ts';

const EVERY_ERROR = Object.keys(ERROR_STATUS) as ErrorType[];

const version = (required: boolean): JsonObject => ({
  name: 'anthropic-version',
  in: 'header',
  required,
  description: 'The version of the API. The newer one refuses `temperature`, `top_p` and `top_k`.',
  schema: { type: 'string', enum: [...API_VERSIONS], default: API_VERSIONS[0] },
});

const beta: JsonObject = {
  name: 'anthropic-beta',
  in: 'header',
  required: false,
  description: 'Names of beta features. Any value is accepted: what a feature needs is read in the body.',
  schema: { type: 'string' },
};

const batchId: JsonObject = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of a batch.',
  schema: { type: 'string', minLength: 1 },
  example: 'msgbatch_013Zva2CMHLNnXjNJJKqJ2EF',
};

const fileId: JsonObject = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of a file.',
  schema: { type: 'string', minLength: 1 },
  example: 'file_011CNha8iCJcU1wXNR6q4V8w',
};

export const OPERATIONS = {
  'POST /v1/messages': {
    tag: 'Messages',
    id: 'createMessage',
    summary: 'Create a message',
    description:
      'The model answers the conversation. With `stream: true` the answer is sent as server-sent events while the model writes it, otherwise as one JSON message. The choice is made by `stream` alone: `Accept` does not matter.\n\nA failure before the first content is repeated, with another key or model where that helps, and told with a status. A failure after it is the last event of the stream.',
    parameters: [version(true), beta],
    body: 'MessageCreateParams',
    answers: {
      200: {
        description: 'The answer: JSON, or a stream where the request has `stream: true`.',
        content: { 'application/json': 'Message', 'text/event-stream': 'MessageStream' },
        headers: ['x-gemini-model', 'x-proxy-warnings', 'x-fallback-model', 'x-model-notice'],
      },
    },
    errors: EVERY_ERROR,
    moreStatuses: [424, 503],
  },
  'POST /v1/messages/count_tokens': {
    tag: 'Messages',
    id: 'countTokens',
    summary: 'Count the tokens of a prompt',
    description:
      'Nothing is generated. Google counts the prompt as it would be sent; where Google cannot be asked now, the size is estimated.',
    parameters: [
      version(true),
      beta,
      query('beta', { type: 'string' }, 'With `true` the answer has `context_management`.'),
    ],
    body: 'MessageCountTokensParams',
    answers: {
      200: {
        description: 'The size.',
        content: json('TokenCount'),
        headers: ['x-gemini-model', 'x-proxy-warnings', 'x-fallback-model'],
      },
    },
    errors: EVERY_ERROR,
    moreStatuses: [424, 503],
  },
  'POST /v1/messages/batches': {
    tag: 'Batches',
    id: 'createMessageBatch',
    summary: 'Create a batch',
    description:
      'Each request is run in the background, as a request of a client without a stream is. Its `params` are checked when it is run: what is wrong with them is its result.',
    parameters: [version(true), beta],
    body: 'MessageBatchCreateParams',
    answers: { 200: { description: 'The batch, which has begun.', content: json('MessageBatch') } },
    errors: [...WITH_KEY, 'request_too_large', 'overloaded_error'],
    moreStatuses: [503],
  },
  'GET /v1/messages/batches': {
    tag: 'Batches',
    id: 'listMessageBatches',
    summary: 'List batches',
    description: 'All batches, newest first.',
    parameters: [
      version(false),
      query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 20 }, 'The length of the page.'),
      query('after_id', { type: 'string' }, 'The page after this id: `last_id` of the page before.'),
      query('before_id', { type: 'string' }, 'The page that ends before this id.'),
    ],
    answers: { 200: { description: 'One page.', content: json('BatchPage') } },
    errors: WITH_KEY,
  },
  'GET /v1/messages/batches/:id': {
    tag: 'Batches',
    id: 'getMessageBatch',
    summary: 'Get one batch',
    description: 'How far it is, and where its results are.',
    parameters: [version(false), batchId],
    answers: { 200: { description: 'The batch.', content: json('MessageBatch') } },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'DELETE /v1/messages/batches/:id': {
    tag: 'Batches',
    id: 'deleteMessageBatch',
    summary: 'Delete a batch',
    description: 'Its results are deleted as well. A batch that has not ended must be canceled first.',
    parameters: [version(false), batchId],
    answers: { 200: { description: 'The batch is deleted.', content: json('DeletedBatch') } },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'POST /v1/messages/batches/:id/cancel': {
    tag: 'Batches',
    id: 'cancelMessageBatch',
    summary: 'Cancel a batch',
    description: 'What is under way comes to its end; what waits is not run.',
    parameters: [version(false), batchId],
    answers: { 200: { description: 'The batch, which is being canceled.', content: json('MessageBatch') } },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'GET /v1/messages/batches/:id/results': {
    tag: 'Batches',
    id: 'getMessageBatchResults',
    summary: 'Get the results of a batch',
    description: 'One line of JSON for each request, in the order of the requests.',
    parameters: [version(false), batchId],
    answers: {
      200: { description: 'The results.', content: { 'application/x-jsonl': 'MessageBatchResults' } },
    },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'POST /v1/files': {
    tag: 'Files',
    id: 'uploadFile',
    summary: 'Upload a file',
    description:
      'The file is kept on the disk of the proxy. A request names it as the source of an image (`type: file`), of a document, or in `container_upload`. Pictures, PDFs and text can be shown to the model.',
    parameters: [version(false), beta],
    body: 'FileUploadParams',
    bodyType: 'multipart/form-data',
    answers: { 200: { description: 'The file.', content: json('FileMetadata') } },
    errors: [...WITH_KEY, 'request_too_large'],
  },
  'GET /v1/files': {
    tag: 'Files',
    id: 'listFiles',
    summary: 'List files',
    description: 'All files that have not expired, newest first.',
    parameters: [
      version(false),
      beta,
      query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 20 }, 'The length of the page.'),
      query('page', { type: 'string' }, '`next_page` of the page before.'),
      query('after_id', { type: 'string' }, 'In the older form: the page after this id.'),
      query('before_id', { type: 'string' }, 'In the older form: the page that ends before this id.'),
      query(
        'ids[]',
        { type: 'array', items: { type: 'string' } },
        'Only these files, 100 different ones at most; those that do not exist are left out.',
      ),
    ],
    answers: { 200: { description: 'One page.', content: json('FilePage') } },
    errors: WITH_KEY,
  },
  'GET /v1/files/:id': {
    tag: 'Files',
    id: 'getFile',
    summary: 'Get what is known of a file',
    description: 'Its name, type, size and dates.',
    parameters: [version(false), beta, fileId],
    answers: { 200: { description: 'The file.', content: json('FileMetadata') } },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'DELETE /v1/files/:id': {
    tag: 'Files',
    id: 'deleteFile',
    summary: 'Delete a file',
    description: 'Its bytes are removed at once. Requests that name it are refused from then on.',
    parameters: [version(false), beta, fileId],
    answers: { 200: { description: 'The file is deleted.', content: json('DeletedFile') } },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'GET /v1/files/:id/content': {
    tag: 'Files',
    id: 'downloadFile',
    summary: 'Download a file',
    description: "As with Anthropic's API, what a client has uploaded cannot be downloaded.",
    parameters: [version(false), beta, fileId],
    answers: {
      200: { description: 'The bytes of the file.', content: { 'application/octet-stream': 'FileContent' } },
    },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'GET /v1/models': {
    tag: 'Models',
    id: 'listModels',
    summary: 'List models',
    description:
      'Claude ids, each with the limits of the Gemini model that answers for it, and the ids of the Gemini models themselves. Other Claude ids work, too.',
    parameters: [
      version(false),
      query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 20 }, 'The length of the page.'),
      query('after_id', { type: 'string' }, 'The page after this id: `last_id` of the page before.'),
      query('before_id', { type: 'string' }, 'The page that ends before this id.'),
      query(
        'lifecycle',
        { type: 'array', items: { type: 'string', enum: ['active', 'deprecated', 'retired'] } },
        'Only models at these stages. Without it, all but those that are retired.',
      ),
    ],
    answers: { 200: { description: 'One page, newest first.', content: json('ModelPage') } },
    errors: WITH_KEY,
  },
  'GET /v1/models/:id': {
    tag: 'Models',
    id: 'getModel',
    summary: 'Get one model',
    description: 'What a model can do, and its limits.',
    parameters: [
      version(false),
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The id of a model, with or without `models/` before it.',
        schema: { type: 'string', minLength: 1 },
        example: 'claude-opus-5-5',
      },
    ],
    answers: { 200: { description: 'The model.', content: json('ModelInfo') } },
    errors: [...WITH_KEY, 'not_found_error'],
  },
  'GET /': {
    tag: 'Operation',
    id: 'about',
    summary: 'What this server is',
    description: 'The version, who answers (`backend`), the mapped models, and the main routes.',
    answers: { 200: { description: 'About this server.', content: json('AboutAnswer') } },
    errors: ANY_ROUTE,
  },
  'GET /api/hello': {
    tag: 'Operation',
    id: 'hello',
    summary: 'Say hello',
    description: 'Claude Code asks this when it starts.',
    answers: { 200: { description: 'Hello.', content: json('HelloAnswer') } },
    errors: ANY_ROUTE,
  },
  'GET /health': {
    tag: 'Operation',
    id: 'health',
    summary: 'State, counts and recent errors',
    description:
      'For people and monitors. With the key of the proxy the recent errors have their messages, and it is told why Gemini could not be reached. The status is 503 only where it is certainly useless to send a request here.',
    parameters: [query('settings', { type: 'string' }, 'Adds `settings`, for those who know the key.')],
    answers: {
      200: { description: 'Requests are answered, or may be.', content: json('HealthAnswer') },
      503: { description: 'Nothing has worked for a minute.', content: json('HealthAnswer') },
    },
    errors: ANY_ROUTE,
  },
  'GET /livez': {
    tag: 'Operation',
    id: 'live',
    summary: 'Does the process run?',
    description: 'For orchestrators: a process that does not answer this should be started anew.',
    answers: { 200: { description: 'The process runs.', content: json('LiveAnswer') } },
    errors: ANY_ROUTE,
  },
  'GET /readyz': {
    tag: 'Operation',
    id: 'ready',
    summary: 'Are new requests welcome?',
    description: 'For orchestrators and load balancers.',
    answers: {
      200: { description: 'New requests are welcome.', content: json('ReadyAnswer') },
      503: {
        description: 'The process is about to end: send new requests elsewhere.',
        content: json('ReadyAnswer'),
      },
    },
    errors: ANY_ROUTE,
  },
  'GET /metrics': {
    tag: 'Operation',
    id: 'metrics',
    summary: 'Metrics for Prometheus',
    description:
      'Requests, times, tokens, dollars, retries, warnings and errors since the start, and the present state of keys and models, in the text format of Prometheus. With several workers whichever is asked tells those of all.',
    answers: { 200: { description: 'The metrics.', content: { 'text/plain': 'Metrics' } } },
    errors: WITH_KEY,
  },
  'GET /test-connection': {
    tag: 'Operation',
    id: 'testConnection',
    summary: 'Try each Gemini key',
    description:
      'Sends one tiny request for the small model with each key, and says what to do where that fails. It costs a few tokens, so pages of other sites and links cannot start it.',
    answers: {
      200: { description: 'At least one key works.', content: json('ConnectionAnswer') },
      503: { description: 'No key works.', content: json('ConnectionAnswer') },
    },
    errors: WITH_KEY,
  },
  ...MOCK_OPERATIONS,
} as const satisfies Record<DescribedRoute, Operation>;
