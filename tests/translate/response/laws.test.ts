import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { foldEvents } from '../../../src/translate/response/message.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import { violations } from '../../support/answers/laws.ts';
import { call, run, STOP, text, thinking } from '../../support/answers/turns.ts';

describe('laws', () => {
  const turnEvent: fc.Arbitrary<TurnEvent> = fc.oneof(
    fc.string().map((value) => text(value)),
    fc.string({ maxLength: 3 }).map((value) => text(value, 'sig')),
    fc.string({ minLength: 1 }).map(thinking),
    fc.constantFrom(call(), call('sig')),
  );
  const plans = fc.record({
    thinking: fc.constantFrom('hidden' as const, 'shown' as const, 'omitted' as const),
    stopSequences: fc.array(fc.string({ minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  });

  test('hold for any turn and plan, with keep-alives anywhere', () => {
    fc.assert(
      fc.property(fc.array(turnEvent), plans, (turn, plan) => {
        const { answer, events } = run(turn, plan);
        events.push(
          ...answer.keepAlive(),
          ...answer.push([STOP]),
          ...answer.keepAlive(),
          ...answer.push([text('late')]),
        );
        expect(violations(events)).toEqual([]);
      }),
    );
  });

  test('no text and no call is lost or doubled', () => {
    fc.assert(
      fc.property(
        fc.array(turnEvent),
        fc.constantFrom('hidden' as const, 'shown' as const),
        (turn, shown) => {
          const message = foldEvents(run([...turn, STOP], { thinking: shown }).events);
          const expected = turn.map((event) => (event.type === 'text' ? event.text : '')).join('');
          expect(message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toBe(
            expected,
          );
          expect(message.content.filter((block) => block.type === 'tool_use').length).toBe(
            turn.filter((event) => event.type === 'call').length,
          );
        },
      ),
    );
  });
});
