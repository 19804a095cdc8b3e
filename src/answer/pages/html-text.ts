/**
 * The text of a page in HTML, with its headings, lists and links. Pages are strangers' and may be made to be slow: the
 * tokenizer reads them from front to end, and no tree is built, so neither depth nor unclosed elements cost more than
 * their characters. Other work has its turn meanwhile.
 */
import { othersFirst } from '../../lib/async.ts';
import { PageWriter } from './page-writer.ts';

export type PageText = { text: string; title: string | undefined };

/** Characters of HTML that are read before other work has its turn. */
const STEP = 128 * 1024;
/** Characters of a tag's or attribute's name. Longer names mean nothing. */
const LONGEST_NAME = 32;
/** Characters of an address or of a description. */
const LONGEST_VALUE = 2_000;

/** `most`: the characters after which the rest of the page is left out. `base`: the address of the page. */
export async function textOfHtml(html: string, base: string, most: number): Promise<PageText> {
  const { Tokenizer } = await import('htmlparser2');
  const writer = new PageWriter(base);
  let name = '';
  let attribute = '';
  let value = '';
  let attributes: Record<string, string> = {};
  const slice = (start: number, end: number, longest: number) =>
    html.slice(start, Math.min(end, start + longest));
  const open = (isWhole: boolean): void => {
    writer.open(name, attributes, isWhole);
    attributes = {};
  };
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => writer.text(html.slice(start, end)),
      ontextentity: (point) => writer.text(String.fromCodePoint(point)),
      onopentagname(start, end) {
        name = slice(start, end, LONGEST_NAME).toLowerCase();
      },
      onattribname(start, end) {
        attribute = slice(start, end, LONGEST_NAME).toLowerCase();
        value = '';
      },
      onattribdata(start, end) {
        if (value.length < LONGEST_VALUE) value += slice(start, end, LONGEST_VALUE);
      },
      onattribentity(point) {
        if (value.length < LONGEST_VALUE) value += String.fromCodePoint(point);
      },
      onattribend() {
        if (KEPT.has(attribute)) attributes[attribute] ??= value;
      },
      onopentagend: () => open(false),
      onselfclosingtag: () => open(true),
      onclosetag: (start, end) => writer.close(slice(start, end, LONGEST_NAME).toLowerCase()),
      oncdata() {},
      oncomment() {},
      ondeclaration() {},
      onprocessinginstruction() {},
      onend() {},
    },
  );
  for (let from = 0; from < html.length && writer.length < most; from += STEP) {
    tokenizer.write(html.slice(from, from + STEP));
    await othersFirst();
  }
  if (writer.length < most) tokenizer.end();
  return { text: writer.end().slice(0, most), title: writer.title };
}

const KEPT: ReadonlySet<string> = new Set(['href', 'alt']);
