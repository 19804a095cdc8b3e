import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { foldEvents } from '../../../src/translate/response/message.ts';
import { violations } from '../../support/answers/laws.ts';
import { run, STOP, shape, text, thinking } from '../../support/answers/turns.ts';

describe('stop sequences', () => {
  const cases: [
    name: string,
    pieces: string[],
    sequences: string[],
    shown: string,
    stopped: string | null,
  ][] = [
    ['in one piece', ['yes</block>no'], ['</block>'], 'yes', '</block>'],
    ['over pieces', ['yes</bl', 'ock>no'], ['</block>'], 'yes', '</block>'],
    ['a false start goes out', ['a</bl', 'ue>b'], ['</block>'], 'a</blue>b', null],
    ['held back at the end goes out', ['a</blo'], ['</block>'], 'a</blo', null],
    ['the one that ends first', ['abcdef'], ['cdef', 'bcd'], 'a', 'bcd'],
    ['at the very start', ['XX'], ['XX'], '', 'XX'],
    ['none', ['a', 'b'], [], 'ab', null],
  ];
  for (const [name, pieces, stopSequences, shown, stopped] of cases) {
    test(name, () => {
      const { answer, events } = run([...pieces.map((piece) => text(piece)), STOP], { stopSequences });
      const message = foldEvents(events);
      expect(message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toBe(shown);
      expect(message.stop_sequence).toBe(stopped);
      expect(message.stop_reason).toBe(stopped === null ? 'end_turn' : 'stop_sequence');
      expect(answer.finished).toBe(true);
    });
  }

  test('text that is all held back goes out before a thought', () => {
    const { events } = run([text('@'), thinking('h'), text('a'), STOP], { stopSequences: ['@ '] });
    expect(violations(events)).toEqual([]);
    expect(shape(events)).toEqual(['text:@', 'thinking:h:none', 'text:a']);
  });

  test('any slicing of the text gives the same cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', 'aab'), { maxLength: 12 }),
        fc.array(fc.constantFrom('ab', 'bb', 'aba'), { minLength: 1, maxLength: 3 }),
        (pieces, stopSequences) => {
          const shown = (all: string[]) =>
            shape(run([...all.map((p) => text(p)), STOP], { stopSequences }).events);
          expect(shown(pieces)).toEqual(shown([...pieces.join('')]));
        },
      ),
    );
  });

  test('are found as a search for each of them would find them', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(piece, { maxLength: 4 }),
        (pieces, stopSequences) => {
          const whole = pieces.join('');
          const ends = stopSequences
            .filter((one) => one !== '' && whole.includes(one))
            .map((one) => whole.indexOf(one) + one.length);
          const end = Math.min(...ends);
          const first = stopSequences.find(
            (one) => one !== '' && whole.indexOf(one) + one.length === end && whole.includes(one),
          );
          const { events } = run([...pieces.map((one) => text(one)), STOP], { stopSequences });
          const message = foldEvents(events);
          expect(message.stop_sequence).toBe(first ?? null);
          const shown = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
          expect(shown).toBe(first === undefined ? whole : whole.slice(0, end - first.length));
        },
      ),
    );
  });
});
