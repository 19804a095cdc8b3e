import { describe, expect, test } from 'bun:test';
import type { AnswerParts } from '../../../src/sim/mock/answer-parts.ts';
import { Rests } from '../../../src/sim/mock/rests.ts';

const answerOf = (...tokens: number[]): AnswerParts => ({
  pieces: tokens.map((count, index) => ({ kind: 'text', part: { text: `${index}` }, tokens: count })),
  finishReason: 'STOP',
});
const tokensOf = ({ pieces }: AnswerParts) => pieces.map(({ tokens }) => tokens);

describe('an answer', () => {
  test.each([
    ['that fits is given whole', [3, 3], 6, [3, 3], undefined],
    ['that does not fit goes on with a token', [3, 3, 1], 6, [3, 3], [1]],
    ['whose first piece is too large gets on all the same', [9, 1], 6, [9], [1]],
    ['of one piece that is too large is given whole', [9], 6, [9], undefined],
  ])('%s', (_name, tokens, most, now, later) => {
    const rests = new Rests();
    const given = rests.cut(answerOf(...tokens), most, () => 'token');
    expect(tokensOf(given)).toEqual(now);
    expect(given.finishReason).toBe(later ? 'CONTINUATION' : 'STOP');
    for (const _again of [1, 2]) {
      const rest = rests.get('token');
      expect(rest && [tokensOf(rest), rest.finishReason]).toEqual(later && [later, 'STOP']);
    }
  });
});
