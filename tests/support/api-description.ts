/** The API description of a server, and how a value is held against its schemas. */
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isObject, type JsonObject } from '../../src/lib/json.ts';
import type { Send } from './proxy.ts';

export const descriptionOf = async (send: Send): Promise<JsonObject> => (await send('/swagger/json')).json();

/** `schema` without words that only OpenAPI knows, and such that no property may be there that it does not name. */
function closed(schema: unknown, isSchema = true): unknown {
  if (Array.isArray(schema)) return schema.map((each) => closed(each));
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).filter(([key]) => !isSchema || key !== 'discriminator');
  const inner = entries.map(([key, value]) => [
    key,
    isSchema && (key === 'enum' || key === 'const')
      ? value
      : closed(value, !(isSchema && key === 'properties')),
  ]);
  const isOpen = isSchema && isObject(schema['properties']) && schema['additionalProperties'] === undefined;
  return { ...Object.fromEntries(inner), ...(isOpen ? { additionalProperties: false } : {}) };
}

const plain = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema, (key, value) => (key === 'discriminator' ? undefined : value)));

/**
 * Finds what is wrong with a value. `strictly`: a property without a schema is wrong, too, so that nothing is sent that
 * is not described.
 */
export function checker(document: JsonObject, strictly: boolean) {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
  addFormats(ajv);
  ajv.addSchema({
    $id: 'api:',
    components: strictly ? closed(document['components'], false) : plain(document['components']),
  });
  /** The faults of `value` by the schema of that name; empty where there is none. */
  return (name: string, value: unknown): string[] => {
    const validate = ajv.getSchema(`api:#/components/schemas/${name}`);
    if (!validate) throw new Error(`there is no schema ${name}`);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

/** The events of a stream: their names, and their data. */
export const eventsIn = (text: string): { name: string; data: unknown }[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [, name = '', data = ''] = /^event: (.*)\ndata: (.*)$/s.exec(event) ?? [];
      return { name, data: JSON.parse(data) };
    });
