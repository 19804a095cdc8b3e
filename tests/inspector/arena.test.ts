import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Arena, bytesOfText, type Kept } from '../../src/inspector/arena.ts';
import { Bodies } from '../../src/inspector/bodies.ts';
import { ByteLog } from '../../src/inspector/byte-log.ts';
import { Room, Shelf } from '../../src/inspector/shelf.ts';

const BLOCK = 64 * 1024;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (arena: Arena, kept: Kept | undefined) => {
  const bytes = kept && arena.bytes(kept);
  return bytes && new TextDecoder().decode(bytes);
};

/** A conversation as clients send it: each body has one message more, and the same end. */
const turn = (number: number) =>
  `{"messages":[${Array.from({ length: number }, (_, at) => `"message ${at} ${'word '.repeat(400)}"`).join(',')}],"tools":"${'tool '.repeat(8_000)}"}`;

describe('the arena', () => {
  test('a conversation costs little more than its last body', () => {
    const bodies = new Bodies();
    const kept = Array.from({ length: 60 }, (_, number) => bodies.keep('one', 'came', turn(number)));
    expect(kept.map((one) => textOf(bodies.arena, one))).toEqual(kept.map((_, number) => turn(number)));
    expect(bodies.arena.cost).toBeLessThan(3 * turn(59).length);
  });

  test('a title between two turns does not part them', () => {
    const bodies = new Bodies();
    bodies.keep('one', 'came', turn(40));
    bodies.keep('one', 'came', '{"messages":["a title"]}');
    const before = bodies.arena.cost;
    bodies.keep('one', 'came', turn(41));
    expect(bodies.arena.cost - before).toBeLessThanOrEqual(BLOCK);
  });

  test('what was let go is used again', () => {
    const arena = new Arena();
    for (let round = 0; round < 50; round++) arena.letGo(arena.keep(bytesOf(`${round} `.repeat(100_000))));
    expect(arena.cost).toBeLessThanOrEqual(6 * BLOCK);
  });

  test('whatever is kept and let go, what is left is as it came', () => {
    const part = fc.constantFrom(
      ...[...'abcdef'].map((letter) => letter.repeat(9_000)),
      'x',
      'y'.repeat(70_000),
    );
    const body = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(''));
    const step = fc.oneof(fc.record({ keep: body, like: fc.nat(20) }), fc.record({ letGo: fc.nat(20) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const arena = new Arena();
        const all: { text: string; kept: Kept }[] = [];
        const gone = new Set<number>();
        for (const one of steps) {
          if ('keep' in one) {
            const like = all.length > 0 ? all[one.like % all.length]?.kept : undefined;
            all.push({ text: one.keep, kept: arena.keep(bytesOf(one.keep), like) });
          } else if (all.length > 0) {
            const at = one.letGo % all.length;
            const { kept } = all[at] ?? {};
            if (kept) arena.letGo(kept);
            gone.add(at);
          }
        }
        for (const [at, { text, kept }] of all.entries())
          expect(textOf(arena, kept) === (gone.has(at) ? undefined : text)).toBe(true);
        for (const { kept } of all) arena.letGo(kept);
        expect(arena.cost).toBeLessThanOrEqual(BLOCK);
      }),
      { numRuns: 60 },
    );
  });

  test.each(['', 'plain', 'ümläüts and 😀', '漢'.repeat(100_000), 'x'.repeat(200_000)])('text %#', (text) => {
    expect(new TextDecoder().decode(bytesOfText(text))).toBe(text);
  });
});

describe('a log of bytes', () => {
  test('has its pieces with their times, until it is let go', () => {
    const log = new ByteLog(new Room(new Shelf(1024 * BLOCK, () => {})));
    const pieces = Array.from({ length: 300 }, (_, at) => ({ ms: at * 1.5, bytes: bytesOf(`piece ${at} `) }));
    for (const { ms, bytes } of pieces) log.add(ms, bytes);
    const read = () => log.pieces().map(({ ms, bytes }) => [ms, new TextDecoder().decode(bytes)]);
    const expected = pieces.map(({ ms, bytes }) => [ms, new TextDecoder().decode(bytes)]);
    expect(read()).toEqual(expected);
    log.letGo();
    expect([read(), log.length > 1_000]).toEqual([[], true]);
  });
});
