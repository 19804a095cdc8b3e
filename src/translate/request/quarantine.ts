/**
 * Tool declarations that Google refuses, kept away from it: first in a simple form, then not at all, so that one bad tool does
 * not end the turn of all the others. Why: docs/decisions/0024-schema-quarantine.md
 */
import type { UpstreamError } from '../../gemini/errors.ts';
import type { FunctionDeclaration, GeminiTool, GenerateContentRequest } from '../../gemini/wire.ts';
import { type Culprit, type Culprits, culpritsOf, declarationsOf } from './quarantine-culprits.ts';
import { isSimple, simpleDeclaration } from './quarantine-simplify.ts';

export type Fate = 'simplified' | 'dropped';

/** What is sent in the place of a declaration, by identity. */
export type Replacements = ReadonlyMap<FunctionDeclaration, FunctionDeclaration | 'dropped'>;

/** What becomes of a declaration that Google names. */
export type Change = {
  /** As it was sent. */
  declaration: FunctionDeclaration;
  fate: Fate;
  /** Google's sentence. */
  because: string;
  /** `content`: the same declaration is refused elsewhere, too. `place`: it is one too many here. */
  holdsFor: 'content' | 'place';
};

/** Those that it does not name, simplified all at once. */
export type Sweep = {
  count: number;
  /** Google refuses them together, or they are spared being named one by one. */
  cause: 'refused' | 'spared';
  because: string;
};

export type Mending = {
  request: GenerateContentRequest;
  changes: readonly Change[];
  sweep: Sweep | undefined;
};

/** How much of a request is mended: what Google names, or, so that nothing more can be named, all of it. */
export type Reach = 'named' | 'everything';

/** A `request` without what `error` refuses. Undefined where it is about something else, or nothing is left to be done. */
export function mendedTools(
  error: UpstreamError,
  request: GenerateContentRequest,
  reach: Reach = 'named',
): Mending | undefined {
  const found = culpritsOf(error, request);
  if (!found) return undefined;
  const changes = found.kind === 'named' ? found.culprits.map(changeFor) : [];
  const instead = new Map(
    changes.map(({ declaration, fate }) => [
      declaration,
      fate === 'simplified' ? simpleDeclaration(declaration) : fate,
    ]),
  );
  const others = found.kind === 'unnamed' || reach === 'everything' ? simplifiable(request) : [];
  const swept = others.filter((declaration) => !instead.has(declaration));
  for (const declaration of swept) instead.set(declaration, simpleDeclaration(declaration));
  const mended = instead.size > 0 ? withReplaced(request, instead) : undefined;
  return mended && { request: mended, changes, sweep: sweepOf(swept.length, found) };
}

function sweepOf(count: number, found: Culprits): Sweep | undefined {
  if (count === 0) return undefined;
  return found.kind === 'unnamed'
    ? { count, cause: 'refused', because: found.because }
    : { count, cause: 'spared', because: 'too many others are refused' };
}

function changeFor({ declaration, trouble, because }: Culprit): Change {
  // The one that stays may be just the same.
  if (trouble === 'duplicate') return { declaration, fate: 'dropped', because, holdsFor: 'place' };
  const fate = trouble === 'name' || isSimple(declaration) ? 'dropped' : 'simplified';
  return { declaration, fate, because, holdsFor: 'content' };
}

/** The declarations that the model may call and that could be simpler. */
export function simplifiable(request: GenerateContentRequest): FunctionDeclaration[] {
  const allowed = request.toolConfig?.functionCallingConfig.allowedFunctionNames;
  return declarationsOf(request).filter(
    (declaration) => (allowed?.includes(declaration.name) ?? true) && !isSimple(declaration),
  );
}

/**
 * `request` with other declarations in the place of some; everything else is shared with it. Undefined where a call is demanded
 * and nothing would be left to call: an answer in words is none to who demands a call.
 */
export function withReplaced(
  request: GenerateContentRequest,
  instead: Replacements,
): GenerateContentRequest | undefined {
  if (instead.size === 0) return request;
  const tools = (request.tools ?? []).flatMap((tool): GeminiTool[] => {
    if (!tool.functionDeclarations) return [tool];
    const functionDeclarations = tool.functionDeclarations.flatMap((declaration) => {
      const other = instead.get(declaration) ?? declaration;
      return other === 'dropped' ? [] : other;
    });
    return functionDeclarations.length > 0 ? [{ ...tool, functionDeclarations }] : [];
  });
  const declared = new Set(
    tools.flatMap((tool) => (tool.functionDeclarations ?? []).map(({ name }) => name)),
  );
  const { toolConfig, ...rest } = request;
  const allowed = toolConfig?.functionCallingConfig.allowedFunctionNames;
  const left = allowed?.filter((name) => declared.has(name));
  const isDemanded = toolConfig?.functionCallingConfig.mode === 'ANY';
  if (left ? left.length === 0 : isDemanded && declared.size === 0) return undefined;
  if (tools.length === 0) {
    const { tools: _none, ...without } = rest;
    return without;
  }
  if (!toolConfig || !left || left.length === allowed?.length) return { ...request, tools };
  const functionCallingConfig = { ...toolConfig.functionCallingConfig, allowedFunctionNames: left };
  return { ...request, tools, toolConfig: { ...toolConfig, functionCallingConfig } };
}
