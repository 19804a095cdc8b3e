/**
 * Gemini's wire, as far as we read or write it (`v1beta`; API description of 2026-08 plus the additions of
 * `@google/genai` 3.3). Answers are read tolerantly: every field is optional, unknown ones are ignored. Wire fields
 * keep their wire case.
 */
import type { Json, JsonObject } from '../lib/json.ts';

// ── what we send ────────────────────────────────────────────────────────────────────────────────────────────

export type Blob = { mimeType: string; data: string };

export type FunctionCall = { id?: string; name: string; args?: JsonObject };

export type FunctionResponse = {
  id?: string;
  name: string;
  response: JsonObject;
  /** Media that belong to the response (Gemini 3 and later). */
  parts?: { inlineData: Blob }[];
};

/** A part has exactly one data member. A `thoughtSignature` stays on the part that it came with. */
export type RequestPart = {
  text?: string;
  inlineData?: Blob;
  fileData?: { mimeType?: string; fileUri: string };
  functionCall?: FunctionCall;
  functionResponse?: FunctionResponse;
  /** What a tool of Google's was asked, and what it gave, as Google sent it (Gemini 3 and later). */
  toolCall?: JsonObject;
  toolResponse?: JsonObject;
  /** Code that Gemini has written and run, and what came of it. */
  executableCode?: JsonObject;
  codeExecutionResult?: JsonObject;
  thoughtSignature?: string;
};

export type RequestContent = { role: 'user' | 'model'; parts: RequestPart[] };

export type FunctionDeclaration = {
  name: string;
  description?: string;
  /**
   * A JSON Schema whose root is an object. Google allows this field or `parameters`, but not both; we never send
   * `parameters`.
   */
  parametersJsonSchema?: JsonObject;
};

/** The client's functions, or a tool that Google runs. */
export type GeminiTool =
  | { functionDeclarations: FunctionDeclaration[] }
  | ((
      | { googleSearch: Record<string, never> }
      | { codeExecution: Record<string, never> }
      | { urlContext: Record<string, never> }
    ) & { functionDeclarations?: never });

export type FunctionCallingMode = 'AUTO' | 'ANY' | 'NONE' | 'VALIDATED';

export type ToolConfig = {
  functionCallingConfig?: { mode: FunctionCallingMode; allowedFunctionNames?: string[] };
  /**
   * Needed where Google's tools stand beside functions (Gemini 3 and later). Google then tells each call of its own
   * tools, and wants it back with the history.
   */
  includeServerSideToolInvocations?: true;
};

export type ThinkingConfig = {
  includeThoughts?: boolean;
  /** Tokens. -1 lets the model decide; 0 switches thinking off (2.5 only). */
  thinkingBudget?: number;
  /** Only for Gemini 3 and later. */
  thinkingLevel?: ThinkingLevel;
};

export type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high' | 'xhigh';

export type GenerationConfig = {
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  responseMimeType?: string;
  responseJsonSchema?: Json;
  thinkingConfig?: ThinkingConfig;
};

export type GenerateContentRequest = {
  contents: RequestContent[];
  systemInstruction?: { parts: { text: string }[] };
  tools?: GeminiTool[];
  toolConfig?: ToolConfig;
  generationConfig?: GenerationConfig;
  serviceTier?: 'standard' | 'flex' | 'priority';
};

// ── what we read ────────────────────────────────────────────────────────────────────────────────────────────

export type ResponsePart = {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  functionCall?: {
    id?: string;
    name?: string;
    args?: JsonObject;
    partialArgs?: Json;
    willContinue?: boolean;
  };
  functionResponse?: { id?: string; name?: string; response?: Json };
  inlineData?: { mimeType?: string; data?: string };
  fileData?: { mimeType?: string; fileUri?: string };
  executableCode?: { id?: string; language?: string; code?: string };
  codeExecutionResult?: { id?: string; outcome?: string; output?: string };
  toolCall?: JsonObject;
  toolResponse?: JsonObject;
};

/**
 * The sources of an answer. Offsets count bytes of UTF-8 over all the text of the answer; Google leaves out a
 * `startIndex` of 0.
 */
export type GroundingMetadata = {
  webSearchQueries?: string[];
  groundingChunks?: { web?: { uri?: string; title?: string; domain?: string } }[];
  groundingSupports?: {
    segment?: { startIndex?: number; endIndex?: number; text?: string };
    groundingChunkIndices?: number[];
  }[];
  searchEntryPoint?: { renderedContent?: string };
};

export type Candidate = {
  content?: { parts?: ResponsePart[]; role?: string };
  index?: number;
  finishReason?: string;
  finishMessage?: string;
  groundingMetadata?: GroundingMetadata;
  citationMetadata?: JsonObject;
  urlContextMetadata?: JsonObject;
  safetyRatings?: Json;
  continuationToken?: string;
};

/**
 * Counts of tokens. `promptTokenCount` includes `cachedContentTokenCount`; `candidatesTokenCount` does not include
 * thoughts.
 */
export type UsageMetadata = {
  promptTokenCount?: number;
  cachedContentTokenCount?: number;
  candidatesTokenCount?: number;
  thoughtsTokenCount?: number;
  toolUsePromptTokenCount?: number;
  totalTokenCount?: number;
  /** The tier in which the request was served. */
  serviceTier?: string;
};

export type PromptFeedback = { blockReason?: string; blockReasonMessage?: string; safetyRatings?: Json };

/** One element of a stream, or a whole unary answer: the shape is the same. */
export type GenerateContentResponse = {
  candidates?: Candidate[];
  promptFeedback?: PromptFeedback;
  usageMetadata?: UsageMetadata;
  modelVersion?: string;
  responseId?: string;
};

/** `google.rpc.Status`, the inside of `{"error": …}`. */
export type GoogleError = { code?: number; message?: string; status?: string; details?: Json[] };
