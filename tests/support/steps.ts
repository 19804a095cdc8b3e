/** Counts work in steps, not in seconds: what texts, lists and maps are asked while something runs. */

type Count = (result: unknown, args: readonly unknown[], self: unknown) => number;

const one: Count = () => 1;
const sizeOf: Count = (result) => (typeof result === 'string' ? result.length : 1);
/** Characters that were passed over. */
const passed: Count = (result, [, from], self) =>
  (Number(result) < 0 ? String(self).length : Number(result)) - Number(from ?? 0) + 1;

// biome-ignore lint/suspicious/noExplicitAny: methods of any shape, put back as they were
type Owner = any;

const COUNTED: readonly [owner: Owner, method: string, count: Count][] = [
  [String.prototype, 'charCodeAt', one],
  [String.prototype, 'indexOf', passed],
  [String.prototype, 'slice', sizeOf],
  [RegExp.prototype, 'exec', (result) => 1 + (Array.isArray(result) ? String(result[0]).length : 0)],
  [Map.prototype, 'get', one],
  [Array.prototype, 'push', one],
  [
    Array.prototype,
    'findIndex',
    (result, _args, self) => (Number(result) < 0 ? (self as unknown[]).length : Number(result)) + 1,
  ],
  [JSON, 'parse', (_result, [text]) => String(text).length],
  [JSON, 'stringify', sizeOf],
];

export async function stepsOf(work: () => unknown): Promise<number> {
  let steps = 0;
  const originals = COUNTED.map(([owner, method]) => owner[method]);
  for (const [index, [owner, method, count]] of COUNTED.entries()) {
    const original = originals[index];
    owner[method] = function counted(this: unknown, ...args: unknown[]) {
      const result = original.apply(this, args);
      steps += count(result, args, this);
      return result;
    };
  }
  try {
    await work();
  } finally {
    for (const [index, [owner, method]] of COUNTED.entries()) owner[method] = originals[index];
  }
  return steps;
}
