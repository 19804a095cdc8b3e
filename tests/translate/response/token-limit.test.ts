/** `max_tokens` as a limit for what is shown, however much upstream was allowed for thoughts. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { endOfTokens, leastTokens } from '../../../src/translate/response/least-tokens.ts';
import { TokenLimit } from '../../../src/translate/response/token-limit.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import { call, STOP, text, thinking } from '../../support/answers/turns.ts';

/** A chunk: the token count of everything so far, and what this chunk says. */
const chunk = (count: number | undefined, ...said: TurnEvent[]): TurnEvent[] => [
  ...(count === undefined ? [] : [{ type: 'usage', usage: { candidatesTokenCount: count } } as const]),
  ...said,
];

/** What the client sees: texts, `(call)`, `{thought}`, and `■` where the proxy ended the answer. */
function shown(limit: number, ...chunks: TurnEvent[][]) {
  const warnings: string[] = [];
  const tokens = new TokenLimit(limit, (_code, _path, detail) => warnings.push(detail));
  let said = '';
  for (const events of chunks) {
    for (const event of tokens.within(events)) {
      if (event.type === 'text') said += event.text;
      if (event.type === 'call') said += '(call)';
      if (event.type === 'thinking') said += `{${event.text}}`;
      if (event.type === 'finish') said += event.finish.kind === 'token-limit' ? '■' : '.';
    }
    if (tokens.reached) break;
  }
  return { said, warnings };
}

const HELLO = 'Hello! How can I help you today?';
const CODE = '```\nprint(6 * 7)\n```';

describe('an answer is shown as far as max_tokens reaches', () => {
  test.each<[name: string, limit: number, chunks: TurnEvent[][], said: string]>([
    ['within it, whole', 9, [chunk(9, text(HELLO)), chunk(9, STOP)], `${HELLO}.`],
    ['one token of one event', 1, [chunk(9, text(HELLO))], 'Hello■'],
    ['one token, uncounted', 1, [chunk(undefined, text(HELLO))], 'Hello■'],
    ['by the cumulative count', 3, [chunk(2, text('Hello!')), chunk(4, text(' How can'))], 'Hello! How■'],
    ['up to the limit, then no more', 2, [chunk(2, text('Hello!')), chunk(9, text(' How'))], 'Hello!■'],
    [
      'thoughts cost nothing',
      2,
      [chunk(undefined, thinking('deep thoughts')), chunk(2, text('Yes.'))],
      '{deep thoughts}Yes.',
    ],
    [
      'thoughts after the limit end nothing',
      2,
      [chunk(2, text('Yes.')), chunk(2, thinking('hm')), chunk(2, STOP)],
      'Yes.{hm}.',
    ],
    [
      'a count that goes back counts a step, not the answer',
      66,
      [chunk(62, text('a')), chunk(4, text(' b')), chunk(66, text(' c'), STOP)],
      'a b c.',
    ],
    [
      'a count that stands still is no count',
      4,
      [chunk(1, text('one')), chunk(1, text(' two three four five six seven'))],
      'one two three four■',
    ],
    [
      'counted at the end alone: what is shown is shown',
      2,
      [chunk(undefined, text('one two')), chunk(8, text(' three four'))],
      'one two■',
    ],
    ['a long word is cut by its share', 1, [chunk(4, text('Cheyenne'))], 'Ch■'],
    [
      'nothing after the limit is nothing cut',
      2,
      [chunk(2, text('Yes.')), chunk(3, text('', 'signature'), STOP)],
      'Yes..',
    ],
    [
      'what a tool printed costs nothing',
      12,
      [
        chunk(10, text(CODE)),
        chunk(undefined, { type: 'text', text: '42 '.repeat(100), by: 'tool' }),
        chunk(12, text('42')),
      ],
      `${CODE}${'42 '.repeat(100)}42`,
    ],
    ['a call begun within it is whole', 5, [chunk(2, text('Look:')), chunk(400, call())], 'Look:(call)'],
    ['a call in the same event', 5, [chunk(60, text('Look'), call())], 'Look(call)'],
    [
      'a call that was written over many events',
      5,
      [chunk(3, text('Look:')), chunk(90), chunk(300, call())],
      'Look:(call)',
    ],
    [
      'then no text after it',
      5,
      [chunk(2, text('Look:')), chunk(400, call()), chunk(402, text('Done.'))],
      'Look:(call)■',
    ],
  ])('%s', (_name, limit, chunks, said) => {
    expect(shown(limit, ...chunks).said).toBe(said);
  });

  test('a call after it is dropped, and told of', () => {
    const { said, warnings } = shown(3, chunk(3, text('Let me see.')), chunk(40, call()));
    expect(said).toBe('Let me see.■');
    expect(warnings).toEqual(['call of Bash left out: it came after max_tokens']);
  });

  test('the second of two calls is dropped where the first filled it', () => {
    expect(shown(5, chunk(30, call()), chunk(60, call())).said).toBe('(call)■');
  });

  test('a text that is cut loses its signature', () => {
    const limit = new TokenLimit(1, () => {});
    const [, cut] = limit.within(chunk(9, text(HELLO, 'signature')));
    expect(cut).toEqual({ type: 'text', text: 'Hello' });
  });
});

/** Pieces of at least one token each. */
const words = fc.array(fc.constantFrom('yes', ' no', ' 12', ' word', '漢字', '👍', '\n\n', '---'), {
  minLength: 1,
});

describe('whatever is said', () => {
  test('nothing is cut that upstream counts to be within', () => {
    fc.assert(
      fc.property(fc.array(words), (said) => {
        let count = 0;
        const chunks = said.map((pieces, index) => {
          count += pieces.length;
          // Some models count only at the end.
          return chunk(
            index % 3 === 0 || index === said.length - 1 ? count : undefined,
            text(pieces.join('')),
          );
        });
        expect(shown(Math.max(1, count), ...chunks, [STOP]).said).toBe(`${said.flat().join('')}.`);
      }),
    );
  });

  test('what is shown is the beginning, well-formed, and never nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.integer({ min: 1, max: 20 }),
        (said, limit) => {
          const { said: seen } = shown(limit, chunk(limit * 3, text(said)));
          const kept = seen.replace(/■$/, '');
          expect(said.startsWith(kept)).toBe(true);
          expect(kept.length).toBeGreaterThan(0);
          if (said.isWellFormed()) expect(kept.isWellFormed()).toBe(true);
        },
      ),
    );
  });
});

describe('the least that a text takes', () => {
  test.each([
    ['', 0],
    ['Hello', 1],
    ['Hello there', 2],
    ['2880', 2],
    ['internationalisation', 20 / 16],
    [' '.repeat(64), 4],
  ])('%j: %d', (said, tokens) => {
    expect(leastTokens(said)).toBe(tokens);
  });

  test('no character of two halves is cut', () => {
    const said = '👍'.repeat(40);
    for (let tokens = 0.1; tokens < 5; tokens += 0.1)
      expect(said.slice(0, endOfTokens(said, tokens)).isWellFormed()).toBe(true);
  });
});
