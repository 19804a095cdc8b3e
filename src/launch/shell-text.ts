/** Variables as a shell reads them. */
import type { Format } from './arguments.ts';

export type ShellVariables = { set: Readonly<Record<string, string>>; unset: readonly string[] };

/** `text` as one quoted word, in which no character has a meaning for the shell. */
const single = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const fishWord = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const powershellWord = (text: string) => `'${text.replaceAll("'", "''")}'`;

type Shell = { set(name: string, value: string): string; unset(name: string): string };

const SHELLS = {
  sh: { set: (name, value) => `export ${name}=${single(value)}`, unset: (name) => `unset ${name}` },
  fish: { set: (name, value) => `set -gx ${name} ${fishWord(value)}`, unset: (name) => `set -e ${name}` },
  powershell: {
    set: (name, value) => `$env:${name} = ${powershellWord(value)}`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
} as const satisfies Record<Exclude<Format, 'json'>, Shell>;

/** The variables in one of the formats. JSON gets only the variables to set, since it has no word for a variable to remove. */
export function shellText(format: Format, { set, unset }: ShellVariables): string {
  if (format === 'json') return `${JSON.stringify(set, null, 2)}\n`;
  const shell: Shell = SHELLS[format];
  const lines = [
    ...unset.map(shell.unset),
    ...Object.entries(set).map(([name, value]) => shell.set(name, value)),
  ];
  return `${lines.join('\n')}\n`;
}
