/** Which tool declarations a refusal of Google's is about: by place, by name, or by what the sentence fits (wire section 3). */
import type { UpstreamError } from '../../gemini/errors.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../../gemini/wire.ts';
import { isObject, type Json } from '../../lib/json.ts';

export type Culprit = {
  declaration: FunctionDeclaration;
  /** `duplicate`: its name is that of an earlier one. Where it is the name, no other schema would help. */
  trouble: 'schema' | 'name' | 'duplicate';
  /** Google's sentence about it. */
  because: string;
};

export type Culprits =
  | { kind: 'named'; culprits: readonly Culprit[] }
  /** Google refuses the schemas of the tools together, and does not say whose. */
  | { kind: 'unnamed'; because: string };

/** `tools[0].function_declarations[6].parameters…`; the fields of a request are told in snake case, but who knows. */
const PLACE = /\btools\[(\d+)\]\.(?:function_declarations|functionDeclarations)\[(\d+)\](?:\.(\w+))?/g;
const DUPLICATE = /Duplicate function declaration found:\s*(\S+)/i;
/** Vertex's front. */
const BY_NAME = /[`'"]([\w.:-]+)[`'"] function_?declaration|function_?declaration [`'"]([\w.:-]+)[`'"]/gi;
const UNDEFINED_SCHEMA = /reference to undefined schema at\s*(\S*)/i;
const TOO_MUCH = /too many states for serving|maximum schema depth|maximum allowed nesting depth/i;

/** Characters of Google's sentence that are kept: some list every field of every tool. */
const LONGEST_SENTENCE = 300;

const sentence = (line: string): string => {
  const text = line.replace(/^[\s*]+/, '').trim();
  return text.length <= LONGEST_SENTENCE ? text : `${text.slice(0, LONGEST_SENTENCE)}…`;
};

export const declarationsOf = (request: GenerateContentRequest): FunctionDeclaration[] =>
  (request.tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations ?? []);

/** Undefined where `error` is not about the declarations of `request`. */
export function culpritsOf(error: UpstreamError, request: GenerateContentRequest): Culprits | undefined {
  const lines = error.message.split('\n');
  const culprits = [lines, violationsIn(error.google?.details ?? [])]
    .map((told) => told.flatMap((line) => inLine(line, request)))
    .find((found) => found.length > 0);
  if (culprits) return { kind: 'named', culprits: eachOnce(culprits) };
  const because = lines.find((line) => TOO_MUCH.test(line));
  if (because === undefined || !compilesTools(request)) return undefined;
  return { kind: 'unnamed', because: sentence(because) };
}

/** Fields in the details, for a message that names none. */
const violationsIn = (details: readonly Json[]): string[] =>
  details
    .flatMap((detail) => (isObject(detail) ? (detail['fieldViolations'] ?? []) : []))
    .flatMap((violation) =>
      isObject(violation) ? [`${violation['field'] ?? ''}: ${violation['description'] ?? ''}`] : [],
    );

function inLine(line: string, request: GenerateContentRequest): Culprit[] {
  const because = sentence(line);
  const placed = [...line.matchAll(PLACE)].flatMap(([, tool, position, field]): Culprit[] => {
    const declaration = request.tools?.[Number(tool)]?.functionDeclarations?.[Number(position)];
    return declaration ? [{ declaration, trouble: field === 'name' ? 'name' : 'schema', because }] : [];
  });
  if (placed.length > 0) return placed;
  const all = declarationsOf(request);
  const twice = DUPLICATE.exec(line)?.[1];
  if (twice !== undefined) {
    const later = all.filter(({ name }) => name === twice).slice(1);
    return later.map((declaration) => ({ declaration, trouble: 'duplicate', because }));
  }
  const names = [...line.matchAll(BY_NAME)].flatMap(([, before, after]) => before ?? after ?? []);
  const path = UNDEFINED_SCHEMA.exec(line)?.[1];
  const found =
    path === undefined ? all.filter(({ name }) => names.includes(name)) : withReference(all, path, request);
  return found.map((declaration) => ({ declaration, trouble: 'schema', because }));
}

function eachOnce(culprits: readonly Culprit[]): Culprit[] {
  const byDeclaration = new Map<FunctionDeclaration, Culprit>();
  for (const culprit of culprits) {
    const known = byDeclaration.get(culprit.declaration);
    if (!known || culprit.trouble !== 'schema') byDeclaration.set(culprit.declaration, culprit);
  }
  return [...byDeclaration.values()];
}

/**
 * The path is one inside of a schema, and whose is not told: those with a reference at that very place, or else with any
 * reference at all. None where the answer's schema may be the one that is meant.
 */
function withReference(
  declarations: readonly FunctionDeclaration[],
  path: string,
  request: GenerateContentRequest,
): FunctionDeclaration[] {
  const there = declarations.filter(({ parametersJsonSchema: schema }) => {
    const node = path
      .split('.')
      .filter((step) => step !== '')
      .reduce<unknown>((at, step) => memberOf(at, step), schema);
    return typeof memberOf(node, '$ref') === 'string';
  });
  if (there.length > 0 || mentionsReference(request.generationConfig?.responseJsonSchema)) return there;
  return declarations.filter(({ parametersJsonSchema: schema }) => mentionsReference(schema));
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;

const mentionsReference = (schema: Json | undefined): boolean =>
  schema !== undefined && JSON.stringify(schema).includes('"$ref"');

/** Beside an answer's schema, tools are held to theirs only where the model must keep to them. */
function compilesTools({ generationConfig, toolConfig }: GenerateContentRequest): boolean {
  const mode = toolConfig?.functionCallingConfig.mode;
  return generationConfig?.responseJsonSchema === undefined || mode === 'ANY' || mode === 'VALIDATED';
}
