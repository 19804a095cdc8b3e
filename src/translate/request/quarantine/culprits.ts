/**
 * Finds out which tool declarations an error of Google's is about: by their place, by their name, or by which schemas
 * the sentence fits (wire section 3).
 */
import type { UpstreamError } from '../../../gemini/errors.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../../../gemini/wire.ts';
import { isObject, type Json } from '../../../lib/json.ts';
import { cluedBy, isClue } from './clues.ts';

export type Culprit = {
  declaration: FunctionDeclaration;
  /** What is wrong. `duplicate`: an earlier declaration has the same name, so changing the schema would not help. */
  trouble: 'schema' | 'name' | 'duplicate';
  /** Google's sentence about the declaration. */
  because: string;
};

export type Culprits =
  | { kind: 'named'; culprits: readonly Culprit[] }
  /** Google refuses the schemas of the tools together, and does not say which one is at fault. */
  | { kind: 'unnamed'; because: string };

/**
 * `tools[0].function_declarations[6].parameters…`. Google writes fields in snake case; camel case is understood as
 * well. Some of its fronts leave out the first number.
 */
const PLACE = /\btools(?:\[(\d+)\])?\.(?:function_declarations|functionDeclarations)\[(\d+)\](?:\.(\w+))?/g;
const DUPLICATE = /Duplicate function declaration found:\s*(\S+)/i;
/** Matches the names in sentences of Vertex's front end. */
const BY_NAME = /[`'"]([\w.:-]+)[`'"] function_?declaration|function_?declaration [`'"]([\w.:-]+)[`'"]/gi;
/** Matches other ways in which a sentence about a schema may name a tool. */
const QUOTED = /[`'"]([\w.:-]+)[`'"]|\b(?:function|tool) ([\w.:-]*\w)/gi;
/** Matches a 400 that is about some schema, perhaps the schema of the answer. */
const OF_A_SCHEMA = /\bschemas?\b|parameters_?json_?schema|function_?declarations?\b|ref loops?/i;
const OF_AN_ANSWER = /response_?(?:json_?)?schema|GenerationConfig/i;
/** Matches a 400 about how many tools there are: no form of any of them would help. */
const OF_THEIR_NUMBER = /\bat most \d+ function declarations\b/i;
/**
 * Matches a 400 without any reason: sometimes this is all that Google says about one bad declaration among very many.
 */
const OF_NOTHING = /^\s*Request contains an invalid argument\.?\s*$/i;
/**
 * From this number of tools on, a 400 without a reason is treated as an error about one of the tools. A client's own
 * tools are fewer.
 */
const VERY_MANY = 20;
const TOO_MUCH = /too many states for serving|maximum schema depth|maximum allowed nesting depth/i;

/**
 * Google's sentence without its list mark. It is not cut, however many fields it lists: the code that shows it hides
 * secrets first and cuts then.
 */
const sentence = (line: string): string => line.replace(/^[\s*]+/, '').trim();

export const declarationsOf = (request: GenerateContentRequest): FunctionDeclaration[] =>
  (request.tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations ?? []);

/** For each sentence of an error: the names of the declarations that were changed because of that sentence. */
export type Blamed = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The declarations that `error` means; undefined where `error` is not about the declarations of `request`. `blamed`
 * holds the declarations that were changed earlier, and why.
 */
export function culpritsOf(
  error: UpstreamError,
  request: GenerateContentRequest,
  blamed: Blamed = new Map(),
): Culprits | undefined {
  const lines = error.message.split('\n');
  const culprits = [lines, violationsIn(error.google?.details ?? [])]
    .map((told) => told.flatMap((line) => inLine(line, request, blamed)))
    .find((found) => found.length > 0);
  if (culprits) return { kind: 'named', culprits: eachOnce(culprits) };
  const because = lines.find((line) => TOO_MUCH.test(line));
  if (because === undefined || !compilesTools(request)) return undefined;
  return { kind: 'unnamed', because: sentence(because) };
}

/** The field names in the details of an error, for a message that names none. */
const violationsIn = (details: readonly Json[]): string[] =>
  details
    .flatMap((detail) => (isObject(detail) ? (detail['fieldViolations'] ?? []) : []))
    .flatMap((violation) =>
      isObject(violation) ? [`${violation['field'] ?? ''}: ${violation['description'] ?? ''}`] : [],
    );

function inLine(line: string, request: GenerateContentRequest, blamed: Blamed): Culprit[] {
  const because = sentence(line);
  const placed = [...line.matchAll(PLACE)].flatMap(([, tool, position, field]): Culprit[] => {
    const holder =
      tool === undefined
        ? request.tools?.find(({ functionDeclarations }) => functionDeclarations)
        : request.tools?.[Number(tool)];
    const declaration = holder?.functionDeclarations?.[Number(position)];
    return declaration ? [{ declaration, trouble: field === 'name' ? 'name' : 'schema', because }] : [];
  });
  if (placed.length > 0) return placed;
  const all = declarationsOf(request);
  const twice = DUPLICATE.exec(line)?.[1];
  if (twice !== undefined) {
    const later = all.filter(({ name }) => name === twice).slice(1);
    return later.map((declaration) => ({ declaration, trouble: 'duplicate', because }));
  }
  const named = namedIn(line, BY_NAME, all);
  const certain = named.length > 0 ? named : meantBy(line, request);
  // A schema that was changed may no longer have its fault. If the same sentence comes again, it means that schema once
  // more.
  const again = all.filter(({ name }) => blamed.get(because)?.has(name));
  const found = certain.length > 0 ? certain : again;
  return found.map((declaration) => ({ declaration, trouble: 'schema', because }));
}

const namesIn = (line: string, pattern: RegExp): string[] =>
  [...line.matchAll(pattern)].flatMap(([, ...found]) => found.find((name) => name) ?? []);

const namedIn = (line: string, pattern: RegExp, all: readonly FunctionDeclaration[]) => {
  const names = namesIn(line, pattern);
  return all.filter(({ name }) => names.includes(name));
};

/** The declarations that a line means, if it has words that only a sentence about a place in a schema has. */
function meantBy(line: string, request: GenerateContentRequest): readonly FunctionDeclaration[] {
  const clued = cluedBy(line, declarationsOf(request), request.generationConfig?.responseJsonSchema);
  if (!clued) return [];
  const isOne = clued.found === 'there' && clued.declarations.length === 1;
  return isOne || clued.found === 'wrong' ? clued.declarations : [];
}

export type Suspects = {
  declarations: readonly FunctionDeclaration[];
  because: string;
  /** True where Google speaks of a schema that must be a tool's. */
  isCertain: boolean;
};

/**
 * To be used where `culpritsOf` finds no declarations. Gives the declarations of which one may be meant, by the place
 * that `error` names, or else all declarations. Undefined where `error` is about something else.
 */
export function suspectsOf(error: UpstreamError, request: GenerateContentRequest): Suspects | undefined {
  const all = declarationsOf(request);
  const { responseJsonSchema: answer } = request.generationConfig ?? {};
  for (const line of error.message.split('\n')) {
    // The error names a tool that the request no longer has, so none of the other tools is meant.
    if (OF_AN_ANSWER.test(line) || OF_THEIR_NUMBER.test(line)) continue;
    if (namesIn(line, BY_NAME).length > 0) continue;
    const near = cluedBy(line, all, answer)?.declarations ?? [];
    const because = sentence(line);
    if (near.length > 0) return { declarations: near, because, isCertain: answer === undefined };
    if (!OF_A_SCHEMA.test(line) || answer !== undefined) continue;
    const quoted = isClue(line) ? [] : namedIn(line, QUOTED, all);
    return { declarations: quoted.length > 0 ? quoted : all, because, isCertain: true };
  }
  const isMany = all.length >= VERY_MANY && OF_NOTHING.test(error.message);
  return isMany ? { declarations: all, because: sentence(error.message), isCertain: false } : undefined;
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
 * True where Google checks the schemas of tools. If the request has a schema for the answer, Google checks the tools'
 * schemas only where the model must keep to them.
 */
function compilesTools({ generationConfig, toolConfig }: GenerateContentRequest): boolean {
  const mode = toolConfig?.functionCallingConfig?.mode;
  return generationConfig?.responseJsonSchema === undefined || mode === 'ANY' || mode === 'VALIDATED';
}
