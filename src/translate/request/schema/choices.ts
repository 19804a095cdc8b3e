/** Puts into words what Google's schemas cannot say about alternatives. */
import type { Json } from '../../../lib/json.ts';

/** The most alternatives that are put into words: Google counts the text of schemas. */
const MOST_CHOICES = 32;
const MOST_NAMES = 32;

const shown = (items: readonly string[], most: number, separator: string): string =>
  items.slice(0, most).join(separator) + (items.length > most ? `${separator}…` : '');

/** Describes alternatives. `choices` has, for each alternative, the names of the arguments that belong together. */
export function describeChoices(
  description: Json | undefined,
  choices: readonly (readonly string[])[],
): string {
  const sets = choices.map((names) => `{${shown(names, MOST_NAMES, ', ')}}`);
  const own = typeof description === 'string' && description !== '' ? `${description}\n` : '';
  return `${own}Give the arguments of one of: ${shown(sets, MOST_CHOICES, ' | ')}.`;
}
