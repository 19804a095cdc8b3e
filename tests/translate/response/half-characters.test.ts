import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import type { Frame } from '../../../src/gemini/frames.ts';
import type { ResponsePart } from '../../../src/gemini/wire.ts';
import { foldEvents } from '../../../src/translate/response/message.ts';
import { callContentKey, textKeys } from '../../../src/translate/signatures.ts';
import { answerFrames, planFor } from '../../support/answers/answer.ts';

const HIGH = '\ud83d';
const LOW = '\ude00';
const LOST = '\ufffd';

const parts = (...list: ResponsePart[]): Frame => ({
  kind: 'content',
  chunk: { candidates: [{ content: { parts: list, role: 'model' } }] },
});
const STOP: Frame = { kind: 'content', chunk: { candidates: [{ finishReason: 'STOP' }] } };
const text = (value: string, thoughtSignature?: string) =>
  parts({ text: value, ...(thoughtSignature ? { thoughtSignature } : {}) });
const thought = (value: string) => parts({ text: value, thought: true });
const call = (args: Record<string, never>, thoughtSignature?: string) =>
  parts({ functionCall: { name: 'Bash', args }, ...(thoughtSignature ? { thoughtSignature } : {}) });

const answer = (frames: readonly Frame[], stopSequences: string[] = []) =>
  answerFrames([...frames, STOP], planFor(['Bash'], { stopSequences }));

/** The deltas that say something, a letter for the kind of each. */
function deltas(events: readonly MessageEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== 'content_block_delta') return [];
    if (event.delta.type === 'text_delta') return [`t:${event.delta.text}`];
    if (event.delta.type === 'thinking_delta') return [`h:${event.delta.thinking}`];
    return event.delta.type === 'input_json_delta' && event.delta.partial_json !== ''
      ? [`c:${event.delta.partial_json}`]
      : [];
  });
}

describe('half a character', () => {
  test.each<[string, Frame[], string[]]>([
    ['waits for the other half', [text(`a${HIGH}`), text(`${LOW}b`)], ['t:a', 't:😀b']],
    ['is waited for through pieces of nothing else', [text(HIGH), text(LOW), text('!')], ['t:😀', 't:!']],
    ['and through an empty piece', [text(HIGH), text(''), text(LOW)], ['t:😀']],
    ['in a thought', [thought(`a${HIGH}`), thought(`${LOW}b`), text('c')], ['h:a', 'h:😀b', 't:c']],
    ['at the end is shown as lost', [text(`a${HIGH}`)], ['t:a', `t:${LOST}`]],
    ['at the end of thoughts is shown as lost', [thought(HIGH), text('a')], [`h:${LOST}`, 't:a']],
    ['before a call is shown as lost', [text(HIGH), call({})], [`t:${LOST}`, 'c:{}']],
    ['that nothing can complete is shown as lost', [text(`${LOW}a${HIGH}b`)], [`t:${LOST}a${LOST}b`]],
    [
      'in arguments',
      [call({ a: `${HIGH}x`, [LOW]: [`${HIGH}${LOW}`] } as never)],
      [`c:{"a":"${LOST}x","${LOST}":["😀"]}`],
    ],
    [
      'in arguments that come in pieces',
      [
        parts({
          functionCall: {
            name: 'Bash',
            partialArgs: [
              { jsonPath: '$.a', stringValue: HIGH },
              { jsonPath: '$.a', stringValue: LOW },
            ],
          },
        }),
      ],
      ['c:{"a":"😀"}'],
    ],
  ])('%s', async (_name, frames, expected) => {
    const { events, error } = await answer(frames);
    expect(error).toBeUndefined();
    expect(deltas(events)).toEqual(expected);
  });

  test('alone is an answer', async () => {
    const { events } = await answer([text(HIGH)]);
    expect(foldEvents(events).stop_reason).toBe('end_turn');
  });

  test('is held back beside the start of a stop sequence', async () => {
    const { events } = await answer([text(`ab${HIGH}`), text(`${LOW}c`)], ['b😀d', `${LOW}c`]);
    expect(foldEvents(events)).toMatchObject({ content: [{ text: 'ab😀c' }], stop_reason: 'end_turn' });
  });

  test('leaves signatures under what the client will give back', async () => {
    const args = { a: HIGH } as never;
    const { events, remembered } = await answer([text(`a${HIGH}`, 's1'), text(LOW, 's2'), call(args, 's3')]);
    const [shown, made] = foldEvents(events).content.filter(({ type }) => type !== 'thinking');
    expect(shown).toMatchObject({ type: 'text', text: 'a😀' });
    expect(remembered.get(textKeys('ctx', 'a😀')[0])?.split('\n')).toHaveLength(2);
    const input = made?.type === 'tool_use' ? made.input : undefined;
    expect(remembered.has(callContentKey('Bash', input))).toBe(true);
  });
});

test('no delta holds half a character, however the text comes in pieces, and none of it is lost', async () => {
  const unit = fc.constantFrom('a', HIGH, LOW, '😀', 'b');
  const piece = fc.array(unit, { maxLength: 4 }).map((units) => units.join(''));
  const stops = fc.array(fc.constantFrom('ab', '😀b', HIGH, `${LOW}a`), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece), stops, async (pieces, stopSequences) => {
      const { events } = await answer([...pieces.map((one) => text(one)), text('.')], stopSequences);
      for (const event of events) expect(JSON.stringify(event)).not.toMatch(/\\ud[89a-f]/i);
      const message = foldEvents(events);
      const said = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      const whole = `${pieces.join('')}.`.toWellFormed();
      if (message.stop_reason === 'stop_sequence') expect(whole.startsWith(said)).toBe(true);
      else expect(said).toBe(whole);
    }),
  );
});
