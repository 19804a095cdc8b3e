/**
 * Prints JSON for people who read and compare it. A value that fits into a line is printed on one. Otherwise its members
 * are printed on lines of their own, as many on each line as fit; a member that does not fit is broken in the same way.
 */

/** `width` counts characters, indentation included. A value that cannot be broken may be longer. */
export const printJson = (value: unknown, width: number): string => `${printed(value, '', '', width)}\n`;

/** A value behind its key, without the indentation of its first line. One character is left for a comma. */
function printed(value: unknown, key: string, indent: string, width: number): string {
  const line = `${key}${onOneLine(value)}`;
  if (indent.length + line.length < width || typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = membersOf(value).map(([name, item]) => printed(item, name, inner, width));
  if (members.length === 0) return line;
  const lines = sideBySide(members, width - inner.length);
  return `${key}${open}\n${lines.map((text) => inner + text).join(',\n')}\n${indent}${close}`;
}

function sideBySide(members: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const member of members) {
    const line = lines.at(-1);
    const both = `${line}, ${member}`;
    if (line === undefined || both.includes('\n') || both.length >= width) lines.push(member);
    else lines[lines.length - 1] = both;
  }
  return lines;
}

function onOneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = membersOf(value).map(([name, item]) => `${name}${onOneLine(item)}`);
  if (Array.isArray(value)) return `[${members.join(', ')}]`;
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** `undefined` is left out, as `JSON.stringify` does. */
function membersOf(value: object): [name: string, item: unknown][] {
  if (Array.isArray(value)) return value.map((item) => ['', item]);
  const there = Object.entries(value).filter(([, item]) => item !== undefined);
  return there.map(([name, item]) => [`${JSON.stringify(name)}: `, item]);
}
