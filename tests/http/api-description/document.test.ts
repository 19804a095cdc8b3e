/** The API description as a document: a valid one, of every route, that a person can read. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { CONTENT_BLOCKS } from '../../../src/anthropic/content.ts';
import { MESSAGE_EVENTS } from '../../../src/anthropic/events.ts';
import { ROUTES } from '../../../src/http/route-table.ts';
import { isObject } from '../../../src/lib/json.ts';
import { descriptionOf } from '../../support/api-description.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';

type Described = { description?: string; summary?: string };
type Response = Described & {
  headers: object;
  content: Record<string, { schema: object; examples?: object }>;
};
type Operation = Described & {
  operationId: string;
  tags: string[];
  parameters?: (Described & { name: string })[];
  requestBody?: { content: Record<string, { schema: { $ref: string }; examples: object }> };
  responses: Record<string, Response>;
  security: unknown[];
};
type Schema = Described & {
  title?: string;
  oneOf?: { $ref: string }[];
  properties?: Record<string, Described>;
  discriminator?: { propertyName: string; mapping: Record<string, string> };
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

let proxy: TestProxy;
let document: Document;
beforeAll(async () => {
  proxy = await startProxy();
  document = (await descriptionOf(proxy.send)) as unknown as Document;
});
afterAll(() => proxy[Symbol.asyncDispose]());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );

/** Every object in `value`, however deep. */
const objectsIn = (value: unknown): Record<string, unknown>[] => {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  return isObject(value) ? [value, ...Object.values(value).flatMap(objectsIn)] : [];
};

test('is a valid OpenAPI document', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(document.openapi).toBe('3.1.0');
});

test('lists every route once, and none of its own pages', () => {
  const served = ROUTES.filter(({ isPage = false }) => !isPage).map(
    ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
  );
  expect(
    operations()
      .map(({ route }) => route)
      .sort(),
  ).toEqual(served.sort());
  expect(JSON.stringify(Object.keys(document.paths))).not.toContain('swagger');
});

test('every reference in it leads somewhere', () => {
  const references = objectsIn(document).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
  expect(references.length).toBeGreaterThan(100);
  const missing = references.filter((reference) => {
    const steps = reference.slice(2).split('/');
    return steps.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), document) === undefined;
  });
  expect(missing).toEqual([]);
});

test('no schema is left over', () => {
  const text = JSON.stringify(document);
  const unused = Object.keys(document.components.schemas).filter(
    (name) => !text.includes(`"#/components/schemas/${name}"`),
  );
  expect(unused).toEqual([]);
});

describe('an operation', () => {
  test('has a summary, a description, a group and a name', () => {
    for (const { route, operation } of operations()) {
      expect(operation.summary?.length, route).toBeGreaterThan(5);
      expect(operation.description, route).toEndWith('.');
      expect(operation.tags, route).toHaveLength(1);
    }
    const names = operations().map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  test('describes its parameters, and each of its answers with a schema, headers and an example', () => {
    for (const { route, operation } of operations()) {
      for (const { name, description } of operation.parameters ?? [])
        expect(description, `${route} ${name}`).toEndWith('.');
      for (const [status, { description, headers, content }] of Object.entries(operation.responses)) {
        expect(description, `${route} ${status}`).toEndWith('.');
        expect(Object.keys(headers), `${route} ${status}`).toContain('request-id');
        for (const [type, media] of Object.entries(content)) {
          expect(media.schema, `${route} ${status}`).toBeObject();
          // Bytes of a file, lines of results, and metrics have no example.
          if (!['application/octet-stream', 'application/x-jsonl', 'text/plain'].includes(type))
            expect(Object.keys(media.examples ?? {}), `${route} ${status}`).not.toEqual([]);
        }
      }
    }
  });

  test('takes JSON alone, with examples, or a form with a file', () => {
    for (const { operation } of operations().filter((one) => one.operation.requestBody)) {
      const { content } = operation.requestBody ?? { content: {} };
      if (Object.keys(content).join() === 'multipart/form-data') continue;
      expect(Object.keys(content)).toEqual(['application/json']);
      expect(Object.keys(content['application/json']?.examples ?? {}).length).toBeGreaterThan(1);
    }
  });

  test('may be asked without a key only where the proxy has none', async () => {
    await using locked = await startProxy({ env: { PROXY_API_KEY: 'key-of-the-proxy' } });
    const securityOf = async () => {
      const { paths } = (await descriptionOf(locked.send)) as unknown as Document;
      return paths['/v1/messages']?.['post']?.security;
    };
    expect(await securityOf()).toEqual([{ apiKey: [] }, { bearer: [] }]);
    expect(document.paths['/v1/messages']?.['post']?.security).toContainEqual({});
  });

  test('takes the key in both headers where a key is needed', () => {
    for (const { method, path, needsKey = false } of ROUTES.filter(({ isPage = false }) => !isPage)) {
      const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      expect(operation?.security).toEqual(needsKey ? [{ apiKey: [] }, { bearer: [] }, {}] : []);
    }
  });
});

describe('the schemas', () => {
  const tags = (name: string) => Object.keys(document.components.schemas[name]?.discriminator?.mapping ?? {});

  test('blocks and events are told apart by their type', () => {
    expect(tags('ContentBlockParam')).toEqual(Object.keys(CONTENT_BLOCKS));
    expect(tags('MessageStreamEvent')).toEqual(Object.keys(MESSAGE_EVENTS));
    for (const { oneOf = [], discriminator } of Object.values(document.components.schemas)) {
      if (!discriminator) continue;
      expect(discriminator.propertyName).toBe('type');
      expect(Object.values(discriminator.mapping)).toEqual(oneOf.map(({ $ref }) => $ref));
    }
  });

  test('each has a title and a description', () => {
    for (const [name, { title, description }] of Object.entries(document.components.schemas)) {
      expect(title).toBe(name);
      expect(description, name).toEndWith('.');
    }
  });

  test('each field of a request is described', () => {
    for (const name of ['MessageCreateParams', 'MessageCountTokensParams']) {
      const { properties = {} } = document.components.schemas[name] ?? {};
      for (const [field, { description }] of Object.entries(properties))
        expect(description, `${name}.${field}`).toEndWith('.');
    }
  });
});
