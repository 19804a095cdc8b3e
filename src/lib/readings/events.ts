/**
 * Joins the texts in the events of a stream. A text comes in pieces that are cut anywhere, and so a secret in it may be
 * cut. `told` is the joined text.
 */
import { ReadBytes } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

const EVENT = /(?:^|\n)data:/;
/** Matches the key before a piece of text, in the words of both wires. */
const BEFORE_PIECE = /"(?:text|thinking|partial_json)"\s{0,8}:\s{0,8}"/g;

/**
 * The joined pieces; undefined where there are no events. Pieces are joined in the order of the events, whatever part
 * of an answer they belong to.
 */
export function toldInEvents({ text, lengthAt }: Unescaped): Unescaped | undefined {
  if (!EVENT.test(text)) return undefined;
  const told = new ReadBytes();
  let from = 0;
  for (const { 0: found, index } of text.matchAll(BEFORE_PIECE)) {
    // This key is inside of another piece, or quoted.
    if (index < from || lengthAt(index) !== 1) continue;
    const start = index + found.length;
    from = endOfString(text, lengthAt, start);
    for (let at = start; at < from; at++) told.add(text.charCodeAt(at), at, 1);
  }
  if (told.count === 0) return undefined;
  return { ...told.reading(), lengthAt: () => 1, steps: text.length };
}

/** The end of a string. Quotation marks that belong to the string have backslashes before them. */
function endOfString(text: string, lengthAt: Unescaped['lengthAt'], start: number): number {
  let at = text.indexOf('"', start);
  while (at >= 0 && lengthAt(at) !== 1) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
}
