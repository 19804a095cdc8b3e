import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Bodies, type KeptBody } from '../../src/inspector/bodies.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (body: KeptBody | undefined) => {
  const bytes = body?.bytes();
  return bytes && new TextDecoder().decode(bytes);
};

/** A conversation as clients send it: each body has one message more, and the same end. */
const turn = (number: number) =>
  `{"messages":[${Array.from({ length: number }, (_, at) => `"message ${at} ${'word '.repeat(200)}"`).join(',')}],"tools":"${'tool '.repeat(500)}"}`;

describe('kept bodies', () => {
  test('a conversation costs little more than its last body', () => {
    const bodies = new Bodies();
    const kept = Array.from({ length: 40 }, (_, number) => bodies.keep('one', bytesOf(turn(number))));
    expect(kept.map(textOf)).toEqual(kept.map((_, number) => turn(number)));
    expect(bodies.cost).toBeLessThan(2 * turn(39).length);
  });

  test('other conversations have nothing to do with it', () => {
    const bodies = new Bodies();
    const [one, other] = [bodies.keep('one', bytesOf(turn(5))), bodies.keep('other', bytesOf(turn(6)))];
    expect([one.cost, other.cost]).toEqual([turn(5).length, turn(6).length]);
  });

  test('whatever is kept and let go, what is left is as it came, and the cost is the sum of all', () => {
    const body = fc.array(fc.constantFrom(...'abc'.split('').map((letter) => letter.repeat(900))), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(body, { maxLength: 12 }), fc.array(fc.nat(11)), (given, letGo) => {
        const bodies = new Bodies();
        const texts = given.map((parts) => parts.join(''));
        const kept = texts.map((text) => bodies.keep('one', bytesOf(text)));
        const gone = new Set(letGo.filter((at) => at < kept.length));
        for (const at of gone) kept[at]?.letGo();
        expect(kept.map(textOf)).toEqual(texts.map((text, at) => (gone.has(at) ? undefined : text)));
        expect(bodies.cost).toBe(kept.reduce((sum, { cost }) => sum + cost, 0));
      }),
    );
  });
});
