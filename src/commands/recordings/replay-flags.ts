/** The flags of `record` and `replay` beside those of `start`. */
import { ArgumentError } from '../../lib/program/arguments.ts';

const SHORT_FLAG = /^--(?=(?:speed|match|on-miss|repeat)(?:=|$))/;

/** Writes the short flags of a replay as the settings that they stand for. */
export const asReplayFlags = (flags: readonly string[]): string[] =>
  flags.map((flag) => flag.replace(SHORT_FLAG, '--replay-'));

/** The value of the first flag called `name`, and all other words; undefined where there is no such flag. */
export function takeFlag(
  name: string,
  flags: readonly string[],
): { value: string; others: string[] } | undefined {
  const at = flags.findIndex((flag) => flag === name || flag.startsWith(`${name}=`));
  const flag = flags[at];
  if (flag === undefined) return undefined;
  const value = flag === name ? (flags[at + 1] ?? '') : flag.slice(name.length + 1);
  if (value === '' || value.startsWith('--'))
    throw new ArgumentError(`${name}: its value is missing; write ${name} <value>`);
  return { value, others: flags.toSpliced(at, flag === name ? 2 : 1) };
}
