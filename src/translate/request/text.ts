/** Strings fit for the wire: Google refuses a body that holds half of a surrogate pair. */
import type { Json, JsonObject } from '../../lib/json.ts';

export const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed());

function isWellFormedJson(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormedJson);
  for (const key of Object.keys(value)) {
    if (!key.isWellFormed() || !isWellFormedJson(value[key] ?? null)) return false;
  }
  return true;
}

function mended(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? value.map(mended) : mendedObject(value);
}

/** From entries: a member may be named `__proto__`. */
const mendedObject = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [wellFormed(key), mended(member)]));

/** `value` with every string well-formed; the very same value where all were, which is nearly always. */
export const wellFormedObject = (value: JsonObject): JsonObject =>
  isWellFormedJson(value) ? value : mendedObject(value);

/** `<tag>` around lines; the lines themselves stay as they are, so that nothing of the client's text is altered. */
export function tagged(tag: string, lines: readonly (string | null | undefined)[]): string {
  const body = lines.filter((line) => line !== null && line !== undefined && line !== '').join('\n');
  return `<${tag}>\n${body}\n</${tag}>`;
}
