/** Translates tool declarations, and how the model may choose among them. */
import type { CountTokensRequest } from '../../../anthropic/request.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import type {
  FunctionCallingMode,
  FunctionDeclaration,
  GenerateContentRequest,
  ToolConfig,
} from '../../../gemini/wire.ts';
import { type Json, type JsonObject, startOfJson } from '../../../lib/json.ts';
import { MadeOf, markLasting } from '../../../lib/lasting.ts';
import { wellFormed, wellFormedObject } from '../../../lib/well-formed.ts';
import type { InputSchema } from '../../context.ts';
import { toGeminiToolName } from '../../tool-names.ts';
import type { Warn, Warning } from '../../warnings.ts';
import { requiredOf } from '../schema/keywords.ts';
import { schemaWork, toInputSchema } from '../schema/outgoing.ts';
import type { Work } from '../schema/work.ts';
import { knownTool } from './client-tools.ts';
import { type Hosting, hostedTool } from './hosted-tools.ts';
import { type DeclaredTool, toolName } from './tool-visibility.ts';

/** The most characters of a tool's examples. Examples are only a help, and are sent with every request. */
const MOST_EXAMPLES = 65_536;

function examplesOf({ input_examples: examples }: Tool, path: string, warn: Warn): string[] {
  const shown: string[] = [];
  let left = MOST_EXAMPLES;
  for (const example of examples ?? []) {
    const text = startOfJson((example ?? null) as Json, left);
    left -= text.length;
    if (left < 0) {
      warn('tool-changed', `${path}.input_examples`, 'too long: only the first ones are shown');
      break;
    }
    shown.push(text);
  }
  return shown;
}

function describe(tool: Tool, fallback: string | undefined, examples: readonly string[]): string {
  const description = tool.description ?? fallback ?? '';
  if (examples.length === 0) return wellFormed(description);
  return wellFormed(`${description}\n\nExamples of input:\n${examples.join('\n')}`.trimStart());
}

/**
 * For each tool that the model may call now: the arguments that its declaration requires, as the declaration is sent.
 */
export function requiredArguments(
  choice: CountTokensRequest['tool_choice'],
  tools: readonly DeclaredTool[],
  declarations: readonly FunctionDeclaration[],
): Map<string, string[]> {
  const schemas = new Map(declarations.map(({ name, parametersJsonSchema }) => [name, parametersJsonSchema]));
  const callable = tools.filter(
    ({ name }) => choice?.type !== 'none' && (choice?.type !== 'tool' || choice.name === name),
  );
  return new Map(callable.map(({ name }) => [name, requiredOf(schemas.get(toGeminiToolName(name)) ?? {})]));
}

/**
 * Finds the client's schema of a tool that is shown, or that is not loaded yet: undefined for tools that have none. Only
 * the tools are kept for this, and not the request.
 */
export const inputSchemas =
  (all: CountTokensRequest['tools'], shown: readonly DeclaredTool[]) =>
  (name: string): InputSchema | undefined => {
    const tool = shown.find((one) => one.name === name)?.tool ?? all?.find((one) => toolName(one) === name);
    if (!tool?.input_schema) return undefined;
    return { schema: tool.input_schema as JsonObject, isStrict: tool.strict === true };
  };

function declarationOf({ name, tool, path }: DeclaredTool, warn: Warn, work: Work): FunctionDeclaration {
  const known = tool.input_schema ? undefined : (knownTool(tool.type ?? '') ?? hostedTool(tool)?.asFunction);
  const description = describe(tool, known?.description, examplesOf(tool, path, warn));
  const written = known?.schema ?? wellFormedObject((tool.input_schema ?? {}) as JsonObject);
  const schema = toInputSchema(written, { path: `${path}.custom.input_schema`, warn, work });
  return {
    name: toGeminiToolName(name),
    ...(description === '' ? {} : { description }),
    ...(schema === undefined ? {} : { parametersJsonSchema: schema }),
  };
}

type Made = {
  readonly name: string;
  readonly declaration: FunctionDeclaration;
  /** The warnings about the tool. Their paths begin inside of the tool. */
  readonly warnings: readonly Warning[];
  /** The work that the tool's schema needed. */
  readonly steps: number;
};

/** What was made of each tool in an earlier request. A tool is the very same object in every turn of a conversation. */
const known = new MadeOf<Tool, Made>();

function madeAnew(declared: DeclaredTool, work: Work): Made {
  const { name, tool, path } = declared;
  const warnings: Warning[] = [];
  const warn: Warn = (code, at, detail) => warnings.push({ code, path: at.slice(path.length), detail });
  const { left, steps: before } = work;
  const declaration = declarationOf(declared, warn, work);
  const result = { name, declaration, warnings, steps: work.steps - before };
  // A tool for which too little work was left was sent in a simple form. In another request there may be enough, so
  // that form is not kept.
  if (result.steps <= left) known.set(tool, result);
  return result;
}

function toDeclaration(declared: DeclaredTool, warn: Warn, work: Work): FunctionDeclaration {
  const before = known.get(declared.tool);
  const isSame = before?.name === declared.name && before.steps <= work.left;
  if (isSame) {
    work.spend(before.steps);
    // What is made of the declaration is worth keeping as well.
    markLasting(before.declaration);
  }
  const { declaration, warnings } = isSame ? before : madeAnew(declared, work);
  for (const { code, path, detail } of warnings) warn(code, `${declared.path}${path}`, detail);
  return declaration;
}

/** The `tools` of the request; absent where there are no tools, because Google refuses an empty list. */
export function toTools(
  tools: readonly DeclaredTool[],
  hosting: Hosting,
  warn: Warn,
): Pick<GenerateContentRequest, 'tools'> {
  const work = schemaWork();
  const declared = tools.map((tool) => toDeclaration(tool, warn, work));
  const all = [...hosting.tools, ...(declared.length > 0 ? [{ functionDeclarations: declared }] : [])];
  return all.length > 0 ? { tools: all } : {};
}

const MODES = { auto: 'AUTO', any: 'ANY', tool: 'ANY', none: 'NONE' } as const;

/**
 * The mode that says how the model may call tools. In the mode VALIDATED Google makes calls fit their schemas; this
 * mode is used where a tool is `strict`, and beside Google's own tools, where AUTO is not allowed.
 */
export function callingMode(
  choice: CountTokensRequest['tool_choice'],
  tools: readonly DeclaredTool[],
  hosting: Hosting,
  warn: Warn,
): FunctionCallingMode | undefined {
  const isHosted = hosting.tools.length > 0;
  if (tools.length === 0) {
    if (choice?.type === 'any' && !isHosted)
      warn('field-ignored', 'tool_choice', 'no tool is loaded that could be called');
    return isHosted ? 'AUTO' : undefined;
  }
  const mode = MODES[choice?.type ?? 'auto'];
  const isChecked = isHosted || tools.some(({ tool }) => tool.strict === true);
  return mode === 'AUTO' && isChecked ? 'VALIDATED' : mode;
}

/** The `toolConfig` of the request. The mode AUTO is Google's default, so it is not sent. */
export function toToolConfig(
  choice: CountTokensRequest['tool_choice'],
  mode: FunctionCallingMode | undefined,
  { areTold }: Hosting,
): Pick<GenerateContentRequest, 'toolConfig'> {
  const names = choice?.type === 'tool' ? { allowedFunctionNames: [toGeminiToolName(choice.name)] } : {};
  const config: ToolConfig = {
    ...(mode === undefined || mode === 'AUTO' ? {} : { functionCallingConfig: { mode, ...names } }),
    ...(areTold ? { includeServerSideToolInvocations: true } : {}),
  };
  return Object.keys(config).length > 0 ? { toolConfig: config } : {};
}
