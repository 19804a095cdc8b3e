/** Results of calls: as function responses, with their media where the model's generation takes them. */
import type { GeminiModel } from '../../gemini/models.ts';
import type { FunctionResponse, RequestPart } from '../../gemini/wire.ts';
import { wellFormed } from '../../lib/well-formed.ts';
import { type ContentPart, isMedia, type MediaPart, type OpenCall, type ResultItem } from './items.ts';
import { tagged } from './text.ts';

export type CallAnswer = {
  response: RequestPart;
  /** Media that goes after all the responses. */
  beside: RequestPart[];
};

/** Text as it is; media leaves a mark at its place, since it travels apart from the text. */
function outputText(parts: readonly ContentPart[]): string {
  let attachments = 0;
  const lines = parts.map((part) =>
    isMedia(part) ? `[attachment ${++attachments}: ${part.inlineData.mimeType}]` : part.text,
  );
  return wellFormed(lines.join('\n'));
}

function responsePart(
  call: OpenCall,
  key: 'output' | 'error',
  value: string,
  media: MediaPart[],
): RequestPart {
  const functionResponse: FunctionResponse = {
    ...(call.wireId === undefined ? {} : { id: call.wireId }),
    name: call.name,
    response: { [key]: value },
    ...(media.length > 0 ? { parts: media } : {}),
  };
  return { functionResponse };
}

export function answerCall(call: OpenCall, result: ResultItem, model: GeminiModel): CallAnswer {
  const media = result.parts.filter(isMedia);
  const key = result.failed ? 'error' : 'output';
  const output = outputText(result.parts);
  if (model.mediaInResponses) return { response: responsePart(call, key, output, media), beside: [] };
  const label = (index: number) => ({ text: `Attachment ${index + 1} of the result of ${call.name}:` });
  return {
    response: responsePart(call, key, output, []),
    beside: media.flatMap((part, index) => [label(index), part]),
  };
}

export function interruptedCall(call: OpenCall): CallAnswer {
  const response = responsePart(call, 'error', 'The call was interrupted: it has no result.', []);
  return { response, beside: [] };
}

/** A result whose call is not in the turn before: doubled, late, or its call was cut off. */
export function looseResult(result: ResultItem): RequestPart[] {
  const text = tagged(result.failed ? 'tool_error' : 'tool_result', [outputText(result.parts)]);
  return [{ text }, ...result.parts.filter(isMedia)];
}
