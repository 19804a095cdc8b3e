/**
 * Puts the API description together. The plugin lists the routes that are really served; everything else comes from our
 * tables. This file is loaded only when somebody asks for the description.
 */
import { swagger } from '@elysiajs/swagger';
import { type AnyElysia, Elysia } from 'elysia';
import { ERROR_STATUS } from '../../anthropic/errors.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { ROUTES } from '../route-table.ts';
import exampleAnswers from './example-answers.json' with { type: 'json' };
import { EXAMPLE_REQUESTS } from './example-requests.ts';
import { HEADERS, type HeaderName } from './headers.ts';
import { ref } from './json-schema.ts';
import { type Answer, MORE_STATUSES, type Operation, TAGS } from './operation-words.ts';
import { OPERATIONS } from './operations.ts';
import { namedSchemas } from './schemas.ts';
import { ERROR_TEXTS } from './texts.ts';

const INFO = {
  title: 'Gemini for Claude Code',
  summary: "Anthropic's Messages API in, Gemini's API out.",
  description: `Clients of Anthropic (Claude Code, the SDKs) ask here, and Gemini answers.

- Where the proxy has a key (\`PROXY_API_KEY\`), a client sends it as \`x-api-key\` or as \`Authorization: Bearer …\`. Press **Authorize** to try it here.
- Every answer has a \`request-id\`. Every error has the form of \`ErrorResponse\`.
- \`/v1\` may be missing or doubled in a path. \`HEAD\` is answered wherever \`GET\` is. Other methods get a 405, other paths a 404.`,
  license: { name: 'MIT', identifier: 'MIT' },
};

type ExampleAnswer = { name: string; summary: string; status: number; value: Json };
/** `tags`: the groups of operations that may tell the error. */
type ExampleError = ExampleAnswer & { tags: string[] };

const ANSWERS: Readonly<Record<string, readonly ExampleAnswer[]>> = exampleAnswers.answers;
const ERRORS: readonly ExampleError[] = exampleAnswers.errors;

const example = ({ summary, value }: Pick<ExampleAnswer, 'summary' | 'value'>): JsonObject => ({
  summary,
  value,
});

const JSON_MEDIA = 'application/json';
/** An example is a stream where it is a text. */
const mediaOf = ({ value }: ExampleAnswer): string =>
  typeof value === 'string' ? 'text/event-stream' : JSON_MEDIA;

const withExamples = (schema: string, examples: JsonObject): JsonObject => ({
  schema: ref(schema),
  ...(Object.keys(examples).length > 0 ? { examples } : {}),
});

const headers = (names: readonly HeaderName[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

function answerOf(
  route: string,
  status: string,
  { description, content, headers: more = [] }: Answer,
): JsonObject {
  const examples = (ANSWERS[route] ?? []).filter((one) => String(one.status) === status);
  const media = Object.entries(content).map(([type, schema]) => {
    const shown = examples.filter((one) => mediaOf(one) === type).map((one) => [one.name, example(one)]);
    return [type, withExamples(schema, Object.fromEntries(shown))];
  });
  return { description, headers: headers(['request-id', ...more]), content: Object.fromEntries(media) };
}

const errorName = ({ name }: ExampleError): string => `error_${name}`;

function errorOf(status: number, { tag, errors }: Operation): JsonObject {
  const usual = errors.filter((type) => ERROR_STATUS[type] === status);
  const texts = usual.map((type) => `\`${type}\`: ${ERROR_TEXTS[type]}`);
  const more: Readonly<Record<number, string>> = MORE_STATUSES;
  const description = [...texts, ...(more[status] ? [`\`api_error\`: ${more[status]}`] : [])].join(' ');
  const shown = ERRORS.filter((one) => one.status === status && one.tags.includes(tag));
  const examples = shown.map((one) => [errorName(one), { $ref: `#/components/examples/${errorName(one)}` }]);
  return {
    description,
    headers: headers([
      'request-id',
      'retry-after',
      'x-should-retry',
      // A request that another model has failed, too.
      ...(tag === 'Messages' ? (['x-gemini-model', 'x-proxy-warnings', 'x-fallback-model'] as const) : []),
    ]),
    content: { [JSON_MEDIA]: withExamples('ErrorResponse', Object.fromEntries(examples)) },
  };
}

function responsesOf(route: string, operation: Operation): JsonObject {
  const statuses = [...operation.errors.map((type) => ERROR_STATUS[type]), ...(operation.moreStatuses ?? [])];
  const errors = statuses.map((status) => [status, errorOf(status, operation)]);
  const answers = Object.entries(operation.answers).map(([status, answer]) => [
    status,
    answerOf(route, status, answer),
  ]);
  return Object.fromEntries([...errors, ...answers]);
}

function bodyOf(route: string, schema: string, type: string, isOptional = false): JsonObject {
  const requests = Object.entries(EXAMPLE_REQUESTS).find(([key]) => key === route)?.[1] ?? {};
  const examples = Object.entries(requests).map(([name, { summary, body }]) => [
    name,
    { summary, value: body as Json },
  ]);
  return {
    required: !isOptional,
    content: { [type]: withExamples(schema, Object.fromEntries(examples)) },
  };
}

/** What the document says of one server. */
export type Described = {
  version: string;
  /** True where clients must send the proxy's key. Else they may. */
  isLocked: boolean;
};

const securityOf = ({ isLocked }: Described): Json => [
  { apiKey: [] },
  { bearer: [] },
  ...(isLocked ? [] : [{}]),
];

function operationOf(route: string, described: Described): JsonObject {
  const operation: Operation | undefined = (OPERATIONS as Readonly<Record<string, Operation>>)[route];
  if (!operation) throw new Error(`the route ${route} has no description`);
  const { tag, id, summary, description, parameters = [], body, bodyType = JSON_MEDIA } = operation;
  const { isBodyOptional } = operation;
  const needsKey = ROUTES.some(({ method, path, needsKey: needs }) => needs && `${method} ${path}` === route);
  return {
    tags: [tag],
    operationId: id,
    summary,
    description,
    ...(parameters.length > 0 ? { parameters: [...parameters] } : {}),
    ...(body === undefined ? {} : { requestBody: bodyOf(route, body, bodyType, isBodyOptional) }),
    responses: responsesOf(route, operation),
    security: needsKey ? securityOf(described) : [],
  };
}

/** The paths as the plugin lists them: in its order, without pages. */
async function listedPaths(app: AnyElysia, described: Described): Promise<JsonObject> {
  const listed = new Elysia().use(swagger({ path: '/listed' })).use(app);
  const document: unknown = await (await listed.handle(new Request('http://localhost/listed/json'))).json();
  const paths = isObject(document) && isObject(document['paths']) ? document['paths'] : {};
  const operations = Object.entries(paths).map(([path, methods]) => {
    const route = path.replace(/\{(\w+)\}/g, ':$1');
    const methodsOf = Object.keys(isObject(methods) ? methods : {}).map((method) => [
      method,
      operationOf(`${method.toUpperCase()} ${route}`, described),
    ]);
    return [path, Object.fromEntries(methodsOf)];
  });
  return Object.fromEntries(operations);
}

/** The OpenAPI description of the routes of `app`, in version 3.1, whose schemas are plain JSON Schema. */
export async function buildOpenApi(app: AnyElysia, described: Described): Promise<JsonObject> {
  return {
    openapi: '3.1.0',
    info: { ...INFO, version: described.version },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: await listedPaths(app, described),
    components: {
      schemas: namedSchemas(),
      headers: HEADERS,
      examples: Object.fromEntries(ERRORS.map((one) => [errorName(one), example(one)])),
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'The key of this proxy (`PROXY_API_KEY`). Leave it empty where the proxy has none.',
        },
        bearer: { type: 'http', scheme: 'bearer', description: 'The same key in the other header.' },
      },
    },
  };
}
