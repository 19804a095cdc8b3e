import { describe, expect, test } from 'bun:test';
import { createClosing } from '../../src/compose/closing.ts';
import type { Logger } from '../../src/lib/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const never = () => new Promise<void>(() => {});
const soon = async () => {};
const SECOND = 1_000;

function open(parts: {
  stopListening?: (graceMs: number) => Promise<void>;
  closeSystem?: () => Promise<void>;
}) {
  const clock = new ManualClock();
  const exits: number[] = [];
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  const logger: Logger = {
    debugging: false,
    debug: write,
    info: write,
    warn: write,
    error: write,
    fatal: write,
    hide() {},
  };
  const { close: signal, breakOff } = createClosing({
    stopListening: parts.stopListening ?? soon,
    closeSystem: parts.closeSystem ?? soon,
    answering: () => 2,
    exit: (code) => void exits.push(code),
    clock,
    logger,
  });
  return { clock, exits, lines, signal, breakOff };
}

describe('a signal', () => {
  test('closes, says how many answers it waits for, and ends well', async () => {
    const { exits, lines, signal } = open({});
    signal('SIGTERM');
    await Bun.sleep(0);
    expect(exits).toEqual([0]);
    expect(lines).toEqual([
      'closing: waits up to 30 s for 2 answers under way; a second signal ends at once',
    ]);
  });

  test('waits for nothing where those have ended who wanted the answers', async () => {
    const graces: number[] = [];
    const { exits, lines, breakOff } = open({ stopListening: async (graceMs) => void graces.push(graceMs) });
    breakOff('the end of its input');
    await Bun.sleep(0);
    expect({ exits, graces, lines }).toEqual({
      exits: [0],
      graces: [0],
      lines: ['closing: breaks off 2 answers under way; a second signal ends at once'],
    });
  });

  test('waits no longer where those end who wanted the answers, however soon after a signal', async () => {
    const graces: number[] = [];
    const waiting = Promise.withResolvers<void>();
    const stopListening = (graceMs: number) => {
      graces.push(graceMs);
      if (graceMs === 0) waiting.resolve();
      return waiting.promise;
    };
    const { exits, signal, breakOff } = open({ stopListening });
    signal('SIGINT');
    breakOff('the end of its input');
    await Bun.sleep(0);
    expect({ exits, graces }).toEqual({ exits: [0], graces: [30 * SECOND, 0] });
  });

  test.each([
    ['the server', { stopListening: never }],
    ['the rest', { closeSystem: never }],
  ])('ends after 40 s where %s hangs', async (_name, parts) => {
    const { clock, exits, lines, signal } = open(parts);
    signal('SIGTERM');
    await clock.advance(39 * SECOND);
    expect(exits).toEqual([]);
    await clock.advance(SECOND);
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toBe('not closed after 40 s: ends all the same');
  });

  test('that fails says why', async () => {
    const { exits, lines, signal } = open({ closeSystem: () => Promise.reject(new Error('no')) });
    signal('SIGTERM');
    await Bun.sleep(0);
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toBe('could not be closed in order');
  });

  test('that comes twice ends at once, but for its own echo', async () => {
    const { clock, exits, signal } = open({ stopListening: never });
    signal('SIGINT');
    await clock.advance(200);
    signal('SIGINT');
    expect(exits).toEqual([]);
    await clock.advance(200);
    signal('SIGINT');
    expect(exits).toEqual([1]);
  });
});
