/** Reads the text of a scenario file, and remembers which line each value stands in. */
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { conflictIn } from '../merge-conflict.ts';
import type { Path } from './problems.ts';

export type ScenarioDocument = {
  value: unknown;
  /** The line of the value at `path`, or of the innermost value that contains it; undefined for an empty file. */
  lineOf(path: Path): number | undefined;
  /** What is wrong with the text itself, with its line. If there is something, `value` is undefined. */
  errors: readonly { line: number | undefined; reason: string }[];
};

const SEVERAL = 'a file is one scenario, and another document begins here (---)';

/** `text` is YAML or JSON. */
export function readDocument(text: string): ScenarioDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined) =>
    offset === undefined ? undefined : lines.linePos(offset).line;
  const found = document.errors.map(({ code, message, pos }) => ({
    line: lineAt(pos[0]),
    reason: code === 'MULTIPLE_DOCS' ? SEVERAL : `not YAML or JSON: ${message.split('\n')[0]}`,
  }));
  const conflict = found.length > 0 ? conflictIn(text) : undefined;
  const errors = conflict === undefined ? found : [{ line: undefined, reason: conflict }];
  return {
    errors,
    value: errors.length > 0 ? undefined : document.toJS(),
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

function offsetOf(document: Document, path: Path): number | undefined {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0];
  for (const step of path) {
    const next = childOf(node, step);
    if (!next) break;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

/** The value under a key, with the place of the key: a value may begin lines after its key. */
function childOf(
  node: unknown,
  step: string | number,
): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
    return pair && { node: pair.value, offset: (pair.key as Node | null)?.range?.[0] };
  }
  if (!isSeq(node)) return undefined;
  const item = node.items[Number(step)] as Node | undefined;
  return item && { node: item, offset: item.range?.[0] };
}
