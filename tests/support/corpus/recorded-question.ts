/** The question of an Anthropic client that leads to a recorded request to Gemini: the same tools, form and files. */
import type { Recording } from './corpus.ts';
import type { Reading } from './independent-reading.ts';
import { declaredTools } from './same-answer.ts';

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Any = any;

const HOSTED = {
  googlesearch: { type: 'web_search_20250305', name: 'web_search' },
  codeexecution: { type: 'code_execution_20250522', name: 'code_execution' },
  urlcontext: { type: 'web_fetch_20250910', name: 'web_fetch' },
} as const;
type Google = keyof typeof HOSTED;

/** Where the request was not recorded, the answer shows which of Google's tools it had. */
const SIGNS: Readonly<Record<Google, RegExp>> = {
  googlesearch: /"webSearchQueries"|"web": ?\{/,
  codeexecution: /"executableCode"/,
  urlcontext: /"urlContextMetadata"/,
};

const named = (tools: Any): string[] =>
  [tools ?? []].flat().flatMap((tool: Any) => (typeof tool === 'string' ? [tool] : Object.keys(tool)));

export function googleTools({ request, response }: Recording): Google[] {
  // One recorder has written the name of the only tool in place of the list.
  const names = named(request.body?.tools).map((name) => name.replaceAll('_', '').toLowerCase());
  const has = (tool: Google) => (request.body ? names.includes(tool) : SIGNS[tool].test(response.body));
  return (Object.keys(HOSTED) as Google[]).filter(has);
}

/** A schema in the form that Gemini's `responseSchema` has, as JSON Schema. */
function jsonSchema(schema: Any): Any {
  if (Array.isArray(schema)) return schema.map(jsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, ...rest } = schema;
  const entries = Object.entries(rest).map(([key, value]) => {
    if (key === 'type' && typeof value === 'string') {
      const type = value.toLowerCase();
      return [key, nullable === true ? [type, 'null'] : type];
    }
    return [key, key === 'enum' || key === 'required' ? value : jsonSchema(value)];
  });
  return Object.fromEntries(entries);
}

/** The schema that the answer was held to. */
export function answerSchema({ request }: Recording): Any {
  const config = request.body?.generationConfig ?? request.body?.generation_config ?? {};
  const schema =
    config.responseJsonSchema ??
    config.response_json_schema ??
    config.responseSchema ??
    config.response_schema;
  return schema && jsonSchema(schema);
}

/** The PDFs of the request, as their base64. */
export const pdfsOf = ({ request }: Recording): string[] =>
  JSON.stringify(request.body ?? {})
    .matchAll(/\{[^{}]*"mime_?[tT]ype": ?"application\/pdf"[^{}]*\}/g)
    .toArray()
    .flatMap(([text]) => JSON.parse(text)['data'] ?? []);

export function questionOf(recording: Recording, reading: Reading): Record<string, unknown> {
  const { request, model } = recording;
  const functions = declaredTools(recording, reading).map((name) => ({
    name,
    input_schema: { type: 'object' },
  }));
  // Google tells its own calls only beside functions.
  const isTold = request.body?.toolConfig?.includeServerSideToolInvocations === true;
  const beside =
    isTold && functions.length === 0 ? [{ name: 'beside', input_schema: { type: 'object' } }] : [];
  const tools = [...googleTools(recording).map((tool) => HOSTED[tool]), ...functions, ...beside];
  const schema = answerSchema(recording);
  const documents = pdfsOf(recording).map((data) => ({
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data },
  }));
  return {
    model: model.startsWith('gemini-') ? model : 'gemini-2.5-flash',
    max_tokens: 64_000,
    messages: [{ role: 'user', content: [...documents, { type: 'text', text: 'Please.' }] }],
    ...(reading.thoughts === '' ? {} : { thinking: { type: 'enabled', budget_tokens: 2_048 } }),
    ...(tools.length > 0 ? { tools } : {}),
    ...(schema ? { output_config: { format: { type: 'json_schema', schema } } } : {}),
  };
}
