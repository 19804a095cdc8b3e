/** Prints JSON for people who read and compare it: what fits into a line stays on a line. */

/** `width` counts characters, indentation included. A value that cannot be broken may be longer. */
export const printJson = (value: unknown, width: number): string => `${printed(value, '', '', width)}\n`;

/** A value behind its key, without the indentation of its first line. One place is for the comma behind it. */
function printed(value: unknown, key: string, indent: string, width: number): string {
  const line = `${key}${onOneLine(value)}`;
  if (indent.length + line.length < width || typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = membersOf(value).map(([name, item]) => inner + printed(item, name, inner, width));
  return members.length === 0 ? line : `${key}${open}\n${members.join(',\n')}\n${indent}${close}`;
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
