/** Prompts of real recordings that Google has counted, in the form in which we send requests. */
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { GeminiModel } from '../../../src/gemini/models.ts';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { type Recording, recordings } from './corpus.ts';

export type RecordedPrompt = {
  id: string;
  /** The project whose recording it is. One project's prompts are much alike. */
  source: string;
  model: GeminiModel;
  /** Vertex AI counts otherwise than the Gemini API. */
  host: 'gemini' | 'vertex';
  request: GenerateContentRequest;
  /** The tokens of the prompt, by Google's last count. */
  tokens: number;
  /** What Google counted that the request does not show. Undefined where the whole prompt is in the request. */
  unknown: string | undefined;
};

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Any = any;

const listOf = (value: Any): Any[] => (value === undefined || value === null ? [] : [value].flat());

const WRITTEN_OTHERWISE: Readonly<Record<string, string>> = { parameters: 'parametersJsonSchema' };

/** Names in the form in which we write them: recordings have `function_call`, too, and `parameters`. */
function renamed(value: Any, isOurs = true): Any {
  if (Array.isArray(value)) return value.map((item) => renamed(item, isOurs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (!isOurs) return [key, member];
      const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const name = WRITTEN_OTHERWISE[camel] ?? camel;
      // From here on the names are those of the client.
      return [name, renamed(member, !['args', 'response', 'parametersJsonSchema'].includes(name))];
    }),
  );
}

function requestOf(body: Any): GenerateContentRequest {
  const { systemInstruction, contents, tools, ...rest } = renamed(body.generateContentRequest ?? body);
  return {
    ...rest,
    ...(systemInstruction ? { systemInstruction: { parts: listOf(systemInstruction.parts) } } : {}),
    tools: listOf(tools).map((tool) => ({
      ...tool,
      functionDeclarations: listOf(tool.functionDeclarations),
    })),
    contents: listOf(contents).map(({ role = 'user', parts }) => ({ role, parts: listOf(parts) })),
  };
}

/** The last count in the answer: only the last one is right. */
function countedIn({ kind, response }: Recording): number | undefined {
  const name = kind === 'count_tokens' ? 'totalTokens' : 'promptTokenCount';
  const last = [...response.body.matchAll(new RegExp(`"${name}"\\s*:\\s*(\\d+)`, 'g'))].at(-1);
  return last && Number(last[1]);
}

/** Tools that Google runs: what they find is part of the prompt from Gemini 3 on. */
const isOfServer = (tool: Any): boolean =>
  Object.keys(tool).some((key) => key !== 'functionDeclarations' && tool[key] !== null);

function unknownPart(recording: Recording, request: Any, model: GeminiModel): string | undefined {
  if (recording.model.startsWith('gemma')) return 'another tokenizer';
  if (request.cachedContent) return 'content that was cached before';
  const parts = request.contents.flatMap(({ parts: some }: Any) => some);
  if (parts.some(({ fileData }: Any) => fileData)) return 'a file behind a URL';
  if (parts.some(({ toolCall, executableCode }: Any) => toolCall || executableCode))
    return 'a tool that Google ran';
  if (parts.some(({ thoughtSignature = '' }: Any) => /REDACTED/.test(thoughtSignature)))
    return 'a signature that was taken out';
  const isOld = ['gemini-1.5', 'gemini-2.0', 'gemini-2.5'].includes(model.family);
  if (request.tools.some((tool: Any) => tool.mcpServers || (!isOld && isOfServer(tool))))
    return 'a tool that Google ran';
  return undefined;
}

export function recordedPrompts(): RecordedPrompt[] {
  return recordings('gemini').flatMap((recording) => {
    const { id, request: sent } = recording;
    const tokens = countedIn(recording);
    if (!sent.body || !tokens) return [];
    const model = modelRow(recording.model);
    const request = requestOf(sent.body);
    const host = sent.host.includes('aiplatform') ? 'vertex' : 'gemini';
    const source = id.split('-').slice(0, 3).join('-');
    return [{ id, source, model, host, request, tokens, unknown: unknownPart(recording, request, model) }];
  });
}
