/**
 * Keeps all digits of the numbers in a call's arguments. All other numbers of an answer are computed with, and stay
 * plain JavaScript numbers.
 */
import { parseExact } from '../lib/exact-json.ts';
import { isObject } from '../lib/json.ts';

const at = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * Replaces the calls in `chunk` by the same calls parsed from `text` with exact numbers. Changes `chunk`, so no other
 * code may hold it.
 */
export function keepDigitsOfCalls(chunk: Record<string, unknown>, text: string): void {
  const candidates = list(at(parseExact(text), 'candidates'));
  for (const [index, candidate] of list(chunk['candidates']).entries()) {
    const exactParts = list(at(at(candidates[index], 'content'), 'parts'));
    for (const [place, part] of list(at(at(candidate, 'content'), 'parts')).entries()) {
      if (isObject(part) && isObject(part['functionCall'])) {
        part['functionCall'] = at(exactParts[place], 'functionCall');
      }
    }
  }
}
