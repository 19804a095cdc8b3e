/** Text with citations: its blocks, what becomes of marks that make no sense, and that nothing depends on how it is cut. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Source } from '../../../src/translate/citing/source.ts';
import { citingOf } from '../../../src/translate/citing/sources.ts';
import { CitedText } from '../../../src/translate/response/cited-text.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import { contextFor } from '../../support/translation.ts';

const GRASS = 'The grass is green. ';
const SKY = 'The sky is blue.';

const document = (data: string) => ({
  type: 'document' as const,
  source: { type: 'text' as const, media_type: 'text/plain', data },
  citations: { enabled: true },
});
const sources: readonly Source[] =
  citingOf(
    [{ role: 'user', content: [document(GRASS + SKY), document('Snow is white.')] }],
    contextFor().media,
    () => {},
  )?.sources ?? [];

const claim = (said: string, ...quotes: string[]) =>
  `<cite-claim>${quotes.map((quote) => `<cite-quote doc="1">${quote}</cite-quote>`).join('')}${said}</cite-claim>`;

const END: TurnEvent = { type: 'finish', finish: { kind: 'finished', reason: 'STOP' } };

function read(pieces: readonly string[], extra: readonly TurnEvent[] = [END]) {
  const warnings: string[] = [];
  const cited = new CitedText(sources, (_code, _path, detail) => warnings.push(detail));
  const events = pieces.flatMap((text) => cited.read([{ type: 'text', text }]));
  events.push(...cited.read(extra));
  return { events, warnings };
}

/** The blocks that the client sees: each text with the words that it cites. */
function blocksOf(events: readonly TurnEvent[]): string[] {
  const blocks: { text: string; cites: string }[] = [];
  let [isNew, cites] = [true, ''];
  for (const event of events) {
    if (event.type === 'citing') {
      isNew = true;
      cites = event.citations.map(({ cited_text }) => `{${cited_text}}`).join('');
    }
    if (event.type !== 'text') continue;
    if (isNew) blocks.push({ text: '', cites });
    isNew = false;
    const last = blocks.at(-1);
    if (last) last.text += event.text;
  }
  return blocks.map(({ text, cites: of }) => `${text}${of}`);
}

const UNFOUND = (count: string) => `${count} citations left out: their words are not in the sources`;

const CASES: readonly (readonly [
  name: string,
  text: string,
  blocks: readonly string[],
  warnings?: readonly string[],
])[] = [
  ['no marks', 'Just a < b.\n', ['Just a < b.\n']],
  [
    'a claim between texts',
    `Well:\n\n${claim('It is green.', GRASS.trim())}\n\nThat is all.`,
    ['Well:\n\n', 'It is green.{The grass is green.}', '\n\nThat is all.'],
  ],
  ['several quotes', claim('Both.', GRASS, SKY), ['Both.{The grass is green.}{The sky is blue.}']],
  ['the same quote twice', claim('It.', SKY, SKY), ['It.{The sky is blue.}']],
  [
    'a quote of another source than the one named',
    claim('White.', 'Snow is white.'),
    ['White.{Snow is white.}'],
  ],
  [
    'a quote that stands for itself',
    `A: ${claim('', SKY)}.`,
    ['A: ', 'The sky is blue.{The sky is blue.}', '.'],
  ],
  [
    'a quote without a claim',
    `<cite-quote doc="1">${SKY}</cite-quote>`,
    ['The sky is blue.{The sky is blue.}'],
  ],
  [
    'the claim before its quote',
    `<cite-claim>Blue.<cite-quote doc="1">${SKY}</cite-quote></cite-claim>`,
    ['Blue.{The sky is blue.}'],
  ],
  [
    'white space between two claims: it belongs to the first',
    `${claim('One.', GRASS.trim())}\n\n${claim('Two.', SKY)}\n`,
    ['One.\n\n{The grass is green.}', 'Two.\n{The sky is blue.}'],
  ],
  ['white space before all', `\n${claim('One.', SKY)}`, ['\nOne.{The sky is blue.}']],
  [
    'white space around marks',
    `A. <cite-claim>\n<cite-quote doc="1">${SKY}</cite-quote>\nBlue.</cite-claim>`,
    ['A. ', 'Blue.{The sky is blue.}'],
  ],
  ['a quote that is not there', `A ${claim('b', 'Grass is red.')} c`, ['A b c'], [UNFOUND('1 of 1')]],
  [
    'one of two that is there',
    claim('Both.', 'Grass is red.', SKY),
    ['Both.{The sky is blue.}'],
    [UNFOUND('1 of 2')],
  ],
  [
    'a quote that stands for itself, and is not there',
    claim('', 'Grass is red.'),
    ['Grass is red.'],
    [UNFOUND('1 of 1')],
  ],
  ['a quote that breaks off', `A <cite-claim><cite-quote doc="1">The gra`, ['A The gra']],
  [
    'a claim that breaks off',
    `<cite-claim><cite-quote doc="1">${SKY}</cite-quote>It is bl`,
    ['It is bl{The sky is blue.}'],
  ],
  ['a mark that breaks off', `${claim('Blue.', SKY)}<cite-cl`, ['Blue.{The sky is blue.}']],
  ['an end alone', 'a</cite-claim>b</cite-quote>c', ['abc']],
  ['a claim without a quote', 'a <cite-claim>b</cite-claim> c', ['a b c']],
  [
    'a claim in a claim',
    `<cite-claim>a ${claim('b', SKY)} c</cite-claim>`,
    ['a ', 'b{The sky is blue.}', ' c'],
  ],
  ['an empty claim', 'a<cite-claim></cite-claim>b', ['ab']],
  ['an empty quote', claim('a', ' '), ['a']],
  [
    'marks that make a mark together',
    `<cite-<cite-claim>claim>${claim('', SKY)}x`,
    ['<cite-', 'The sky is blue.{The sky is blue.}', 'x'],
  ],
  ['white space alone', ' \n', [' \n']],
];

describe('text with citations', () => {
  test.each(CASES)('%s', (_, text, blocks, warnings = []) => {
    const whole = read([text]);
    expect(blocksOf(whole.events)).toEqual([...blocks]);
    expect(whole.warnings).toEqual([...warnings]);
  });

  test.each(CASES)('cut anywhere: %s', (_, text, blocks) => {
    expect(blocksOf(read([...text]).events)).toEqual([...blocks]);
    for (let at = 1; at < text.length; at++)
      expect(blocksOf(read([text.slice(0, at), text.slice(at)]).events)).toEqual([...blocks]);
  });

  test('the text of a claim comes as it is written', () => {
    const cited = new CitedText(sources, () => {});
    const say = (text: string) => cited.read([{ type: 'text', text }]);
    expect(say('Well, ')).toEqual([{ type: 'text', text: 'Well, ' }]);
    expect(say(`<cite-claim><cite-quote doc="1">${SKY}`)).toEqual([]);
    expect(say('</cite-quote>')).toEqual([]);
    expect(say('it')).toEqual([
      { type: 'citing', citations: [expect.objectContaining({ start_char_index: 20, end_char_index: 36 })] },
      { type: 'text', text: 'it' },
    ]);
    expect(say(' is')).toEqual([{ type: 'text', text: ' is' }]);
    expect(say(' blue.</cite-claim> And')).toEqual([
      { type: 'text', text: ' blue.' },
      { type: 'citing', citations: [] },
      { type: 'text', text: ' And' },
    ]);
  });

  const cut = (reason: string): TurnEvent => ({ type: 'finish', finish: { kind: 'finished', reason } });
  test.each<[string, TurnEvent, string]>([
    ['<', END, 'a <'],
    ['<cit', END, 'a <cit'],
    ['<cite-cl', END, 'a '],
    ['<', cut('MAX_TOKENS'), 'a <'],
    ['<c', cut('MAX_TOKENS'), 'a '],
    ['</ci', cut('SAFETY'), 'a '],
    ['<cit', { type: 'finish', finish: { kind: 'token-limit' } }, 'a '],
  ])('%s at the end, at %j', (held, end, expected) => {
    expect(blocksOf(read([`a ${held}`], [end]).events).join('')).toBe(expected);
  });

  test('a call ends what was begun', () => {
    const call: TurnEvent = { type: 'call', name: 'read', args: {} };
    const { events } = read(['<cite-claim><cite-quote doc="1">The gr'], [call, END]);
    expect(events).toEqual([{ type: 'text', text: 'The gr' }, call, END]);
  });

  test('a quotation without an end is shown before all of the answer has come', () => {
    const cited = new CitedText(sources, () => {});
    const say = (text: string) => cited.read([{ type: 'text', text }]);
    expect(say(`<cite-claim><cite-quote doc="1">${'a'.repeat(20_000)}`)).toEqual([]);
    expect(say('b')).toEqual([{ type: 'text', text: `${'a'.repeat(20_000)}b` }]);
    expect(say('c</cite-quote>d</cite-claim>')).toEqual([
      { type: 'text', text: 'c' },
      { type: 'text', text: 'd' },
    ]);
  });

  test('a call ends what is cited', () => {
    const call: TurnEvent = { type: 'call', name: 'read', args: {} };
    const { events } = read([`<cite-claim><cite-quote doc="1">${SKY}</cite-quote>Bl`], [call, END]);
    expect(events).toEqual([
      { type: 'citing', citations: [expect.anything()] },
      { type: 'text', text: 'Bl' },
      { type: 'citing', citations: [] },
      call,
      END,
    ]);
  });

  test('thoughts and counts do not', () => {
    const between: TurnEvent[] = [
      { type: 'thinking', text: 'hm' },
      { type: 'usage', usage: {} },
    ];
    const cited = new CitedText(sources, () => {});
    const events = [
      `<cite-claim><cite-quote doc="1">The sky `,
      'is blue.</cite-quote>It is.</cite-claim>',
    ].flatMap((text) => cited.read([{ type: 'text', text }, ...between]));
    expect(blocksOf(events)).toEqual(['It is.{The sky is blue.}']);
    expect(events.filter(({ type }) => type === 'thinking')).toHaveLength(2);
  });

  test.each<[string, TurnEvent[], TurnEvent[], string[]]>([
    [
      'of a text without marks stays',
      [{ type: 'text', text: 'a', signature: 's' }],
      [{ type: 'text', text: 'a', signature: 's' }],
      [],
    ],
    [
      'of an empty text stays behind the claim',
      [
        { type: 'text', text: claim('b', SKY) },
        { type: 'text', text: '', signature: 's' },
      ],
      [
        { type: 'citing', citations: [expect.anything()] },
        { type: 'text', text: 'b' },
        { type: 'text', text: '', signature: 's' },
      ],
      [],
    ],
    [
      'of a text with marks is left out',
      [{ type: 'text', text: claim('b', SKY), signature: 's' }],
      [
        { type: 'citing', citations: [expect.anything()] },
        { type: 'text', text: 'b' },
      ],
      ['signature of a text left out: it had marks of citations in it'],
    ],
  ])('a signature %s', (_, given, expected, warned) => {
    const warnings: string[] = [];
    const cited = new CitedText(sources, (_code, _path, detail) => warnings.push(detail));
    expect(cited.read(given)).toEqual(expected);
    expect(warnings).toEqual(warned);
  });
});

// ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────

const MARK = /<\/?cite-(?:claim|quote)(?:[\s/][^<>]*)?>/i;
const bits = fc.constantFrom(
  ...['<', '>', '/', 'cite-', 'claim', 'quote', ' doc="1"', '<cite-claim>', '</cite-claim>', '</cite-quote>'],
  ...['<cite-quote doc="1">', '<cite-quote>', SKY, GRASS, 'The ', ' ', '\n', 'x', '🎉', 'é'],
);
const given = fc.array(bits, { maxLength: 24 }).map((all) => all.join(''));

describe('any text', () => {
  test('gives the same blocks however it is cut', () => {
    fc.assert(
      fc.property(given, fc.array(fc.nat(40), { maxLength: 6 }), (text, sizes) => {
        const pieces: string[] = [];
        let at = 0;
        for (const size of [...sizes, text.length]) {
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        expect(blocksOf(read(pieces).events)).toEqual(blocksOf(read([text]).events));
      }),
      { numRuns: 2_000 },
    );
  });

  test('never shows a mark, and has no block of white space alone beside others', () => {
    fc.assert(
      fc.property(given, (text) => {
        const { events } = read([text]);
        const shown = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
        expect(shown).not.toMatch(MARK);
        const texts = blocksOf(events).map((block) => block.replaceAll(/\{[^{}]*\}/g, ''));
        if (shown.trim() !== '') expect(texts.filter((one) => one.trim() === '')).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is unchanged without marks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!/<\/?cite-/i.test(text));
        const { events } = read([text]);
        expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe(text);
      }),
    );
  });

  test('loses no word outside of quotations', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('alpha', 'beta', SKY, claim('gamma', SKY), claim('delta', 'no'))),
        (all) => {
          const { events } = read([all.join(' ')]);
          const shown = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
          const words = all.map((one) =>
            one.replace(/<cite-quote.*?<\/cite-quote>/g, '').replace(/<.*?>/g, ''),
          );
          expect(shown).toBe(words.join(' '));
        },
      ),
    );
  });
});
