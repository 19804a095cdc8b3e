/** Stop sequences in a text with citations: over the borders of blocks, and however the text is cut. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CitedStops } from '../../../src/translate/response/cited-stops.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';

const END: TurnEvent = { type: 'finish', finish: { kind: 'finished', reason: 'STOP' } };
const text = (said: string, signature?: string): TurnEvent => ({
  type: 'text',
  text: said,
  ...(signature === undefined ? {} : { signature }),
});
const CITING: TurnEvent = { type: 'citing', citations: [] };

const through = (events: readonly TurnEvent[], stops: readonly string[]): TurnEvent[] => {
  const cited = new CitedStops(stops);
  return [...events, END].flatMap((event) => cited.through([event], false));
};

/** `|` is the beginning of a block, `#` the end at a stop sequence, and `.` the end of the model. */
const shown = (events: readonly TurnEvent[]): string =>
  events
    .map((event) => {
      if (event.type === 'text') return event.text;
      if (event.type === 'citing') return '|';
      return event.type === 'finish' ? (event.finish.kind === 'stop-sequence' ? '#' : '.') : '';
    })
    .join('');

describe('a stop sequence', () => {
  test.each<[string, TurnEvent[], string]>([
    ['within a block', [text('a'), CITING, text('bSTOPc')], 'a|b#'],
    ['over two blocks', [text('aST'), CITING, text('OPc')], 'a#'],
    ['over three blocks', [text('aS'), CITING, text('TO'), CITING, text('Pc')], 'a#'],
    ['that was only begun', [text('aST'), CITING, text('b')], 'aST|b.'],
    ['that was begun at the end', [text('a'), CITING, text('bST')], 'a|bST.'],
    ['after a call', [text('ST'), { type: 'call', name: 'x', args: {} }, text('OP')], 'STOP.'],
    ['over usage', [text('aST'), { type: 'usage', usage: {} }, text('OPb')], 'a#'],
    ['in a signed text, which stays whole', [text('a'), text('bSTOPc', 's')], 'abSTOPc#'],
  ])('%s', (_, events, expected) => {
    expect(shown(through(events, ['STOP']))).toBe(expected);
  });

  test('is found as in the text without blocks, and nothing else is changed', () => {
    const piece = fc.stringMatching(/^[ab]{0,4}$/);
    fc.assert(
      fc.property(
        fc.array(piece),
        fc.array(fc.stringMatching(/^[ab]{1,3}c?$/), { maxLength: 3 }),
        (pieces, stops) => {
          const events = pieces.flatMap((one, at) => (at > 0 ? [CITING, text(one)] : [text(one)]));
          const all = pieces.join('');
          const whole = shown(through([text(all)], stops));
          expect(shown(through(events, stops)).replaceAll('|', '')).toBe(whole);
          if (whole.endsWith('.')) expect(shown(through(events, stops))).toBe(`${pieces.join('|')}.`);
        },
      ),
      { numRuns: 500 },
    );
  });
});
