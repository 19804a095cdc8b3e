/**
 * Lets the rest of a file be read where parts of it have a wrong shape, so that all that is wrong is told at once. Such a part is replaced
 * by something harmless that keeps its name: to name it elsewhere is not wrong.
 */
import { Check } from '@sinclair/typebox/value';
import { isObject } from '../../lib/json.ts';
import type { Path } from './problems.ts';
import { type FileData, ScenarioFile } from './schema.ts';

const without = () => undefined;

/** For each part what takes its place, the innermost first. `*` stands for any step. */
const INSTEAD: readonly (readonly [part: string, instead: (old: unknown, key: string) => unknown])[] = [
  ['rules.*.when', without],
  ['rules.*', (old, key) => ({ name: nameOf(old) ?? ` ${key}`, when: fieldOf(old, 'when'), text: '' })],
  ['flows.*.states.*', () => ({ text: '' })],
  ['facts.*', () => ({ find: '(?!)', otherwise: '' })],
  ['name', () => 'name'],
  ['description', () => 'description'],
];

/** What other parts name. The rest of a file means the same without any field that is not here. */
const NAMED_ELSEWHERE = ['rules', 'flows', 'facts'];

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

function nameOf(value: unknown): string | undefined {
  const name = fieldOf(value, 'name');
  return typeof name === 'string' ? name : undefined;
}

/** `value` without its `misfits`; undefined where too little is left. */
export function spared(value: unknown, misfits: readonly Path[]): FileData | undefined {
  if (misfits.length === 0) return value as FileData;
  if (!isObject(value)) return undefined;
  const file = structuredClone(value);
  for (const at of misfits) spare(file, at.map(String));
  return Check(ScenarioFile, file) ? file : undefined;
}

function spare(file: Record<string, unknown>, at: readonly string[]): void {
  const [field = ''] = at;
  const row = INSTEAD.find(([part]) => {
    const steps = part.split('.');
    return steps.length <= at.length && steps.every((step, index) => step === '*' || step === at[index]);
  });
  if (!row && !NAMED_ELSEWHERE.includes(field)) delete file[field];
  if (!row) return;
  const [part, instead] = row;
  const steps = at.slice(0, part.split('.').length);
  const key = steps.pop() ?? '';
  const holder = steps.reduce<unknown>((inner, step) => fieldOf(inner, step), file);
  if (typeof holder === 'object' && holder !== null)
    Object.assign(holder, { [key]: instead(fieldOf(holder, key), key) });
}
