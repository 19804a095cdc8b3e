/** Makes one folder of the scenarios that a test gives as files and objects, since the mock reads a folder. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { isObject } from '../lib/json.ts';
import { quoted } from '../lib/shown-text.ts';
import { firstOf } from '../sim/scenario/problems.ts';
import { readScenario } from '../sim/scenario/read.ts';
import type { Scenario } from '../sim/scenario/types.ts';
import { inOrder } from '../sim/scenarios.ts';

/** `name`: what errors call it. */
type Given = { name: string; text: string; extension: string; isFile: boolean };

function givenAs(value: unknown, name: string): Given {
  if (isObject(value)) return { name, text: JSON.stringify(value), extension: '.json', isFile: false };
  if (typeof value !== 'string')
    throw new Error(`${name}: expected a file or a scenario, got ${quoted(String(value))}`);
  const found = statSync(value, { throwIfNoEntry: false });
  if (!found) throw new Error(`${name}: there is no file ${value}`);
  if (found.isDirectory()) throw new Error(`${name}: ${value} is a folder; give it alone, or name its files`);
  if (!/\.(?:ya?ml|json)$/.test(value)) throw new Error(`${name}: ${value} is no .yaml, .yml or .json file`);
  return { name: value, text: readFileSync(value, 'utf8'), extension: extname(value), isFile: true };
}

function checked({ name, text, isFile }: Given): Scenario {
  const read = readScenario(text, name);
  if ('scenario' in read) return read.scenario;
  // An object has no lines.
  throw firstOf(read.problems.map((problem) => (isFile ? problem : { ...problem, line: undefined })));
}

/**
 * The folder for `SCENARIOS`; undefined where `value` names one itself. `own`: where a folder may be made. Throws an error that names the
 * file, or the place in the list, and the field.
 */
export function scenarioFolder(value: unknown, own: string): string | undefined {
  if (typeof value === 'string' && !statSync(value, { throwIfNoEntry: false })?.isFile()) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new Error('scenarios: expected a file or a scenario, got an empty list');
  const given = list.map((each, index) =>
    givenAs(each, Array.isArray(value) ? `scenarios[${index}]` : 'scenarios'),
  );
  const place = { folder: '', isOwn: true };
  // Throws where two have the same name.
  inOrder(given.map((each) => [{ place, file: each.name }, checked(each)]));
  const folder = join(own, 'scenarios');
  mkdirSync(folder);
  for (const [index, { text, extension }] of given.entries()) {
    // The mock asks those of the same `order` in the order of their file names.
    writeFileSync(join(folder, `${String(index).padStart(4, '0')}${extension}`), text);
  }
  return folder;
}
