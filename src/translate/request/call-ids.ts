/** Leaves out the ids of calls and of their results, where the host does not know such a field. */
import type { UpstreamError } from '../../gemini/errors.ts';
import type { GenerateContentRequest, RequestPart } from '../../gemini/wire.ts';

/** Matches `Unknown name "id" at 'contents[1].parts[0].function_call'`, and `Unknown field for FunctionCall: id`. */
const UNKNOWN_ID =
  /unknown name "id" at '[^']*\bfunction_?(?:call|response)\b|unknown field for function(?:call|response): id\b/i;

const hasId = ({ functionCall, functionResponse }: RequestPart): boolean =>
  (functionCall ?? functionResponse)?.id !== undefined;

const withoutId = <T extends { id?: string }>({ id: _id, ...rest }: T): Omit<T, 'id'> => rest;

function anonymous(part: RequestPart): RequestPart {
  const { functionCall, functionResponse } = part;
  if (functionCall) return { ...part, functionCall: withoutId(functionCall) };
  return functionResponse ? { ...part, functionResponse: withoutId(functionResponse) } : part;
}

/** The request without ids. Undefined where `error` is about something else, or where the request has none. */
export function withoutCallIds(
  error: UpstreamError,
  request: GenerateContentRequest,
): GenerateContentRequest | undefined {
  if (!UNKNOWN_ID.test(error.message) || !request.contents.some(({ parts }) => parts.some(hasId)))
    return undefined;
  const contents = request.contents.map(({ parts, ...rest }) => ({ ...rest, parts: parts.map(anonymous) }));
  return { ...request, contents };
}
