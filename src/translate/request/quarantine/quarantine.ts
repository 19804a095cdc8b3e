/**
 * Keeps tool declarations that Google refuses out of requests. At first they are sent in a simple form; if Google still
 * refuses them, they are not sent at all. So one bad tool does not make all other tools useless. Why:
 * docs/decisions/0024-schema-quarantine.md
 */
import type { UpstreamError } from '../../../gemini/errors.ts';
import type { FunctionDeclaration, GeminiTool, GenerateContentRequest } from '../../../gemini/wire.ts';
import { type Blamed, type Culprit, type Culprits, culpritsOf, declarationsOf } from './culprits.ts';
import { bareDeclaration, isBare, isSimple, simpleDeclaration } from './simplify.ts';

/**
 * What becomes of a declaration. `simplified`: a simple schema, with the lost part as text. `bare`: without that text.
 * `dropped`: not sent.
 */
export type Fate = 'simplified' | 'bare' | 'dropped';

/** What is sent in place of each declaration. The key is the declaration object itself. */
export type Replacements = ReadonlyMap<FunctionDeclaration, FunctionDeclaration | 'dropped'>;

const FORMS = { simplified: simpleDeclaration, bare: bareDeclaration } as const satisfies Record<
  Exclude<Fate, 'dropped'>,
  (declaration: FunctionDeclaration) => FunctionDeclaration
>;

/** The declaration in the form of a fate that still sends it. */
export const inForm = (declaration: FunctionDeclaration, fate: keyof typeof FORMS): FunctionDeclaration =>
  FORMS[fate](declaration);

/**
 * `request` with each of these declarations changed as its fate says. Undefined in the same cases as `withReplaced`.
 */
export const withFates = (
  request: GenerateContentRequest,
  fates: ReadonlyMap<FunctionDeclaration, Fate>,
): GenerateContentRequest | undefined =>
  withReplaced(
    request,
    new Map(
      [...fates].map(([declaration, fate]) => [
        declaration,
        fate === 'dropped' ? fate : inForm(declaration, fate),
      ]),
    ),
  );

export const allWith = (
  declarations: readonly FunctionDeclaration[],
  fate: Fate,
): Map<FunctionDeclaration, Fate> => new Map(declarations.map((declaration) => [declaration, fate]));

/** The change of a declaration that Google has named. */
export type Change = {
  /** The declaration as it was sent. */
  declaration: FunctionDeclaration;
  fate: Fate;
  /** Google's sentence about the declaration. */
  because: string;
  /**
   * `content`: the same declaration is refused in other requests too. `place`: the declaration is only a duplicate in
   * this request.
   */
  holdsFor: 'content' | 'place';
};

/** The change of declarations that Google does not name: all of them are made simpler at once. */
export type Sweep = {
  count: number;
  form: Exclude<Fate, 'dropped'>;
  /**
   * `refused`: Google refuses these declarations together. `spared`: to have Google name them one by one would take too
   * many requests.
   */
  cause: 'refused' | 'spared';
  because: string;
};

export type Mending = {
  request: GenerateContentRequest;
  changes: readonly Change[];
  sweep: Sweep | undefined;
};

/**
 * How much of a request is mended at once. `named`: what Google names. `everything`: all tools; after that Google can
 * name no other tool.
 */
export type Reach = 'named' | 'everything';

/**
 * `request` without what `error` refuses. Undefined where `error` is about something else, or where nothing more can be
 * done. `blamed` holds the changes of `request` because of earlier errors.
 */
export function mendedTools(
  error: UpstreamError,
  request: GenerateContentRequest,
  reach: Reach = 'named',
  blamed?: Blamed,
): Mending | undefined {
  const found = culpritsOf(error, request, blamed);
  if (!found) return undefined;
  const changes = found.kind === 'named' ? found.culprits.map(changeFor) : [];
  const fates = new Map(changes.map(({ declaration, fate }) => [declaration, fate]));
  const others = found.kind === 'unnamed' || reach === 'everything' ? callable(request) : [];
  const left = others.filter((declaration) => !fates.has(declaration));
  const { form, swept } = sweptIn(left, found);
  for (const declaration of swept) fates.set(declaration, form);
  const mended = fates.size > 0 ? withFates(request, fates) : undefined;
  return mended && { request: mended, changes, sweep: sweepOf(swept.length, form, found) };
}

/**
 * The declarations in `left` that are made simpler at once, and their form. Where all of them are simple already and
 * Google still refuses them together, all become bare.
 */
function sweptIn(left: readonly FunctionDeclaration[], { kind }: Culprits) {
  const odd = left.filter((declaration) => !isSimple(declaration));
  return odd.length > 0 || kind === 'named'
    ? { form: 'simplified' as const, swept: odd }
    : { form: 'bare' as const, swept: left.filter((declaration) => !isBare(declaration)) };
}

function sweepOf(count: number, form: Sweep['form'], found: Culprits): Sweep | undefined {
  if (count === 0) return undefined;
  return found.kind === 'unnamed'
    ? { count, form, cause: 'refused', because: found.because }
    : { count, form, cause: 'spared', because: 'too many others are refused' };
}

function changeFor({ declaration, trouble, because }: Culprit): Change {
  // The declaration that stays may be equal to the duplicate, so the refusal holds for this place only.
  if (trouble === 'duplicate') return { declaration, fate: 'dropped', because, holdsFor: 'place' };
  const fate = trouble === 'name' || isSimple(declaration) ? 'dropped' : 'simplified';
  return { declaration, fate, because, holdsFor: 'content' };
}

/** The declarations that the model may call. */
export function callable(request: GenerateContentRequest): FunctionDeclaration[] {
  const allowed = request.toolConfig?.functionCallingConfig?.allowedFunctionNames;
  return declarationsOf(request).filter(({ name }) => allowed?.includes(name) ?? true);
}

/**
 * `request` with some declarations replaced; everything else is shared with it. Undefined where the client demands a
 * call and no tool would be left: an answer in words would then be wrong.
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
  const allowed = toolConfig?.functionCallingConfig?.allowedFunctionNames;
  const left = allowed?.filter((name) => declared.has(name));
  const isDemanded = toolConfig?.functionCallingConfig?.mode === 'ANY';
  if (left ? left.length === 0 : isDemanded && declared.size === 0) return undefined;
  if (tools.length === 0) {
    const { tools: _none, ...without } = rest;
    return without;
  }
  if (!toolConfig?.functionCallingConfig || !left || left.length === allowed?.length)
    return { ...request, tools };
  const functionCallingConfig = { ...toolConfig.functionCallingConfig, allowedFunctionNames: left };
  return { ...request, tools, toolConfig: { ...toolConfig, functionCallingConfig } };
}
