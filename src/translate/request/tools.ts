/** Tool declarations, by an allow-list of fields, and how the model may choose among them. */
import type { CountTokensRequest, Tool } from '../../anthropic/request.ts';
import type { FunctionCallingMode, FunctionDeclaration, GenerateContentRequest } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import { wellFormed, wellFormedObject } from '../../lib/well-formed.ts';
import { toGeminiToolName } from '../tool-names.ts';
import type { Warn } from '../warnings.ts';
import { clientTool } from './client-tools.ts';
import { toInputSchema } from './schema.ts';
import type { DeclaredTool } from './tool-visibility.ts';
import { webSearchOf } from './web-search.ts';

/** What becomes of each field of a tool; any other is told about. */
const FIELDS: ReadonlySet<string> = new Set([
  // used
  'type',
  'name',
  'description',
  'input_schema',
  'input_examples',
  'strict',
  'defer_loading',
  'allowed_callers',
  // needless: Gemini caches by itself, and always sends a call's arguments whole
  'cache_control',
  'eager_input_streaming',
]);

function describe(tool: Tool, fallback: string | undefined): string {
  const examples = (tool.input_examples ?? []).map((example) => JSON.stringify(example));
  const description = tool.description ?? fallback ?? '';
  if (examples.length === 0) return wellFormed(description);
  return wellFormed(`${description}\n\nExamples of input:\n${examples.join('\n')}`.trimStart());
}

const schemaOf = ({ tool }: DeclaredTool): JsonObject =>
  (tool.input_schema as JsonObject | undefined) ?? clientTool(tool.type ?? '')?.schema ?? {};

/** Of the tools that the model is shown and `tool_choice` lets it call. */
export function requiredArguments(
  { tool_choice: choice }: CountTokensRequest,
  tools: readonly DeclaredTool[],
): Map<string, string[]> {
  const callable = tools.filter(
    ({ name }) => choice?.type !== 'none' && (choice?.type !== 'tool' || choice.name === name),
  );
  return new Map(
    callable.map((tool) => {
      const { required } = schemaOf(tool);
      return [tool.name, Array.isArray(required) ? required.filter((key) => typeof key === 'string') : []];
    }),
  );
}

function toDeclaration({ name, tool, path }: DeclaredTool, warn: Warn): FunctionDeclaration {
  for (const key of Object.keys(tool)) {
    if (!FIELDS.has(key)) warn('tool-changed', `${path}.${key}`, 'not known, left out');
  }
  const known = tool.input_schema ? undefined : clientTool(tool.type ?? '');
  const description = describe(tool, known?.description);
  const schema = known?.schema ?? wellFormedObject((tool.input_schema ?? {}) as JsonObject);
  return {
    name: toGeminiToolName(name),
    ...(description === '' ? {} : { description }),
    parametersJsonSchema: toInputSchema(schema, { path: `${path}.custom.input_schema`, warn }),
  };
}

/** Absent without tools: Google refuses an empty list. */
export function toTools(tools: readonly DeclaredTool[], warn: Warn): Pick<GenerateContentRequest, 'tools'> {
  if (tools.length === 0) return {};
  return { tools: [{ functionDeclarations: tools.map((tool) => toDeclaration(tool, warn)) }] };
}

const MODES = { auto: 'AUTO', any: 'ANY', tool: 'ANY', none: 'NONE' } as const;

/** How the model may call: VALIDATED holds calls to their schemas where a tool is `strict`. */
export function callingMode(
  request: CountTokensRequest,
  tools: readonly DeclaredTool[],
  warn: Warn,
): FunctionCallingMode | undefined {
  if (webSearchOf(request)) return 'AUTO';
  if (tools.length === 0) {
    const type = request.tool_choice?.type;
    if (type === 'any') warn('field-ignored', 'tool_choice', 'no tool is loaded that could be called');
    return undefined;
  }
  const mode = MODES[request.tool_choice?.type ?? 'auto'];
  return mode === 'AUTO' && tools.some(({ tool }) => tool.strict === true) ? 'VALIDATED' : mode;
}

/** AUTO is Google's own default and goes without saying. */
export function toToolConfig(
  request: CountTokensRequest,
  mode: FunctionCallingMode | undefined,
): Pick<GenerateContentRequest, 'toolConfig'> {
  if (mode === undefined || mode === 'AUTO') return {};
  const choice = request.tool_choice;
  const names = choice?.type === 'tool' ? { allowedFunctionNames: [toGeminiToolName(choice.name)] } : {};
  return { toolConfig: { functionCallingConfig: { mode, ...names } } };
}
