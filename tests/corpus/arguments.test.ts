/** The arguments of recorded calls, checked against the schemas that were declared for them: each is legal, and stays. */
import { describe, expect, test } from 'bun:test';
import { isObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import { SchemaCheck } from '../../src/lib/schema/schema-check.ts';
import { fitArguments } from '../../src/translate/response/arguments/fit-arguments.ts';
import { claudeCodeRequests, hasCorpus, recordings } from '../support/corpus/corpus.ts';
import { readIndependently } from '../support/corpus/independent-reading.ts';

type Call = { name: string; args: JsonObject; schema: JsonObject };

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Any = any;

/** Gemini's own schemas write their types in capitals. */
function asJsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, inner]) => [
      key,
      key === 'type' && typeof inner === 'string' ? inner.toLowerCase() : asJsonSchema(inner),
    ]),
  );
}

function callsOf(calls: readonly { name: string; args: Any }[], schemas: ReadonlyMap<string, Any>): Call[] {
  return calls.flatMap(({ name, args }) => {
    const schema = schemas.get(name);
    return isObject(schema) && isObject(args)
      ? [{ name, args: args as JsonObject, schema: schema as JsonObject }]
      : [];
  });
}

function geminiCalls(): Call[] {
  return recordings('gemini').flatMap(({ request, response }) => {
    const tools: Any[] = [request.body?.tools ?? []].flat();
    const declared = tools.flatMap((tool) => tool.functionDeclarations ?? tool.function_declarations ?? []);
    const schemaOf = (one: Any) =>
      one.parametersJsonSchema ?? one.parameters_json_schema ?? asJsonSchema(one.parameters ?? null);
    const schemas = new Map(declared.map((one: Any) => [one.name, schemaOf(one)]));
    return schemas.size === 0 ? [] : callsOf(readIndependently(response.body).calls, schemas);
  });
}

function anthropicCalls(): Call[] {
  const bodies: Any[] = [
    ...recordings('anthropic').map(({ request }) => request.body),
    ...claudeCodeRequests().map(({ body }) => body),
  ];
  return bodies.flatMap((body) => {
    const schemas = new Map((body?.tools ?? []).map((tool: Any) => [tool.name, tool.input_schema]));
    const blocks = (body?.messages ?? []).flatMap(({ content }: Any) =>
      Array.isArray(content) ? content : [],
    );
    const calls = blocks.filter(({ type }: Any) => type === 'tool_use');
    return callsOf(
      calls.map(({ name, input }: Any) => ({ name, args: input })),
      schemas as ReadonlyMap<string, Any>,
    );
  });
}

describe.skipIf(!hasCorpus)('arguments of the corpus', () => {
  test.each([
    ['that Gemini wrote', geminiCalls, 100],
    ['that clients sent back', anthropicCalls, 50],
  ] as const)('%s', (_, callsFrom, least) => {
    const calls = callsFrom();
    expect(calls.length).toBeGreaterThan(least);
    for (const { args, schema } of calls) {
      expect(new SchemaCheck(schema).verdict(args)).not.toBe('illegal');
      expect(fitArguments(args, schema).args).toBe(args);
    }
  });
});
