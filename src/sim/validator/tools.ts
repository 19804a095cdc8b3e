/** Checks tools: names, duplicates, schemas, and the choice among them. */
import type { GeminiModel } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { isObject } from '../../lib/json.ts';
import { refusedSchema } from './json-schema.ts';
import { toSnakeCase } from './parse.ts';
import { invalidArgument } from './refusal.ts';
import type { ApiDeclaration, ApiRequest, ApiSchema } from './request.ts';
import { declarations } from './request.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;
const NAME_RULE =
  'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.';

const isSet = (member: unknown): boolean =>
  member !== undefined && !(Array.isArray(member) && member.length === 0);

/** The faults that Google's list check finds in the declarations. */
export function checkDeclarations(request: ApiRequest): string[] {
  const lines: string[] = [];
  (request.tools ?? []).forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (!Object.values(tool).some(isSet)) {
      lines.push(`${path}.tool_type: required one_of 'tool_type' must have one initialized field`);
    }
    (tool.functionDeclarations ?? []).forEach((declaration, position) => {
      lines.push(...checkDeclaration(declaration, `${path}.function_declarations[${position}]`));
    });
  });
  return lines;
}

function checkDeclaration(declaration: ApiDeclaration, path: string): string[] {
  const lines = NAME.test(declaration.name ?? '') ? [] : [`${path}.name: ${NAME_RULE}`];
  if (declaration.parameters) lines.push(...checkSchema(declaration.parameters, `${path}.parameters`));
  return lines;
}

/** Checks the closed schema of `parameters`. A path in a refusal names the property in the schema. */
function checkSchema(schema: ApiSchema, path: string): string[] {
  const lines: string[] = [];
  const names = Object.keys(schema.properties ?? {});
  if (schema.type === 'ARRAY' && !schema.items) lines.push(`${path}.items: missing field.`);
  (schema.required ?? []).forEach((name, index) => {
    if (!names.includes(name)) lines.push(`${path}.required[${index}]: property is not defined`);
  });
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    lines.push(...checkSchema(property, `${path}.properties[${name}]`));
  }
  if (schema.items) lines.push(...checkSchema(schema.items, `${path}.items`));
  (schema.anyOf ?? []).forEach((branch, index) => {
    lines.push(...checkSchema(branch, `${path}.any_of[${index}]`));
  });
  return lines;
}

export function checkTools(model: GeminiModel, request: ApiRequest): GoogleError | undefined {
  const seen = new Set<string>();
  for (const declaration of declarations(request)) {
    const name = declaration.name ?? '';
    if (seen.has(name)) return invalidArgument(`Duplicate function declaration found: ${name}`);
    seen.add(name);
    const refusal = checkJsonSchema(declaration);
    if (refusal) return refusal;
  }
  return checkChoice(request, seen) ?? checkBuiltIns(model, request, seen.size);
}

function checkJsonSchema({
  name,
  parameters,
  parametersJsonSchema: schema,
}: ApiDeclaration): GoogleError | undefined {
  if (schema === undefined || schema === null) return undefined;
  // The texts of the first two refusals are ours: none was ever recorded, but the description of the fields rules both
  // cases out.
  if (parameters)
    return invalidArgument(`\`${name}\`: parameters and parameters_json_schema are mutually exclusive.`);
  const types = isObject(schema) ? [schema['type']].flat() : [];
  if (!isObject(schema) || (schema['type'] !== undefined && !types.includes('object'))) {
    return invalidArgument(`\`${name}\` functionDeclaration \`parameters\` schema should be of type OBJECT.`);
  }
  const refused = refusedSchema(schema);
  return refused === undefined ? undefined : invalidArgument(refused);
}

function checkChoice(request: ApiRequest, declared: ReadonlySet<string>): GoogleError | undefined {
  const allowed = request.toolConfig?.functionCallingConfig?.allowedFunctionNames ?? [];
  if (allowed.every((name) => declared.has(name))) return undefined;
  return invalidArgument('allowed_function_names should be a subset of the provided function_declarations');
}

const BUILT_INS = [
  'googleSearch',
  'googleSearchRetrieval',
  'codeExecution',
  'urlContext',
  'googleMaps',
  'fileSearch',
];

function checkBuiltIns(model: GeminiModel, request: ApiRequest, functions: number): GoogleError | undefined {
  const used = BUILT_INS.filter((name) => request.tools?.some((tool) => tool[name] !== undefined));
  if (used.length === 0 || functions === 0) return undefined;
  if (!model.jsonWithTools) {
    return invalidArgument(
      `Built-in tools ({${used.map(toSnakeCase).join(', ')}}) and Function Calling cannot be combined in the same request. Please choose one to continue.`,
    );
  }
  if (request.toolConfig?.includeServerSideToolInvocations) return undefined;
  return invalidArgument(
    'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.',
  );
}
