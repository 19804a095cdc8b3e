/**
 * Translates results of calls into function responses. Their media are put into the response where the model accepts
 * media there.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import type { FunctionResponse, RequestPart } from '../../gemini/wire.ts';
import { wellFormed } from '../../lib/well-formed.ts';
import {
  type ContentPart,
  type InlinePart,
  isInline,
  isMedia,
  type MediaPart,
  type OpenCall,
  type ResultItem,
} from './items.ts';
import { tagged } from './text.ts';

export type CallAnswer = {
  response: RequestPart;
  /** The media that come after all the responses. */
  beside: RequestPart[];
};

function typeOf(part: MediaPart): string {
  const { mimeType } = isInline(part) ? part.inlineData : part.fileData;
  return mimeType ? `: ${mimeType}` : '';
}

/** The text of a result. For media a mark shows their place, since media are sent apart from the text. */
function outputText(parts: readonly ContentPart[]): string {
  const [only] = parts;
  if (only && parts.length === 1 && !isMedia(only)) return wellFormed(only.text);
  let attachments = 0;
  const lines = parts.map((part) =>
    isMedia(part) ? `[attachment ${++attachments}${typeOf(part)}]` : part.text,
  );
  return wellFormed(lines.join('\n'));
}

function responsePart(
  call: OpenCall,
  key: 'output' | 'error',
  value: string,
  media: InlinePart[],
): RequestPart {
  const { name, wireId: id } = call;
  const response = { [key]: value };
  const functionResponse: FunctionResponse = id === undefined ? { name, response } : { id, name, response };
  if (media.length > 0) functionResponse.parts = media;
  return { functionResponse };
}

export function answerCall(call: OpenCall, result: ResultItem, model: GeminiModel): CallAnswer {
  const key = result.failed ? 'error' : 'output';
  const output = outputText(result.parts);
  const media = result.parts.filter(isMedia);
  if (media.length === 0) return { response: responsePart(call, key, output, []), beside: [] };
  const inside = model.mediaInResponses ? media.filter(isInline) : [];
  const label = (index: number) => ({ text: `Attachment ${index + 1} of the result of ${call.name}:` });
  return {
    response: responsePart(call, key, output, inside),
    // A response may contain media only as bytes. Media that Google is to read by URL come after the responses.
    beside: media.flatMap((part, index) =>
      isInline(part) && inside.includes(part) ? [] : [label(index), part],
    ),
  };
}

export function interruptedCall(call: OpenCall): CallAnswer {
  const response = responsePart(call, 'error', 'The call was interrupted: it has no result.', []);
  return { response, beside: [] };
}

/**
 * Translates a result whose call is not in the turn before: the result comes twice or too late, or its call was cut
 * off.
 */
export function looseResult(result: ResultItem): RequestPart[] {
  const text = tagged(result.failed ? 'tool_error' : 'tool_result', [outputText(result.parts)]);
  return [{ text }, ...result.parts.filter(isMedia)];
}
