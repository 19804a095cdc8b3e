/** The size of a prompt that a recorded answer names: recordings of older versions kept it nowhere else. */
import { tokenCount } from '../../gemini/token-counts.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import type { RecordedRequest } from '../../sim/cassette/types.ts';
import { type PromptSize, UNKNOWN_SIZE } from '../../translate/response/usage.ts';

const OVERFLOW = /^prompt is too long: (\d+) tokens/;

/** The size in a count or in an error. Otherwise none: then clients were told none before the end of a message. */
export function sizeToldIn({ bytes }: RecordedRequest['answer']): PromptSize {
  const told = tryParseJson(Buffer.from(bytes).toString());
  if (!isObject(told)) return UNKNOWN_SIZE;
  const { error, input_tokens: counted } = told;
  const message = isObject(error) ? String(error['message']) : '';
  const tokens = tokenCount(counted ?? OVERFLOW.exec(message)?.[1]);
  return tokens === undefined ? UNKNOWN_SIZE : { tokens, cached: 0 };
}
