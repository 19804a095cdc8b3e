import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ByteLog } from '../../src/inspector/byte-log.ts';
import { Room, Shelf } from '../../src/inspector/shelf.ts';

const MB = 1024 * 1024;
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A shelf that lets its oldest bytes go where it would need more than `memory`. */
function shelfOf(memory: number): Shelf {
  const shelf: Shelf = new Shelf(memory, (bytes) => {
    while (shelf.cost + bytes > memory && shelf.dropOldest());
  });
  return shelf;
}

describe('the shelf', () => {
  test('whatever is written in turns by several requests, each reads what is its own', () => {
    const piece = fc.record({
      log: fc.nat(4),
      text: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.constant('ä€😀'.repeat(9_000))),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const shelf = shelfOf(16 * MB);
        const logs = Array.from({ length: 5 }, () => new ByteLog(new Room(shelf)));
        for (const [ms, { log, text }] of pieces.entries())
          logs[log]?.add(ms, new TextEncoder().encode(text));
        for (const [log, one] of logs.entries()) {
          const own = [...pieces.entries()].filter(([, given]) => given.log === log);
          const told = one.pieces().map(({ ms, bytes }) => [ms, textOf(bytes)]);
          expect(told).toEqual(own.map(([ms, { text }]) => [ms, text]));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a buffer that is changed after it was kept changes nothing', () => {
    const log = new ByteLog(new Room(shelfOf(MB)));
    const bytes = new TextEncoder().encode('as it came');
    log.add(0, bytes);
    bytes.fill(0);
    expect(textOf(log.bytes)).toBe('as it came');
  });

  test('the oldest bytes go first, and nobody reads what was written over them', () => {
    const shelf = shelfOf(MB);
    const logs = Array.from({ length: 100 }, (_, number) => {
      const room = new Room(shelf);
      const log = new ByteLog(room);
      log.add(0, new Uint8Array(50_000).fill(number));
      expect(shelf.cost).toBeLessThanOrEqual(MB);
      return { room, log };
    });
    const first = logs.findIndex(({ room }) => !room.isGone);
    expect(first).toBeGreaterThan(50);
    for (const [number, { room, log }] of logs.entries()) {
      expect([room.isGone, log.length]).toEqual([number < first, 50_000]);
      expect(log.bytes).toEqual(number < first ? new Uint8Array(0) : new Uint8Array(50_000).fill(number));
    }
  });

  test('what is larger than the shelf is gone at once, and leaves room for others', () => {
    const shelf = shelfOf(MB);
    const room = new Room(shelf);
    const log = new ByteLog(room);
    log.add(0, new Uint8Array(3 * MB));
    log.add(1, new Uint8Array(10));
    expect([room.isGone, log.length, log.pieces()]).toEqual([true, 3 * MB + 10, []]);
    room.close();
    expect(shelf.cost).toBeLessThanOrEqual(shelf.size);
  });

  test('memory is used again once nobody needs it', () => {
    const shelf = shelfOf(64 * MB);
    for (let number = 0; number < 200; number++) {
      const room = new Room(shelf);
      new ByteLog(room).add(0, new Uint8Array(100_000));
      room.close();
    }
    expect(shelf.cost).toBeLessThanOrEqual(shelf.size);
  });
});
