/** The text of pages, of hostile ones as well. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { textOfHtml } from '../../../src/answer/pages/html-text.ts';
import { textOfBytes } from '../../../src/answer/pages/page-charset.ts';

const MOST = 100_000;
const read = (html: string, most = MOST) => textOfHtml(html, 'https://a.example/x/', most);

test.each<[string, string, string]>([
  ['headings and paragraphs', '<h1>A</h1><p>b<p>c<h2>D</h2>e', '# A\n\nb\n\nc\n\n## D\n\ne'],
  ['blanks', '<p>  a\n\t b <b> c</b>d </p>', 'a b cd'],
  ['lines', 'a<br>b<br/>c<div>d</div>e', 'a\nb\nc\nd\ne'],
  ['lists', '<ul><li>a<li>b</ul><ol><li>c</li></ol>', '- a\n- b\n\n- c'],
  ['tables', '<table><tr><th>a<th>b</tr><tr><td>c</td><td>d</td></tr></table>', 'a | b\nc | d'],
  ['text as it stands', '<pre>a\n  b\n</pre>c', 'a\n  b\n\n\nc'],
  ['entities', '&lt;a&gt; &amp; &eacute;&#8364;&nbsp;&unknown; &', '<a> & é€ &unknown; &'],
  ['links', '<a href="../y?a=1&amp;b">y</a>', '[y](https://a.example/y?a=1&b)'],
  ['links that lead nowhere', '<a href="#a">a</a> <a href="javascript:x()">b</a> <a>c</a>', 'a b c'],
  ['links around nothing', 'a<a href="y"><svg></svg></a>b', 'ab'],
  [
    'links that are never closed',
    '<a href="/a">a<a href="/b">b',
    '[a](https://a.example/a)[b](https://a.example/b)',
  ],
  ['pictures', '<img alt="a cat"><img src="x">', 'a cat'],
  [
    'what nobody reads',
    'a<script>if (1<2) x("</b>")</script><style>b</style><svg><title>c</title></svg>d',
    'ad',
  ],
  ['what nobody reads, within each other', 'a<template><template>b</template>c</template>d', 'ad'],
  ['a drawing that is never closed', 'a<svg><path d="x"><text>b</text><p>c', 'a\n\nc'],
  ['a drawing with words in it', 'a<svg><g><text>b</text></g></svg>c', 'ac'],
  ['forms', '<select><option>a<option>b</select><textarea>c</textarea><button>d</button>', 'a\nb\nc\nd'],
  ['what can be unfolded', '<details><summary>a</summary>b</details>', 'a\nb'],
  [
    'links from another address',
    '<base href="/dir/"><base href="/no/"><a href="y">a</a>',
    '[a](https://a.example/dir/y)',
  ],
  ['links from an address that is none', '<base href="data:x"><a href="y">a</a>', 'a'],
  ['a second title', '<title>a</title>b<title>c</title>d', 'bd'],
  ['comments', 'a<!-- <b>b</b> -->c', 'ac'],
  ['names of every length', `<${'x'.repeat(1_000)}>a</${'x'.repeat(1_000)}>b`, 'ab'],
  ['tags that end nothing', '</p></a></li></pre>a</div>', 'a'],
  ['half a tag', 'a<b', 'a'],
])('%s', async (_name, html, text) => expect((await read(html)).text).toBe(text));

test('the title is told apart', async () => {
  expect(await read('<head><title> A\n&amp; B </title></head><p>c')).toEqual({ text: 'c', title: 'A & B' });
  expect((await read('<p>c')).title).toBeUndefined();
});

test('no more is written than is wanted', async () => {
  const { text } = await read('<p>some words '.repeat(10_000), 1_000);
  expect(text.length).toBeLessThanOrEqual(1_000);
});

test('whatever a page is, its text comes', async () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '</',
    '/>',
    '"',
    "'",
    '=',
    '&',
    ';',
    '<!--',
    '-->',
    '<a href=',
    '<p',
    '<script>',
    '</script>',
    '<svg>',
    '<pre>',
    '<title>',
    'x',
    ' ',
    '\n',
    '\ud800',
    '😀',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
      const { text } = await read(pieces.join(''));
      expect(text.isWellFormed()).toBe(true);
    }),
  );
});

/** Each of these takes seconds, minutes or the whole stack, where the work for a page is not bounded by its length. */
describe('a page that was made to be slow is read to its end', () => {
  test.each<[string, string]>([
    ['deep', '<div>'.repeat(100_000)],
    ['unclosed, then closed under another name', '<b>'.repeat(400_000) + '</x>'.repeat(300_000)],
    ['all links', '<a href="/a">x'.repeat(100_000)],
    ['one long attribute', `<a href="${'x'.repeat(2_000_000)}`],
    ['many attributes', `<a ${'b=c '.repeat(500_000)}>`],
    ['all entities', '&amp;'.repeat(400_000)],
    ['all beginnings of entities', '&'.repeat(2_000_000)],
    ['all beginnings of tags', '<'.repeat(2_000_000)],
    ['all beginnings of comments', '<!--'.repeat(500_000)],
    ['a script that does not end', `<script>${'</scrip'.repeat(300_000)}`],
    ['all blanks', ' \n'.repeat(1_000_000)],
  ])('%s', async (_name, html) => {
    const { text } = await read(`${html}`);
    expect(text.length).toBeLessThanOrEqual(MOST);
  });

  test('and others have their turn meanwhile', async () => {
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        turns++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await read('<div>'.repeat(400_000));
    isOver = true;
    await others;
    expect(turns).toBeGreaterThan(10);
  });
});

test.each<[string, Uint8Array | number[], string, string]>([
  ['UTF-8, unless somebody says otherwise', [0xc3, 0xa9], 'text/html', 'é'],
  ['what the host says', [0xe9], 'text/html; charset=ISO-8859-1', 'é'],
  [
    'what the page says',
    Buffer.from('<meta charset="windows-1252">\xe9', 'latin1'),
    'text/html',
    '<meta charset="windows-1252">é',
  ],
  ['what its first bytes say', [0xff, 0xfe, 0xe9, 0], 'text/html; charset=utf-8', 'é'],
  ['an encoding that nobody knows', [0xc3, 0xa9], 'text/html; charset=x-nobody', 'é'],
])('an encoding: %s', (_name, bytes, type, text) => {
  expect(textOfBytes(Uint8Array.from(bytes), type, true)).toBe(text);
});
