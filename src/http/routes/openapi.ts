/**
 * The API description. The plugin lists the routes. What the plugin cannot know (raw JSON bodies, both auth headers,
 * the form of errors) is added here. This file is loaded only when somebody asks for the description.
 */
import { swagger } from '@elysiajs/swagger';
import { type AnyElysia, Elysia } from 'elysia';
import { CONTENT_BLOCKS } from '../../anthropic/content.ts';
import { ERROR_STATUS } from '../../anthropic/errors.ts';
import { API_VERSIONS, CountTokensRequest, MessagesRequest } from '../../anthropic/request.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/** `schema` as plain JSON. TypeBox schemas are JSON Schema, except for their symbols. */
const plain = (schema: unknown): JsonObject => JSON.parse(JSON.stringify(schema)) as JsonObject;

/**
 * The schema by which requests are really checked. In it every block type has a schema of its own instead of "something
 * with a type".
 */
function withBlocks(schema: unknown): JsonObject {
  const someBlock = JSON.stringify(
    plain(MessagesRequest.properties.messages.items.properties.content.anyOf[1].items),
  );
  return JSON.parse(
    JSON.stringify(schema).replace(someBlock, JSON.stringify(ref('ContentBlock'))),
  ) as JsonObject;
}

const errorSchema: JsonObject = {
  type: 'object',
  required: ['type', 'error', 'request_id'],
  properties: {
    type: { const: 'error' },
    error: {
      type: 'object',
      required: ['type', 'message'],
      properties: {
        type: { type: 'string', enum: Object.keys(ERROR_STATUS) },
        message: { type: 'string' },
        details: { type: 'object' },
      },
    },
    request_id: { type: 'string', pattern: '^req_[A-Za-z0-9_-]{1,36}$' },
  },
};

const schemas = (): JsonObject => ({
  MessagesRequest: withBlocks(MessagesRequest),
  CountTokensRequest: withBlocks(CountTokensRequest),
  ContentBlock: { oneOf: Object.keys(CONTENT_BLOCKS).map((type) => ref(`block_${type}`)) },
  ...Object.fromEntries(
    Object.entries(CONTENT_BLOCKS).map(([type, block]) => [`block_${type}`, plain(block)]),
  ),
  Error: errorSchema,
});

const versionHeader: JsonObject = {
  name: 'anthropic-version',
  in: 'header',
  required: true,
  schema: { type: 'string', enum: [...API_VERSIONS], default: API_VERSIONS[0] },
};

const query = (name: string, type: string, description: string): JsonObject => ({
  name,
  in: 'query',
  required: false,
  schema: { type },
  description,
});

const jsonBody = (schema: string, example: JsonObject): JsonObject => ({
  required: true,
  content: { 'application/json': { schema: ref(schema), example } },
});

const ask: JsonObject = { model: 'claude-opus-5-5', messages: [{ role: 'user', content: 'Say hello.' }] };
const security: Json = [{ apiKey: [] }, { bearer: [] }, {}];

/** What is added to the plugin's description of each operation, by path and method. */
const ADDITIONS: Readonly<Record<string, JsonObject>> = {
  '/v1/messages post': {
    parameters: [versionHeader],
    requestBody: jsonBody('MessagesRequest', { ...ask, max_tokens: 256, stream: false }),
    security,
  },
  '/v1/messages/count_tokens post': {
    parameters: [versionHeader],
    requestBody: jsonBody('CountTokensRequest', ask),
    security,
  },
  '/v1/models get': {
    parameters: [
      query('limit', 'integer', '1 to 1000; 20 by default'),
      query('after_id', 'string', 'the page after this id'),
      query('before_id', 'string', 'the page before this id'),
    ],
    security,
  },
  '/v1/models/{id} get': { security },
  '/test-connection get': { security },
};

const RESPONSES: JsonObject = {
  '200': { description: 'The answer' },
  default: { description: 'An error', content: { 'application/json': { schema: ref('Error') } } },
};

function complete(paths: Record<string, unknown>): JsonObject {
  const completed: JsonObject = {};
  for (const [path, methods] of Object.entries(paths)) {
    if (!isObject(methods)) continue;
    const operations: JsonObject = {};
    for (const [method, operation] of Object.entries(methods)) {
      const { requestBody: _unused, ...rest } = plain(operation);
      operations[method] = { ...rest, responses: RESPONSES, ...ADDITIONS[`${path} ${method}`] };
    }
    completed[path] = operations;
  }
  return completed;
}

/** The OpenAPI description of the routes of `app`, in version 3.1, whose schemas are plain JSON Schema. */
export async function buildOpenApi(app: AnyElysia, version: string): Promise<JsonObject> {
  const description = 'Anthropic Messages API in, Gemini API out.';
  const info = { title: 'Gemini for Claude Code', version, description };
  const listed = new Elysia().use(swagger({ path: '/listed', documentation: { info } })).use(app);
  const response = await listed.handle(new Request('http://localhost/listed/json'));
  const document: unknown = await response.json();
  const paths = isObject(document) && isObject(document['paths']) ? document['paths'] : {};
  return {
    openapi: '3.1.0',
    info,
    paths: complete(paths),
    components: {
      schemas: schemas(),
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}
