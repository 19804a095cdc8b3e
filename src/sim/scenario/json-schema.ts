/** The shape of a scenario file as JSON Schema, by which editors complete and check it. */
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { ScenarioFile } from './schema.ts';

/** The file that lies beside the built-in scenarios. */
export const SCHEMA_FILE = 'scenario.schema.json';

/** Characters. A longer schema that stands in several places is written once, under a name. */
const WORTH_A_NAME = 160;

export function scenarioSchema(): string {
  // TypeBox marks its schemas with symbols, which JSON leaves out.
  const whole: JsonObject = JSON.parse(JSON.stringify(ScenarioFile));
  const { definitions, root } = withDefinitions(whole);
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A scenario of the mock',
    ...root,
    definitions,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const isSchema = (value: Json): value is JsonObject =>
  isObject(value) && ('type' in value || 'anyOf' in value);

/** Takes out the schemas that occur several times. Each is named by the field in which it was seen first. */
function withDefinitions(whole: JsonObject): { definitions: JsonObject; root: JsonObject } {
  const counts = new Map<string, number>();
  const count = (value: Json): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isSchema(value)) {
      const text = JSON.stringify(value);
      const seen = counts.get(text) ?? 0;
      counts.set(text, seen + 1);
      // The schemas inside of a repeated schema are written once with it.
      if (seen > 0) return;
    }
    for (const item of Object.values(value)) count(item as Json);
  };
  count(whole);
  const definitions: JsonObject = {};
  const names = new Map<string, string>();
  const shorten = (value: Json, key: string, isNamed = false): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => shorten(item, key));
    const text = JSON.stringify(value);
    const isRepeated = isSchema(value) && text.length > WORTH_A_NAME && (counts.get(text) ?? 0) > 1;
    if (isRepeated && !isNamed) {
      let name = names.get(text);
      if (name === undefined) {
        name = newName(key, new Set(names.values()));
        names.set(text, name);
        definitions[name] = shorten(value, key, true);
      }
      return { $ref: `#/definitions/${name}` };
    }
    const rows = Object.entries(value).map(([field, item]) => [
      field,
      shorten(item as Json, field === 'anyOf' || field === 'items' ? key : field),
    ]);
    return Object.fromEntries(rows);
  };
  return { root: shorten(whole, '') as JsonObject, definitions };
}

function newName(key: string, taken: ReadonlySet<string>): string {
  let name = key;
  for (let number = 2; taken.has(name); number++) name = `${key}-${number}`;
  return name;
}
