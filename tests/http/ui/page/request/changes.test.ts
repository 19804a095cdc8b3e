import { describe, expect, test } from 'bun:test';
import {
  answerText,
  matteringIn,
  matterText,
  titleOf,
} from '../../../../../src/http/ui/page/request/changes.ts';
import type { Changes, Row, Warning } from '../../../../../src/inspector/shapes.ts';

const row = (facts: Partial<Row>): Row => ({
  id: 'r',
  at: 0,
  thread: 't',
  caller: 'main',
  says: '',
  asked: 'a',
  state: 'ended',
  sign: 'ordinary',
  spans: [],
  firstMs: 1,
  warnings: 0,
  ...facts,
});
const warning = (number: number, words: string): Warning => ({
  number,
  code: 'frame-repaired',
  words,
  path: 'answer',
  detail: `detail ${number}`,
  routine: false,
});
const warnings = [warning(1, 'Of the request'), warning(2, 'Repaired'), warning(3, 'Left out')];

describe('what is said of the answer', () => {
  test.each<[string, Partial<Row>, number[], string, Changes['text']?]>([
    ['nothing that could be compared', {}, [], 'No change of the answer is known'],
    ['the same text', {}, [], 'The client got the text that Gemini sent', { is: 'same', sent: 4, got: 4 }],
    [
      'a cut',
      { ending: 'stop_sequence' },
      [],
      'The text of the answer was cut: Gemini sent 13 characters, the client got the first 4. The proxy ended the answer at a stop sequence of the request',
      { is: 'cut', sent: 13, got: 4 },
    ],
    [
      'a cut beside another change',
      { ending: 'end_turn' },
      [2],
      '1 thing was changed in the answer. Repaired: detail 2. The text of the answer was cut: Gemini sent 13 characters, the client got the first 4',
      { is: 'cut', sent: 13, got: 4 },
    ],
    [
      'another text',
      {},
      [],
      'The client got another text than Gemini sent: Raw has both',
      { is: 'other', sent: 1, got: 4 },
    ],
    ['one thing', {}, [2], '1 thing was changed in the answer. Repaired: detail 2'],
    ['two', {}, [2, 3], '2 things were changed in the answer. Repaired: detail 2; Left out: detail 3'],
    ['none yet', { state: 'streaming' }, [], 'No change of the answer is known until now'],
    ['no answer', { firstMs: undefined }, [], 'There was no answer that could be changed'],
  ])('%s', (_name, facts, numbers, told, ...[text]) =>
    expect(answerText({ row: row(facts), warnings }, { answer: numbers, text })).toBe(told),
  );
});

test('the number beside the tab is that of the changes that matter, as in the title', () => {
  const some = warnings.map((one, index) => ({ ...one, routine: index === 0 }));
  const mattering = matteringIn({ row: row({}), warnings: some });
  expect(matteringIn({ row: row({ replaced: 'gemini-4-argon' }), warnings: some })).toBe(mattering + 1);
  expect(matterText(mattering)).toBe('2 matter');
  expect(titleOf(some.length, mattering, 1)).toBe('4 things were changed, 2 of them matter');
  expect(matterText(1)).toBe('1 matters');
});

describe('the title counts what has a warning and what has none', () => {
  test.each<[warned: number, mattering: number, unwarned: number | undefined, told: string]>([
    [0, 0, undefined, 'What was changed'],
    [0, 0, 0, 'Nothing was left out or changed'],
    [0, 0, 2, '2 things were changed, as in nearly every request'],
    [1, 1, 0, '1 thing was changed'],
    [1, 1, undefined, 'What was changed'],
    [2, 1, 2, '4 things were changed, 1 of them matters'],
    [3, 2, 0, '3 things were changed, 2 of them matter'],
  ])('%p, %p, %p', (warned, mattering, unwarned, told) =>
    expect(titleOf(warned, mattering, unwarned)).toBe(told),
  );
});
