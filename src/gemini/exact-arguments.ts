/** Calls whose arguments keep the digits of their numbers. Everything else in an answer is counted with, and stays plain. */
import { parseExact } from '../lib/exact-json.ts';
import { isObject } from '../lib/json.ts';

const at = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Puts the calls of `text` read exactly in place of those in `chunk`, which was made for us alone. */
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
