/**
 * Google's JSON parser: it checks names against the tables, and values against their types. It accepts names in
 * camelCase and snake_case, a single value in place of a list, enums in upper and lower case, and null for "not set".
 * Its result has only camelCase names and upper-case enums, so the later checks need to know only one spelling.
 */
import { isObject } from '../../lib/json.ts';
import { ENUMS } from './enums.ts';
import { MESSAGES } from './messages.ts';
import type { FieldViolation } from './refusal.ts';
import { SCALARS, shownValue } from './scalars.ts';

const PACKAGE = 'type.googleapis.com/google.ai.generativelanguage.v1beta.';
const STRUCT = 'type.googleapis.com/google.protobuf.Struct';

/** A part may have at most one of these fields, because they are a protobuf oneof. */
export const PART_DATA: ReadonlySet<string> = new Set([
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]);

export type Parsed = { value: unknown; violations: readonly FieldViolation[] };

export const toSnakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Reads `value` as the message `type`; never throws. */
export function parseMessage(type: string, value: unknown): Parsed {
  const parser = new Parser();
  return { value: parser.message(type, value, ''), violations: parser.violations };
}

class Parser {
  readonly violations: FieldViolation[] = [];

  message(type: string, value: unknown, path: string): unknown {
    if (!isObject(value)) return this.#wrongValue(path, PACKAGE + type, JSON.stringify(value));
    const fields = MESSAGES[type] ?? {};
    const read: Record<string, unknown> = {};
    let data: string | undefined;
    for (const [key, member] of Object.entries(value)) {
      const name = Object.hasOwn(fields, key) ? key : toCamelCase(key);
      const fieldType = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (fieldType === undefined) {
        this.#unknownName(path, key, 'Cannot find field.');
        continue;
      }
      if (member === null && fieldType !== 'any') continue;
      if (type === 'Part' && PART_DATA.has(name)) {
        if (data !== undefined) {
          this.#wrongValue(path, 'oneof', `oneof field 'data' is already set. Cannot set '${name}'`);
          continue;
        }
        data = name;
      }
      read[name] = this.#field(fieldType, member, path, toSnakeCase(name));
    }
    return read;
  }

  #field(type: string, value: unknown, parent: string, name: string): unknown {
    const path = parent === '' ? name : `${parent}.${name}`;
    if (type === 'any') return value;
    if (type.startsWith('[')) return this.#list(type.slice(1, -1), value, path);
    if (Array.isArray(value)) {
      return this.#unknownName(parent, name, 'Proto field is not repeating, cannot start list.');
    }
    if (type.startsWith('{')) return this.#map(type.slice(1, -1), value, path);
    return this.#single(type, value, path);
  }

  #list(type: string, value: unknown, path: string): unknown[] {
    const items = Array.isArray(value) ? value : [value];
    return items.map((item, index) => this.#single(type, item, `${path}[${index}]`));
  }

  /** Reads a map. Google's errors name the entries of a map by their position, never by name: `properties[3].value`. */
  #map(type: string, value: unknown, path: string): unknown {
    if (!isObject(value)) return this.#wrongValue(path, 'Map', JSON.stringify(value));
    const entries = Object.entries(value).map(([key, member], index) => {
      const at = `${path}[${index}].value`;
      return [key, this.#single(type, member, at)] as const;
    });
    return Object.fromEntries(entries);
  }

  #single(type: string, value: unknown, path: string): unknown {
    if (type === 'any') return value;
    if (type === 'struct')
      return isObject(value) ? value : this.#wrongValue(path, STRUCT, JSON.stringify(value));
    if (MESSAGES[type]) return this.message(type, value, path);
    const values = ENUMS[type];
    if (values) return this.#enum(type, values, value, path);
    if (SCALARS[type]?.accepts(value)) return value;
    return this.#wrongValue(path, SCALARS[type]?.label ?? type, shownValue(type, value));
  }

  #enum(type: string, values: readonly string[], value: unknown, path: string): unknown {
    if (typeof value === 'number' && values[value] !== undefined) return values[value]?.toUpperCase();
    if (typeof value === 'string') {
      const wanted = value.replaceAll('-', '_').toUpperCase();
      if (values.some((known) => known.toUpperCase() === wanted)) return wanted;
    }
    return this.#wrongValue(path, PACKAGE + type, JSON.stringify(value));
  }

  #unknownName(parent: string, name: string, reason: string): undefined {
    const at = parent === '' ? '' : ` at '${parent}'`;
    this.#violation(parent, `Invalid JSON payload received. Unknown name "${name}"${at}: ${reason}`);
  }

  #wrongValue(path: string, type: string, shown: string): undefined {
    this.#violation(path, `Invalid value at '${path}' (${type}), ${shown}`);
  }

  #violation(field: string, description: string): void {
    this.violations.push({ field, description });
  }
}
