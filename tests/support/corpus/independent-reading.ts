/**
 * Reads a recorded Gemini body without any code of the product: the oracle for "nothing lost, nothing doubled". It
 * knows only well-formed bodies, and reports others as `broken`.
 */

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Any = any;

export type Reading = {
  /** Visible text in order; code is listed apart. */
  text: string;
  thoughts: string;
  calls: { name: string; args: unknown }[];
  /** Source and output of code execution, in order: the answer must show them. */
  code: string[];
  /** Pictures and files: the answer must mention them. */
  media: number;
  /** Signatures on text and on calls. */
  signatures: string[];
  finish: string | undefined;
  blocked: boolean;
  usage: Any;
  error: Any;
  /** The last search metadata that says anything. */
  grounding: Any;
  broken: string | undefined;
};

function chunksOf(body: string): { chunks: Any[]; broken: string | undefined } {
  const trimmed = body.trim();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    const value = JSON.parse(trimmed);
    return { chunks: Array.isArray(value) ? value : [value], broken: undefined };
  }
  const chunks: Any[] = [];
  for (const event of body.split(/\r\n\r\n|\n\n/)) {
    if (event.trim() === '') continue;
    const data = /^data: (.*)$/s.exec(event.trim())?.[1] ?? event;
    try {
      chunks.push(JSON.parse(data));
    } catch (cause) {
      return { chunks, broken: String(cause) };
    }
  }
  return { chunks, broken: undefined };
}

const PATH = /\.([^.[\]]+)|\[(\d+)\]/g;

/** Streamed arguments (Vertex): values by path, strings in pieces. */
function applyPartial(args: Any, pieces: Any[]): void {
  for (const piece of pieces) {
    const keys = [...String(piece.jsonPath).matchAll(PATH)].map((m) => m[1] ?? Number(m[2]));
    let at = args;
    keys.forEach((key, i) => {
      if (i < keys.length - 1) {
        at[key] ??= typeof keys[i + 1] === 'number' ? [] : {};
        at = at[key];
      } else if ('stringValue' in piece) at[key] = (at[key] ?? '') + piece.stringValue;
      else
        at[key] = 'numberValue' in piece ? piece.numberValue : 'boolValue' in piece ? piece.boolValue : null;
    });
  }
}

function readPart(part: Any, reading: Reading): void {
  if (part.functionCall) {
    const { name, args, partialArgs } = part.functionCall;
    if (name !== undefined) reading.calls.push({ name, args: args ?? {} });
    if (partialArgs) applyPartial(reading.calls.at(-1)?.args, partialArgs);
    if (part.thoughtSignature) reading.signatures.push(part.thoughtSignature);
  } else if (part.functionResponse) {
    // Gemini made and answered this call itself; it is not for the client.
    const made = reading.calls.findIndex(({ name }) => name === part.functionResponse.name);
    if (made >= 0) reading.calls.splice(made, 1);
  } else if (part.thought) reading.thoughts += part.text ?? '';
  else if (typeof part.text === 'string') {
    reading.text += part.text;
    if (part.thoughtSignature) reading.signatures.push(part.thoughtSignature);
  } else if (part.executableCode) reading.code.push(part.executableCode.code);
  else if (part.codeExecutionResult?.output) reading.code.push(part.codeExecutionResult.output);
  else if (part.inlineData || part.fileData) reading.media++;
}

export function readIndependently(body: string): Reading {
  const { chunks, broken } = chunksOf(body);
  const reading: Reading = {
    text: '',
    thoughts: '',
    calls: [],
    code: [],
    media: 0,
    signatures: [],
    finish: undefined,
    blocked: false,
    usage: undefined,
    error: undefined,
    grounding: undefined,
    broken,
  };
  for (const chunk of chunks) {
    const candidate = chunk.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) readPart(part, reading);
    reading.finish = candidate?.finishReason ?? reading.finish;
    if (chunk.promptFeedback?.blockReason || chunk.promptFeedback?.blockReasonMessage) reading.blocked = true;
    if (Object.values(chunk.usageMetadata ?? {}).some((count) => typeof count === 'number'))
      reading.usage = chunk.usageMetadata;
    if (candidate?.groundingMetadata?.webSearchQueries) reading.grounding = candidate.groundingMetadata;
    reading.error = chunk.error ?? reading.error;
  }
  return reading;
}
