/** Which tool declarations a refusal of Google's is about: by place, by name, or by what the sentence fits (wire section 3). */
import type { UpstreamError } from '../../../gemini/errors.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../../../gemini/wire.ts';
import { isObject, type Json } from '../../../lib/json.ts';
import { cluedBy, isClue } from './clues.ts';

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
/** What sentences about a schema, in other words than those that we know, may call a tool. */
const QUOTED = /[`'"]([\w.:-]+)[`'"]|\b(?:function|tool) ([\w.:-]*\w)/gi;
/** A 400 that is about some schema. That of an answer is not the tools'. */
const OF_A_SCHEMA = /\bschemas?\b|parameters_?json_?schema|function_?declarations?\b|ref loops?/i;
const OF_AN_ANSWER = /response_?(?:json_?)?schema|GenerationConfig/i;
/** All that Google says, sometimes, of one bad declaration among very many. */
const OF_NOTHING = /^\s*Request contains an invalid argument\.?\s*$/i;
/** From so many tools on, a 400 that says nothing is taken to be about one of them: the client's own are fewer. */
const VERY_MANY = 20;
const TOO_MUCH = /too many states for serving|maximum schema depth|maximum allowed nesting depth/i;

/** Not cut, however many fields it lists: who shows it hides secrets first. */
const sentence = (line: string): string => line.replace(/^[\s*]+/, '').trim();

export const declarationsOf = (request: GenerateContentRequest): FunctionDeclaration[] =>
  (request.tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations ?? []);

/** Names of the declarations that were changed because of a sentence, by the sentence. */
export type Blamed = ReadonlyMap<string, ReadonlySet<string>>;

/** Undefined where `error` is not about the declarations of `request`, some of which are as they are because of what was `blamed`. */
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

/** Fields in the details, for a message that names none. */
const violationsIn = (details: readonly Json[]): string[] =>
  details
    .flatMap((detail) => (isObject(detail) ? (detail['fieldViolations'] ?? []) : []))
    .flatMap((violation) =>
      isObject(violation) ? [`${violation['field'] ?? ''}: ${violation['description'] ?? ''}`] : [],
    );

function inLine(line: string, request: GenerateContentRequest, blamed: Blamed): Culprit[] {
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
  const named = namedIn(line, BY_NAME, all);
  const certain = named.length > 0 ? named : meantBy(line, request);
  // What it was changed for may be gone from its schema: the very same sentence means it once more.
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

/** What a sentence about a place in a schema can only mean. */
function meantBy(line: string, request: GenerateContentRequest): readonly FunctionDeclaration[] {
  const clued = cluedBy(line, declarationsOf(request), request.generationConfig?.responseJsonSchema);
  if (!clued) return [];
  const isOne = clued.found === 'there' && clued.declarations.length === 1;
  return isOne || clued.found === 'wrong' ? clued.declarations : [];
}

export type Suspects = {
  declarations: readonly FunctionDeclaration[];
  because: string;
  /** Google speaks of a schema: it is a tool's, then. */
  isCertain: boolean;
};

/**
 * Those of which one may be what `error` means, where `culpritsOf` finds none: what stands at the place that it tells, or else all.
 * Undefined where it is about something else.
 */
export function suspectsOf(error: UpstreamError, request: GenerateContentRequest): Suspects | undefined {
  const all = declarationsOf(request);
  const { responseJsonSchema: answer } = request.generationConfig ?? {};
  for (const line of error.message.split('\n')) {
    // One that is named and not there any more is none of the others.
    if (OF_AN_ANSWER.test(line) || namesIn(line, BY_NAME).length > 0) continue;
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

/** Beside an answer's schema, tools are held to theirs only where the model must keep to them. */
function compilesTools({ generationConfig, toolConfig }: GenerateContentRequest): boolean {
  const mode = toolConfig?.functionCallingConfig.mode;
  return generationConfig?.responseJsonSchema === undefined || mode === 'ANY' || mode === 'VALIDATED';
}
