/**
 * Puts the history of Anthropic's server-side tools into text. Gemini knows neither their calls nor their results, but
 * the words in them belong to the conversation. Encrypted parts mean nothing to another model and are left out.
 */
import { isObject } from '../../../lib/json.ts';
import { tagged } from '../text.ts';

const OPAQUE = /^(encrypted_|cache_control$|signature$)/;

/** The JSON of a value, without the parts that only Anthropic can read. */
const readable = (value: unknown): string =>
  JSON.stringify(value, (key, member) => (OPAQUE.test(key) ? undefined : member)) ?? '';

export const serverCallText = (name: string, input: unknown): string =>
  tagged('server_tool_use', [`${name} ${readable(input)}`]);

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).join('\n');
  if (!isObject(value)) return value === undefined || value === null ? '' : String(value);
  const type = String(value['type']);
  if (type.endsWith('_tool_result_error')) return `error: ${textOf(value['error_code'])}`;
  const row = Object.hasOwn(TEXTS, type) ? TEXTS[type] : undefined;
  return row ? row(value) : readable(value);
}

const join = (...values: unknown[]): string => values.map(textOf).filter(Boolean).join('\n');

/**
 * The text for each type of result, and for the blocks inside of results. A block of any other type is shown as its
 * JSON.
 */
const TEXTS: Readonly<Record<string, (value: Record<string, unknown>) => string>> = {
  text: (value) => join(value['text'] ?? value['data']),
  // Bytes cannot be shown as text, so only their type is named.
  base64: (value) => `[${textOf(value['media_type'])}]`,
  image: (value) => join(value['source']),
  web_search_result: (value) => join([value['title'], value['url'], value['page_age']]),
  web_fetch_result: (value) => join(value['url'], value['content']),
  document: (value) => join(value['title'], value['source']),
  tool_reference: (value) => toolReferenceText(String(value['tool_name'])),
  tool_search_tool_search_result: (value) => join(value['tool_references']),
  advisor_result: (value) => join(value['text']),
};

/** True where a result contains pictures or files, which text cannot show. */
export function holdsBytes(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsBytes);
  return isObject(value) && (value['type'] === 'base64' || Object.values(value).some(holdsBytes));
}

export const serverResultText = (type: string, result: unknown): string => tagged(type, [textOf(result)]);

export const toolReferenceText = (name: string): string => `Tool ${name} is loaded and can be called.`;

/** The text for a block: its JSON, where there is no better text. */
export const blockText = (block: { type: string }): string => {
  const { type, ...rest } = block;
  return tagged(type, [readable(rest)]);
};
