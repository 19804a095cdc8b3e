/**
 * Prints JSON as Google prints it. In events a space follows each colon and none follows a comma; whole answers are
 * indented by two spaces.
 */
import { isObject } from '../../lib/json.ts';

const escaped = (json: string): string => json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}: ${oneLine(member)}`).join(',')}}`;
}

/** One server-sent event, including the blank line at its end. */
export const googleEvent = (value: unknown): string => `data: ${escaped(oneLine(value))}\r\n\r\n`;

/** The body of a whole answer. */
export const googleBody = (value: unknown): string => `${escaped(JSON.stringify(value, null, 2))}\n`;
