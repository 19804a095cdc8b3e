/**
 * Checks whether a `.env` file was written to its end. Editors and scripts write in steps, and the file may be read
 * between two steps.
 */
import { ConfigError } from './read-value.ts';

const NAME = /^\s*(?:export\s+)?[\w.-]+\s*[=:]/;
const NOTHING = /^\s*(?:#.*)?$/;
const OPEN_QUOTE = /^\s*(?:export\s+)?[\w.-]+\s*=\s*(["'`])/;

/**
 * The number of the first line that has no meaning, or whose quotes never close; undefined where there is no such line.
 */
function brokenLine(text: string): number | undefined {
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (NOTHING.test(line)) continue;
    if (!NAME.test(line)) return at + 1;
    const quote = OPEN_QUOTE.exec(line);
    if (!quote) continue;
    const end = lineOfClosing(lines, at, quote[0].length, quote[1] ?? '');
    if (end === undefined) return at + 1;
    at = end;
  }
  return undefined;
}

/** The number of the line in which a quoted value ends. The value may have several lines. */
function lineOfClosing(lines: readonly string[], first: number, from: number, quote: string) {
  for (let at = first; at < lines.length; at++) {
    const line = lines[at] ?? '';
    for (let i = at === first ? from : 0; i < line.length; i++) {
      if (line[i] === '\\') i++;
      else if (line[i] === quote) return at;
    }
  }
  return undefined;
}

const endsLine = (text: string) => /\n$/.test(text);

/** Throws a ConfigError where `text` looks half written. `before` is the earlier content of the file. */
export function checkWhole(path: string, text: string, before: string): void {
  if (text === before) return;
  const refuse = (problem: string) => {
    throw new ConfigError(`${path}: ${problem}; it may be half written, and is read again when it changes`);
  };
  if (text.trim() === '' && before.trim() !== '') refuse('is empty now');
  const line = brokenLine(text);
  // A broken line that was there before is intended, or was never noticed.
  if (line !== undefined && brokenLine(before) === undefined)
    refuse(`line ${line} is no NAME=value, or has no end`);
  const isCut = before.startsWith(text) && before[text.length] !== '\n' && !endsLine(text);
  if (isCut || (endsLine(before) && text !== '' && !endsLine(text))) refuse('ends within a line');
}
