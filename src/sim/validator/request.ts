/** A request after parsing: it has known names only, in one spelling, with values of the right types. */
import type { JsonObject } from '../../lib/json.ts';

export type ApiBlob = { mimeType?: string; data?: string };

export type ApiPart = {
  text?: string;
  inlineData?: ApiBlob;
  fileData?: { mimeType?: string; fileUri?: string };
  functionCall?: { id?: string; name?: string; args?: JsonObject };
  functionResponse?: {
    id?: string;
    name?: string;
    response?: JsonObject;
    parts?: { inlineData?: ApiBlob }[];
  };
  executableCode?: JsonObject;
  codeExecutionResult?: JsonObject;
  toolCall?: JsonObject;
  toolResponse?: JsonObject;
  thought?: boolean;
  thoughtSignature?: string;
};

export type ApiContent = { role?: string; parts?: ApiPart[] };

/** The subset of OpenAPI's schemas that `parameters` and `responseSchema` allow. */
export type ApiSchema = {
  type?: string;
  properties?: Record<string, ApiSchema>;
  required?: string[];
  items?: ApiSchema;
  anyOf?: ApiSchema[];
  enum?: string[];
};

export type ApiDeclaration = {
  name?: string;
  description?: string;
  parameters?: ApiSchema;
  parametersJsonSchema?: unknown;
};

export type ApiTool = { functionDeclarations?: ApiDeclaration[] } & Record<string, unknown>;

export type ApiGenerationConfig = {
  candidateCount?: number;
  maxOutputTokens?: number;
  stopSequences?: string[];
  frequencyPenalty?: number;
  presencePenalty?: number;
  responseMimeType?: string;
  responseSchema?: ApiSchema;
  responseJsonSchema?: unknown;
  thinkingConfig?: { includeThoughts?: boolean; thinkingBudget?: number; thinkingLevel?: string };
};

export type ApiRequest = {
  model?: string;
  contents?: ApiContent[];
  systemInstruction?: ApiContent;
  tools?: ApiTool[];
  toolConfig?: {
    functionCallingConfig?: { mode?: string; allowedFunctionNames?: string[] };
    includeServerSideToolInvocations?: boolean;
  };
  generationConfig?: ApiGenerationConfig;
  cachedContent?: string;
  continuationToken?: string;
};

/** All declared functions, in order. */
export function declarations(request: ApiRequest): ApiDeclaration[] {
  return (request.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
}

export const callsOf = (content: ApiContent | undefined): NonNullable<ApiPart['functionCall']>[] =>
  (content?.parts ?? []).flatMap((part) => (part.functionCall ? [part.functionCall] : []));

export const responsesOf = (content: ApiContent | undefined): NonNullable<ApiPart['functionResponse']>[] =>
  (content?.parts ?? []).flatMap((part) => (part.functionResponse ? [part.functionResponse] : []));

type GoogleTool = 'googleSearch' | 'codeExecution' | 'urlContext';

/** True where the request has the tool. Without it the model cannot have used it. */
export const hasTool = ({ tools = [] }: ApiRequest, name: GoogleTool): boolean =>
  tools.some((tool) => tool[name] !== undefined);
