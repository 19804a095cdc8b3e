/** An event has a limit. A longer one is reported at once and not kept, however it is sliced. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Frame, FrameDecoder } from '../../src/gemini/frames.ts';
import { MAX_DEPTH, MAX_EVENT, MAX_VALUES } from '../../src/gemini/limits.ts';

const LIMIT = 60;
const bytes = (text: string) => new TextEncoder().encode(text);
const event = (text: string) => ({ candidates: [{ content: { parts: [{ text }] } }] });
/** The text has 49 characters around it. */
const json = (text: string) => JSON.stringify(event(text));
const content = (text: string) => ({ kind: 'content', chunk: event(text) });
const A = `data: ${json('a')}\r\n\r\n`;
const LONG = 'x'.repeat(LIMIT);

function decode(text: string, limit = LIMIT): unknown[] {
  const decoder = new FrameDecoder(limit);
  return [...decoder.feed(bytes(text)), ...decoder.end()];
}

const CASES: [name: string, body: string, frames: unknown[]][] = [
  [
    'an event',
    `${A}data: ${json(LONG)}\r\n\r\n${A}`,
    [content('a'), { kind: 'oversized', bound: 'length' }, content('a')],
  ],
  [
    'an event that never ends',
    `${A}data: ${json(LONG)}`,
    [content('a'), { kind: 'oversized', bound: 'length' }],
  ],
  [
    'a line that is no event',
    `${A}${LONG}!\n\n${A}`,
    [content('a'), { kind: 'oversized', bound: 'length' }, content('a')],
  ],
  [
    'a comment',
    `${A}: ${LONG}\n\n${A}`,
    [content('a'), { kind: 'oversized', bound: 'length' }, content('a')],
  ],
  [
    'many lines, each of them small',
    `${A}data: {"a":"\n${`data: ${'x'.repeat(20)}\n`.repeat(5)}data: "}\n\n${A}`,
    [content('a'), { kind: 'oversized', bound: 'length' }, content('a')],
  ],
  [
    'many empty lines',
    `${'data:\n'.repeat(LIMIT + 1)}\n${A}`,
    [{ kind: 'oversized', bound: 'length' }, content('a')],
  ],
  [
    'many events that never make an object',
    `data: {"a":["\n\n${`data: ${'x'.repeat(30)}\n\n`.repeat(2)}${A}`,
    [{ kind: 'oversized', bound: 'length' }, content('a')],
  ],
  ['comments without end, each of them small', `${': x\n'.repeat(LIMIT)}${A}`, [content('a')]],
  ['many small events', A.repeat(20), Array.from({ length: 20 }, () => content('a'))],
];

describe('a limit on', () => {
  test.each(CASES)('%s', (_name, body, frames) => {
    expect(decode(body)).toEqual(frames);
  });

  const slices = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 100 });
  test.each(CASES)('any slicing gives the same: %s', (_name, body, frames) => {
    fc.assert(
      fc.property(slices, (sizes) => {
        const all = bytes(body);
        const decoder = new FrameDecoder(LIMIT);
        const found: Frame[] = [];
        let at = 0;
        for (const size of sizes) {
          found.push(...decoder.feed(all.subarray(at, at + size)));
          at += size;
        }
        found.push(...decoder.feed(all.subarray(at)), ...decoder.end());
        expect(found as unknown[]).toEqual(frames);
      }),
      { numRuns: 40 },
    );
  });
});

describe('16 MB', () => {
  const around = json('').length;

  test('an event that fits is read, and one a character longer is not', () => {
    const fits = 'x'.repeat(MAX_EVENT - around - 'data: '.length);
    expect(decode(`data: ${json(fits)}\n\n`, MAX_EVENT)).toEqual([content(fits)]);
    expect(decode(`data: ${json(`${fits}x`)}\n\n`, MAX_EVENT)).toEqual([
      { kind: 'oversized', bound: 'length' },
    ]);
  });

  test('a line without end is told of after 16 MB, and then costs nothing', () => {
    const decoder = new FrameDecoder();
    const megabyte = bytes('x'.repeat(1024 * 1024));
    const told = Array.from({ length: 64 }, () => decoder.feed(megabyte).length);
    expect(told.indexOf(1)).toBe(16);
    expect(told.filter((count) => count > 0)).toHaveLength(1);
  });
});

describe('an event that would take long to read is given up unread, and the next one is read', () => {
  const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const values = (count: number) => `{"candidates":[${'[],'.repeat(count)}[]]}`;
  const call = (args: string) => `{"candidates":[{"content":{"parts":[{"functionCall":{"args":${args}}}]}}]}`;

  test.each<[string, string, string]>([
    ['a million levels', nested(1_000_000), 'depth'],
    ['a long event of a level too much', nested(MAX_DEPTH + 1) + ' '.repeat(4_096), 'depth'],
    ['a call of a level too much', call(nested(MAX_DEPTH - 6)), 'depth'],
    ['a million values', values(1_000_000), 'values'],
    ['more values than there may be', values(MAX_VALUES / 2 + 1), 'values'],
    ['a stray comma, and a million values', `{,${values(1_000_000).slice(1)}`, 'values'],
  ])('%s', (_name, event, bound) => {
    const frames = decode(`data: ${event}\r\n\r\n${A}`, MAX_EVENT) as Frame[];
    expect(frames.map((frame): string => ('bound' in frame ? frame.bound : frame.kind))).toEqual([
      bound,
      'content',
    ]);
  });

  test.each([
    ['as deep as may be', call(nested(MAX_DEPTH - 7))],
    ['as many values as may be', values(MAX_VALUES / 2 - 10)],
  ])('but not %s', (_name, event) => {
    const frames = decode(`data: ${event}\r\n\r\n`, MAX_EVENT) as Frame[];
    expect(frames.map(({ kind }) => kind)).toEqual(['content']);
  });
});

test('an answer is given up once its events are too much together, however they come', () => {
  const decoder = new FrameDecoder(1_000, 100);
  const kinds = Array.from({ length: 10 }, () =>
    decoder.feed(bytes(A)).map((frame) => ('bound' in frame ? frame.bound : frame.kind)),
  );
  const fit = Math.floor(100 / A.length);
  expect(kinds.slice(0, fit)).toEqual(Array.from({ length: fit }, () => ['content']));
  expect(kinds.slice(fit)).toEqual([['content', 'answer'], ...Array.from({ length: 9 - fit }, () => [])]);
});
