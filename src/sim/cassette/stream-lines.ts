/**
 * Reads and writes `stream.jsonl`. It has a line `[ms since the previous line, "r", text]` for each socket read, and a
 * last line `[ms, "eof"|"reset"|"timeout"|"abort", side]`. The text is in the form of `escape.ts`, and only
 * `JSON.stringify` prints it.
 */
import { tryParseJson } from '../../lib/json.ts';
import { conflictIn } from '../merge-conflict.ts';
import { bytesOf, textOf } from './escape.ts';
import { withoutMark } from './text-files.ts';
import { CassetteError, END_KINDS, type Read, SIDES, type StreamEnd } from './types.ts';

export type Stream = { reads: readonly Read[]; end: StreamEnd };

export function writeStreamLines({ reads, end }: Stream): string {
  const lines: unknown[] = reads.map(({ ms, bytes }) => [ms, 'r', textOf(bytes)]);
  lines.push([end.ms, end.kind, end.side]);
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Reads the lines of a stream. Throws a CassetteError that names `file` and the line. */
export function readStreamLines(text: string, file: string): Stream {
  const reads: Read[] = [];
  let end: StreamEnd | undefined;
  for (const [index, line] of withoutMark(text).split('\n').entries()) {
    if (line.trim() === '') continue;
    const fail = (problem: string) => new CassetteError(`${file}:${index + 1}`, conflictIn(text) ?? problem);
    if (end) throw fail('a line after the end');
    const value = tryParseJson(line);
    if (!Array.isArray(value) || !(value[0] >= 0)) throw fail('expected [ms, code, text]');
    const [ms, code, rest] = value;
    if (code === 'r' && typeof rest === 'string') reads.push({ ms, bytes: readBytes(rest, fail) });
    else end = readEnd(ms, code, rest, fail);
  }
  if (!end) {
    const problem = 'the last line, which tells how the stream ended, is missing';
    throw new CassetteError(file, problem, 'add one, such as [0,"eof","upstream"]');
  }
  return { reads, end };
}

type Fail = (problem: string) => CassetteError;

function readBytes(text: string, fail: Fail): Uint8Array {
  try {
    return bytesOf(text);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
}

function readEnd(ms: number, code: unknown, rest: unknown, fail: Fail): StreamEnd {
  const kind = END_KINDS.find((known) => known === code);
  const side = SIDES.find((known) => known === rest);
  if (!kind) throw fail(`unknown code ${JSON.stringify(code)}`);
  if (!side) throw fail(`unknown side ${JSON.stringify(rest)}`);
  return { ms, kind, side };
}
