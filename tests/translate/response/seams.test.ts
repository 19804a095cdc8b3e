/** Wherever Gemini cuts a long answer into requests, the client gets the same answer. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Frame } from '../../../src/gemini/frames.ts';
import type { ResponsePart, UsageMetadata } from '../../../src/gemini/wire.ts';
import { openReader } from '../../../src/translate/response/open-reader.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import { planFor } from '../../support/answers/answer.ts';

const frame = (parts: ResponsePart[], usageMetadata: UsageMetadata, more: object = {}): Frame => ({
  kind: 'content',
  chunk: { candidates: [{ index: 0, content: { parts, role: 'model' }, ...more }], usageMetadata },
});

const piece = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).map((text) => ({ text })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom({ text: '\ud83d' }, { text: '\ude00' }, { text: '<st' }, { text: 'op>' }),
  },
  { weight: 1, arbitrary: fc.constant({ text: 'thought', thought: true }) },
  { weight: 1, arbitrary: fc.constant({ text: 'signed', thoughtSignature: 'c2ln' }) },
  { weight: 1, arbitrary: fc.constant({ functionCall: { name: 'Bash', id: 'k', args: { a: 1 } } }) },
  { weight: 1, arbitrary: fc.constant({ functionCall: { name: 'Other', id: 'o', args: {} } }) },
);

type Piece = ResponsePart;

/** What the client is told of an answer that comes in these requests. */
function told(
  requests: readonly (readonly Piece[])[],
  plan: ReturnType<typeof planFor>,
): TurnEvent[] | string {
  const reader = openReader({ plan, warn: () => {}, mayAskAgain: () => false, mayGoOn: () => true });
  const events: TurnEvent[] = [];
  try {
    for (const [index, pieces] of requests.entries()) {
      let said = 0;
      for (const part of pieces) {
        said += 'text' in part && !part.thought ? 2 : 0;
        events.push(...reader.read(frame([part], { promptTokenCount: 10, candidatesTokenCount: said })));
        if (reader.finished) return events;
      }
      const last = index === requests.length - 1;
      const end = last
        ? { finishReason: 'STOP' }
        : { finishReason: 'CONTINUATION', continuationToken: `t${index}` };
      events.push(...reader.read(frame([], { promptTokenCount: 10, candidatesTokenCount: said }, end)));
      events.push(...reader.end());
      if (reader.rest === undefined) return events;
    }
  } catch (error) {
    return String(error);
  }
  return events;
}

/** The events, with texts next to each other joined and without counts. */
function shape(events: TurnEvent[] | string): unknown {
  if (typeof events === 'string') return events;
  const shown: unknown[] = [];
  for (const event of events) {
    const last = shown.at(-1);
    if (event.type === 'usage') continue;
    if (event.type === 'text' && !event.signature && isPlainText(last)) last.text += event.text;
    else shown.push(event.type === 'text' ? { ...event } : event);
  }
  return shown;
}
const isPlainText = (event: unknown): event is { type: 'text'; text: string } =>
  typeof event === 'object' &&
  event !== null &&
  'type' in event &&
  event.type === 'text' &&
  !('signature' in event);

const outputIn = (events: TurnEvent[] | string) =>
  typeof events === 'string' ? undefined : events.findLast(({ type }) => type === 'usage');

test('seams change nothing but the size of the prompt', () => {
  const plans = fc.record({
    stopSequences: fc.constantFrom([], ['<stop>']),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(piece, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      plans,
      (requests, change) => {
        const plan = planFor(['Bash'], change);
        const [whole, cut] = [told([requests.flat()], plan), told(requests, plan)];
        expect(shape(cut)).toEqual(shape(whole));
        const [before, after] = [outputIn(whole), outputIn(cut)];
        if (before?.type === 'usage' && after?.type === 'usage')
          expect(after.usage.candidatesTokenCount).toBe(before.usage.candidatesTokenCount);
      },
    ),
    { numRuns: 1_000 },
  );
});
