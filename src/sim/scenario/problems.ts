/** What is wrong with a scenario file: where, and why. All of it is collected, so that it can be mended at once. */
import { ScenarioError } from './types.ts';

/** The place of a value in a file: the keys and numbers that lead to it. */
export type Path = readonly (string | number)[];

export type Problem = {
  file: string;
  /** From 1; undefined where nothing of the file stands for it. */
  line: number | undefined;
  /** The path in one word, such as `rules.0.when.caller`. */
  field: string;
  reason: string;
};

/** Notes that the value at `at` is wrong. The reader goes on with something harmless in its place. */
export type Tell = (at: Path, reason: string) => void;

/** In one line: file and line (as editors and compilers write them), field, reason. */
export const problemLine = ({ file, line, field, reason }: Problem): string =>
  `${file}${line === undefined ? '' : `:${line}`}: ${field === '' ? '' : `${field}: `}${reason}`;

/** The first problem as an error. */
export function firstOf([first, ...others]: readonly Problem[]): ScenarioError {
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return new ScenarioError(first ? `${problemLine(first)}${more}` : 'nothing is wrong');
}
