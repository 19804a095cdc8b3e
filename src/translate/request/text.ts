/** Strings fit for the wire: Google refuses a body that holds half of a surrogate pair. */
import type { Json, JsonObject } from '../../lib/json.ts';

export const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed());

/** `value` with every string well-formed; the very same value where all were, which is nearly always. */
export function wellFormedJson(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(wellFormedJson);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  return wellFormedObject(value);
}

export function wellFormedObject(value: JsonObject): JsonObject {
  let changed: JsonObject | undefined;
  for (const key of Object.keys(value)) {
    const member = value[key] ?? null;
    const fixed = wellFormedJson(member);
    if (fixed === member && key.isWellFormed()) continue;
    changed ??= { ...value };
    delete changed[key];
    changed[wellFormed(key)] = fixed;
  }
  return changed ?? value;
}

/** `<tag>` around lines; the lines themselves stay as they are, so that nothing of the client's text is altered. */
export function tagged(tag: string, lines: readonly (string | null | undefined)[]): string {
  const body = lines.filter((line) => line !== null && line !== undefined && line !== '').join('\n');
  return `<${tag}>\n${body}\n</${tag}>`;
}
