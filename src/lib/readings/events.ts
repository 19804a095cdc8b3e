/**
 * What the events of a stream say together: a text comes in pieces, cut anywhere, and so does all that it holds. `told` is those
 * pieces without what stands between them.
 */
import { ReadBytes } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

const EVENT = /(?:^|\n)data:/;
/** What a piece stands behind, in the vocabularies of both sides. */
const BEFORE_PIECE = /"(?:text|thinking|partial_json)"\s{0,8}:\s{0,8}"/g;

/** Undefined where there are no events. In the order of the events, whichever part of an answer a piece belongs to. */
export function toldInEvents({ text, lengthAt }: Unescaped): Unescaped | undefined {
  if (!EVENT.test(text)) return undefined;
  const told = new ReadBytes();
  let from = 0;
  for (const { 0: found, index } of text.matchAll(BEFORE_PIECE)) {
    // Within another piece, or quoted.
    if (index < from || lengthAt(index) !== 1) continue;
    const start = index + found.length;
    from = endOfString(text, lengthAt, start);
    for (let at = start; at < from; at++) told.add(text.charCodeAt(at), at, 1);
  }
  if (told.count === 0) return undefined;
  return { ...told.reading(), lengthAt: () => 1, steps: text.length };
}

/** Quotes of the string itself have backslashes before them. */
function endOfString(text: string, lengthAt: Unescaped['lengthAt'], start: number): number {
  let at = text.indexOf('"', start);
  while (at >= 0 && lengthAt(at) !== 1) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
}
