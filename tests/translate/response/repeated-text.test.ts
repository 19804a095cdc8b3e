import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Passage } from '../../../src/translate/response/hosted/passages.ts';
import { RepeatedText } from '../../../src/translate/response/hosted/repeated-text.ts';

const A = { url: 'https://a.example/', title: 'a' };
const B = { url: 'https://b.example/', title: 'b' };
const OPENS: Passage = { text: 'Das Café öffnet um 9.', sources: [A] };
const LONG: Passage = {
  text: 'The old bridge over the river was rebuilt in 1931 after a flood, and it carries trams today.',
  sources: [B],
};
const TOKYO: Passage = { text: '東京の人口は千四百万人です。', sources: [A] };

type Told = ReturnType<RepeatedText['end']>;

function read(pieces: readonly string[], passages: readonly Passage[], stops: readonly string[] = []): Told {
  const repeated = new RepeatedText(stops);
  repeated.add(passages);
  const told = pieces.flatMap((piece) => repeated.push(piece));
  return repeated.isStopped ? told : [...told, ...repeated.end()];
}

/** Cited words in brackets, with the titles of their pages; other text as it is, joined. */
const shown = (told: Told): string =>
  told
    .map((event) => {
      if (event.type === 'finish') return '■';
      if (event.type === 'text') return event.text;
      return `[${event.text}|${event.sources.map(({ title }) => title).join()}]`;
    })
    .join('');

describe('what a text repeats is cited', () => {
  test.each<[string, string, string]>([
    ['a whole passage', 'So: Das Café öffnet um 9. Good.', 'So: [Das Café öffnet um 9.|a] Good.'],
    ['without its last sign', 'Das Café öffnet um 9, I think.', '[Das Café öffnet um 9|a], I think.'],
    ['with other markup', '**Das Café** öffnet um *9*.', '[**Das Café** öffnet um *9*.|a]'],
    ['with other white space', 'Das Café\n öffnet um 9.', '[Das Café\n öffnet um 9.|a]'],
    [
      'a part of many words',
      'Yes, it was rebuilt: over the river was rebuilt in 1931 after a storm.',
      'Yes, it was rebuilt: [over the river was rebuilt in 1931 after a|b] storm.',
    ],
    [
      'without spaces between words',
      '答え：東京の人口は千四百万人です。',
      '答え：[東京の人口は千四百万人です。|a]',
    ],
    [
      'one after the other',
      'Das Café öffnet um 9.\n\nDas Café öffnet um 9.',
      '[Das Café öffnet um 9.\n\n|a][Das Café öffnet um 9.|a]',
    ],
    ['at the beginning, after white space', '\nDas Café öffnet um 9.', '[\nDas Café öffnet um 9.|a]'],
  ])('%s', (_, text, wanted) => {
    expect(shown(read([text], [OPENS, LONG, TOKYO]))).toBe(wanted);
    expect(shown(read([...text], [OPENS, LONG, TOKYO]))).toBe(wanted);
  });

  test('with the pages of all passages that have these words', () => {
    const other = { ...OPENS, sources: [B, A] };
    expect(shown(read(['Das Café öffnet um 9.'], [OPENS, other]))).toBe('[Das Café öffnet um 9.|a,b]');
  });
});

describe('other text has no citation', () => {
  test.each<[string, string]>([
    ['other words', 'It opens at nine.'],
    ['another number', 'Das Café öffnet um 10.'],
    ['another sign', 'Das Café öffnet um -9.'],
    ['few words', 'The bridge was rebuilt in 1931.'],
    ['the beginning alone', 'Das Café öffnet'],
    ['a fraction', 'Das Café öffnet um 9.5'],
    ['a unit', 'Das Café öffnet um 9%'],
    ['a negative number', 'Now -9 degrees in Oslo.'],
    ['a longer word', 'Das Café öffnet um 90.'],
    ['a joined word', 'xDas Café öffnet um 9.'],
    ['white space', ' \n'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    const passages = [OPENS, LONG, { text: '9 degrees in Oslo.', sources: [A] }];
    expect(shown(read([text], passages))).toBe(text);
    expect(shown(read([...text], passages))).toBe(text);
  });

  test('where a passage has no pages', () => {
    expect(shown(read([OPENS.text], [{ ...OPENS, sources: [] }]))).toBe(OPENS.text);
  });
});

test('text that begins no repetition goes out with the piece that brought it', () => {
  const repeated = new RepeatedText([]);
  repeated.add([OPENS, LONG]);
  expect(shown(repeated.push('Some other words, and '))).toBe('Some other words, and ');
  expect(shown(repeated.push('Das Café '))).toBe('');
  expect(shown(repeated.push('is closed. '))).toBe('Das Café is closed. ');
});

test.each(['**', 'a ', 'word', ' ', '.', '東'])('of text without end, "%s", little is held back', (piece) => {
  const repeated = new RepeatedText([]);
  repeated.add([
    LONG,
    { text: 'a '.repeat(1_000), sources: [A] },
    { text: '東'.repeat(1_000), sources: [A] },
  ]);
  let [sent, told] = [0, 0];
  for (let at = 0; at < 2_000; at++) {
    sent += piece.length;
    for (const event of repeated.push(piece)) told += event.type === 'finish' ? 0 : event.text.length;
    // White space waits for the words after it: a block of white space alone is none.
    if (piece !== ' ') expect(sent - told).toBeLessThan(700);
  }
});

test('a stop sequence ends the text, wherever the text is cut', () => {
  const told = read(['Das Café öffnet um 9. So it i', 's, and more'], [OPENS], ['it is', '9. S0']);
  expect(shown(told)).toBe('[Das Café öffnet um 9.|a] So ■');
});

test('a stop sequence over the end of a citation is found', () => {
  expect(shown(read(['Das Café öffnet um 9. So'], [OPENS], ['9. So']))).toBe('Das Café öffnet um ■');
});

describe('for any text', () => {
  const words = fc.constantFrom(
    'Das',
    ' ',
    'Café',
    'öffnet',
    'um',
    '9',
    '.',
    '\n',
    '**',
    'rebuilt',
    '東',
    '😀',
  );
  const texts = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(''));
  const passages = fc.array(
    texts.map((text) => ({ text, sources: [A] })),
    { maxLength: 4 },
  );

  test('the pieces join to the text, and do not depend on how it came', () => {
    fc.assert(
      fc.property(texts, passages, fc.array(fc.nat(200), { maxLength: 8 }), (text, known, cuts) => {
        const chars = [...text];
        const places = [...new Set(cuts)].sort((a, b) => a - b);
        const ends = [...places.filter((at) => at < chars.length), chars.length];
        const slices = ends.map((end, index) => chars.slice(ends[index - 1] ?? 0, end).join(''));
        const whole = read([text], known);
        expect(whole.map((event) => (event.type === 'finish' ? '' : event.text)).join('')).toBe(text);
        expect(shown(read(slices, known))).toBe(shown(whole));
      }),
      { numRuns: 300 },
    );
  });

  test('no block is white space alone, unless the text is', () => {
    fc.assert(
      fc.property(texts, passages, (text, known) => {
        const blocks = read([text], known);
        const blank = blocks.filter((event) => event.type === 'cited' && event.text.trim() === '');
        expect(blank).toEqual([]);
      }),
    );
  });
});
