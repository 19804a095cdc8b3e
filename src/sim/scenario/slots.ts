/** How the slots in a scenario's texts are written, such as `{{user}}` and `{{result.Read#2}}`, and which there are. */
import { hintAt } from '../../lib/edit-distance.ts';
import type { Path, Tell } from './problems.ts';
import type { ActOrChance, FileData } from './schema.ts';

/** Anything that looks like a slot. After a backslash the braces are plain text. */
export const SLOT = /(\\?)\{\{\s*([A-Za-z_][^\s{}]*)\s*\}\}/g;

/** The beginning of a slot, where the whole slots of a text are gone. */
const OPENED = /(?<!\\)\{\{\s*([A-Za-z_]\w*)/g;

export type Slot = {
  name: string;
  /** What stands after the dot. */
  of: string | undefined;
  line: number | undefined;
};

/** Reads the inside of a slot; undefined where it is not well-formed. */
export function readSlot(inside: string): Slot | undefined {
  const [, name, of, line] = /^(\w+)(?:\.([^\s}#]+))?(?:#(\d+))?$/.exec(inside) ?? [];
  return name === undefined ? undefined : { name, of, line: line === undefined ? undefined : Number(line) };
}

/** What may stand after the dot: any name, or one of these. */
const BUILT_IN: Readonly<Record<string, 'any' | readonly string[]>> = {
  user: [],
  media: [],
  result: 'any',
  status: 'any',
  self: ['name', 'keys', 'remedy'],
};

export const isBuiltInSlot = (name: string): boolean => Object.hasOwn(BUILT_IN, name);

/** Says of which slots `text` has only the beginning. Other words after braces may be meant as they are. */
const unendedIn = (text: string, more: readonly string[]): string[] =>
  [...text.replaceAll(SLOT, ' ').matchAll(OPENED)]
    .map(([, name = '']) => name)
    .filter((name) => isBuiltInSlot(name) || more.includes(name))
    .map((name) => `{{${name} has no end: }} is missing (with \\ before it the braces stay as they are)`);

/** Says what is wrong with a slot; undefined for a good one. `more`: names beside those that are built in. */
function wrongIn(inside: string, more: readonly string[]): string | undefined {
  const known = [...Object.keys(BUILT_IN), ...more];
  const slot = readSlot(inside);
  const name = slot?.name ?? inside;
  const written = `{{${inside}}}`;
  if (!slot || !known.includes(name))
    return `no slot is called ${written}${hintAt(name, known)} (with \\ before it the braces stay as they are)`;
  const parts = BUILT_IN[name] ?? [];
  if (parts === 'any') return undefined;
  if (slot.of === undefined)
    return parts.length === 0 ? undefined : `${written} needs one of .${parts.join(', .')}`;
  if (parts.length === 0) return `${written}: ${name} has no .${slot.of}`;
  return parts.includes(slot.of)
    ? undefined
    : `${written}: ${name} has no .${slot.of}${hintAt(slot.of, parts)}`;
}

/** Tells every slot in a file that nothing will fill. */
export function checkSlots({ facts = {}, rules = [], flows = [] }: FileData, tell: Tell): void {
  const names = Object.keys(facts);
  const check = (value: unknown, at: Path, more = names): void => {
    if (typeof value === 'string') {
      for (const [, escaping, inside = ''] of value.matchAll(SLOT)) {
        const wrong = escaping ? undefined : wrongIn(inside, more);
        if (wrong) tell(at, wrong);
      }
      for (const wrong of unendedIn(value, more)) tell(at, wrong);
    } else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) check(item, [...at, key], more);
  };
  const checkAct = (act: ActOrChance, at: Path): void => {
    for (const key of FILLED) {
      const repeats = key === 'text' && typeof act.text === 'object';
      check(act[key], [...at, key], repeats ? [...names, 'n'] : names);
    }
    for (const [index, way] of (act.one_of ?? []).entries()) checkAct(way, [...at, 'one_of', index]);
  };
  for (const [index, rule] of rules.entries()) checkAct(rule, ['rules', index]);
  for (const [index, { states }] of flows.entries())
    for (const [name, state] of Object.entries(states)) checkAct(state, ['flows', index, 'states', name]);
}

/** The fields in which slots are filled. */
const FILLED = ['thinking', 'text', 'calls', 'parts', 'grounding', 'pages', 'candidates'] as const;
