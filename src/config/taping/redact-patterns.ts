/** `REDACT`: the user's own patterns. */

import { tryParseJson } from '../../lib/json.ts';
import { type LinearPattern, linearPattern } from '../../lib/linear-pattern.ts';
import { PatternError } from '../../lib/pattern-steps.ts';
import { ConfigError } from '../read-value.ts';

const OPEN = new Set('([{');
const CLOSE = new Set(')]}');

/** Splits at commas, except for commas within brackets or behind a backslash. */
function splitPatterns(text: string): string[] {
  const patterns = [''];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (OPEN.has(char)) depth++;
    else if (CLOSE.has(char)) depth--;
    if (char === ',' && depth <= 0) patterns.push('');
    else if (char === '\\') patterns.push(`${patterns.pop()}${char}${text[++at] ?? ''}`);
    else patterns.push(`${patterns.pop()}${char}`);
  }
  return patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '');
}

function listed(text: string): string[] {
  const list = tryParseJson(text);
  const isList = Array.isArray(list) && list.every((item) => typeof item === 'string');
  return isList ? list : splitPatterns(text);
}

/** The patterns are not secret themselves, so an error may show them. */
export function readRedactPatterns(text: string | undefined): LinearPattern[] {
  return listed(text ?? '').map((source) => {
    try {
      return linearPattern(source);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw new ConfigError(
        `REDACT: ${JSON.stringify(source.slice(0, 100))} cannot be read: ${error.message}`,
      );
    }
  });
}
