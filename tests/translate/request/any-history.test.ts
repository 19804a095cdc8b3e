/**
 * Whatever a client's history holds: Google takes it, all its words stay, and its bytes stay the same when it grows.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { Message } from '../../../src/anthropic/request.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { call, model, result, say, system, user } from '../../support/history.ts';
import { contextFor, deepFreeze, problemsOf, requestOf } from '../../support/translation.ts';

function translate(messages: Message[], modelId?: string) {
  return toGeminiRequest(deepFreeze(requestOf({ messages })), contextFor(modelId));
}

const id = fc.constantFrom('a', 'b', 'c', 'd'.repeat(80));
const word = fc.string({ minLength: 0, maxLength: 4, unit: 'binary' });
const userBlock = fc.oneof(
  word.map(say),
  fc.tuple(id, word).map(([name, text]) => result(name, text)),
  fc.tuple(id, fc.boolean()).map(
    ([name, failed]): ContentBlock => ({
      type: 'tool_result',
      tool_use_id: name,
      is_error: failed,
      content: [
        { type: 'text', text: 'look' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
      ],
    }),
  ),
);
const modelBlock = fc.oneof(
  word.map(say),
  id.map((name) => call(name)),
  fc.constant<ContentBlock>({ type: 'thinking', thinking: 'hm', signature: 'foreign' }),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.array(userBlock, { minLength: 1, maxLength: 4 }).map((blocks) => user(...blocks)),
  fc.array(modelBlock, { maxLength: 4 }).map((blocks) => model(...blocks)),
  word.map((text) => system(text)),
);
const history = fc
  .array(message, { maxLength: 8 })
  .map((messages): Message[] => [...messages, { role: 'user', content: 'end' }]);

describe('any history', () => {
  for (const modelId of ['gemini-4-argon', 'gemini-2.5-flash']) {
    test(`becomes contents that ${modelId} takes`, () => {
      fc.assert(
        fc.property(history, (messages) => {
          const { body } = translate(messages, modelId);
          expect(problemsOf(body)).toEqual([]);
          expect(validateRequest(modelRow(modelId), JSON.parse(JSON.stringify(body)))).toBeUndefined();
        }),
        { numRuns: 300 },
      );
    });
  }

  test('keeps its bytes when it grows', () => {
    fc.assert(
      fc.property(history, history, (before, after) => {
        const earlier = translate(before).body.contents;
        const later = translate([...before, model(say('so')), ...after]).body.contents;
        expect(JSON.stringify(later.slice(0, earlier.length))).toBe(JSON.stringify(earlier));
      }),
      { numRuns: 200 },
    );
  });

  test('keeps every word', () => {
    fc.assert(
      fc.property(history, (messages) => {
        const sent = JSON.stringify(translate(messages).body.contents);
        for (const { content } of messages) {
          for (const block of typeof content === 'string' ? [say(content)] : content) {
            if (block.type !== 'text' || !block.text.isWellFormed()) continue;
            expect(sent).toContain(JSON.stringify(block.text).slice(1, -1));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
