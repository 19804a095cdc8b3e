/** The marks of citations in a text that comes in pieces. */
import { describe, expect, test } from 'bun:test';
import { CITING_INSTRUCTION, MarkGuard, MarkReader } from '../../../src/translate/citing/marks.ts';

function read(...pieces: string[]): string {
  const reader = new MarkReader();
  const marks = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.flush(false)];
  let text = '';
  for (const mark of marks) {
    if (mark.kind === 'text') text += mark.text;
    else text += `[${mark.isEnd ? '/' : ''}${mark.kind}${'source' in mark ? ` ${mark.source}` : ''}]`;
  }
  return text;
}

describe('marks', () => {
  test.each<[string, string, string]>([
    ['a claim', 'a<cite-claim>b</cite-claim>c', 'a[claim]b[/claim]c'],
    ['a quote with its number', '<cite-quote doc="12">b</cite-quote>', '[quote 12]b[/quote]'],
    ['a number without quotation marks', '<cite-quote doc=3>', '[quote 3]'],
    ['a number in words', "<cite-quote doc='document 4'>", '[quote 4]'],
    ['another attribute', '<cite-quote source="5" page="9">', '[quote 5]'],
    ['no number', '<cite-quote>', '[quote]'],
    ['capitals', '<CITE-Quote DOC="1">', '[quote 1]'],
    ['white space', '<cite-claim\n>', '[claim]'],
    ['an element that is closed at once', 'a<cite-quote doc="1"/>b', 'ab'],
    [
      'other tags',
      '<cite>a</cite> <cite-claims> <b> <quote doc="1">',
      '<cite>a</cite> <cite-claims> <b> <quote doc="1">',
    ],
    ['comparisons', '1 < 2 << 3 <- 4 <', '1 < 2 << 3 <- 4 <'],
    ['a mark that breaks off', 'a<cite-qu', 'a'],
    ['a tag that may be none', 'a<ci', 'a<ci'],
    ['a tag with very much in it', `<cite-quote ${'x'.repeat(300)}>`, `<cite-quote ${'x'.repeat(300)}>`],
  ])('%s, however it is cut', (_, text, expected) => {
    expect(read(text)).toBe(expected);
    expect(read(...text)).toBe(expected);
    for (let at = 1; at < text.length; at++) expect(read(text.slice(0, at), text.slice(at))).toBe(expected);
  });

  test('texts whose marks are gone make no mark together', () => {
    const guard = new MarkGuard();
    const shown = ['a<cite-', 'claim>b', '<', '/cite-quote', '>>c'].map((text) => guard.pass(text));
    expect(shown).toEqual(['a<cite-', 'b', '<', '/cite-quote', 'c']);
  });

  test('the example of the instruction is one that is read', () => {
    const [example = ''] = /^<cite-claim>.*$/m.exec(CITING_INSTRUCTION) ?? [];
    expect(read(example)).toBe('[claim][quote 1]Words copied from source 1.[/quote]Your sentence.[/claim]');
  });
});
