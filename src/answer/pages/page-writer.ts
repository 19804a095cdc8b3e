/** Writes the text of a page from its tags, in the order in which they come. A tag that is never closed does no harm. */

/** Elements whose content nobody reads on a page. */
const UNREAD: ReadonlySet<string> = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'svg',
  'math',
  'iframe',
  'object',
  'canvas',
  'audio',
  'video',
]);

/** Newlines around an element. Elements that are not named stand within a line. */
const BREAKS: Readonly<Record<string, number>> = {
  address: 2,
  article: 2,
  aside: 2,
  blockquote: 2,
  br: 1,
  button: 1,
  caption: 1,
  center: 1,
  dd: 1,
  details: 1,
  dialog: 2,
  div: 1,
  dl: 2,
  dt: 1,
  fieldset: 2,
  figcaption: 1,
  figure: 2,
  footer: 2,
  form: 2,
  h1: 2,
  h2: 2,
  h3: 2,
  h4: 2,
  h5: 2,
  h6: 2,
  header: 2,
  hr: 2,
  legend: 1,
  li: 1,
  main: 2,
  menu: 2,
  nav: 2,
  ol: 2,
  option: 1,
  p: 2,
  pre: 2,
  section: 2,
  select: 1,
  summary: 1,
  table: 2,
  textarea: 1,
  tr: 1,
  ul: 2,
};

/** Drawings, which end where an element of a text begins, even if nobody has closed them. */
const DRAWINGS: ReadonlySet<string> = new Set(['svg', 'math']);

/** What stands before the text of an element. */
const BEFORE: Readonly<Record<string, string>> = {
  h1: '# ',
  h2: '## ',
  h3: '### ',
  h4: '#### ',
  h5: '##### ',
  h6: '###### ',
  li: '- ',
};

/** Links of which the whole address is found out: the others are shown as the page has them. */
const MOST_RESOLVED = 5_000;
const MOST_TITLE = 500;

const BLANKS = /[ \t\n\f\r\u00a0]+/g;

export class PageWriter {
  /** The address from which addresses on the page count: its own, or another that it names. */
  #base: string;
  #namesBase = false;
  readonly #pieces: string[] = [];
  #length = 0;
  /** What is to be written before the next text: newlines, a blank, and a mark such as that of a list. */
  #breaks = 0;
  #blank = false;
  #mark = '';
  /** How many `pre` are open. */
  #kept = 0;
  #unread: { name: string; depth: number } | undefined;
  #isTitle = false;
  #title = '';
  #link: { href: string; at: number } | undefined;
  #resolved = 0;

  constructor(base: string) {
    this.#base = base;
  }

  /** Characters that were written. */
  get length(): number {
    return this.#length;
  }

  get title(): string | undefined {
    const title = this.#title.replace(BLANKS, ' ').trim().slice(0, MOST_TITLE).toWellFormed();
    return title === '' ? undefined : title;
  }

  open(name: string, attributes: Readonly<Record<string, string>>, isWhole: boolean): void {
    if (this.#unread && DRAWINGS.has(this.#unread.name) && Object.hasOwn(BREAKS, name))
      this.#unread = undefined;
    if (this.#unread) {
      if (name === this.#unread.name && !isWhole) this.#unread.depth++;
      return;
    }
    if (UNREAD.has(name) || (name === 'title' && this.#title !== '')) {
      if (!isWhole) this.#unread = { name, depth: 1 };
      return;
    }
    if (name === 'title') this.#isTitle = true;
    if (name === 'base') this.#setBase(attributes['href']);
    this.#break(name);
    if (name === 'pre') this.#kept++;
    if (Object.hasOwn(BEFORE, name)) this.#mark = BEFORE[name] ?? '';
    if (name === 'td' || name === 'th') this.#cell();
    if (name === 'img' && attributes['alt']) this.text(attributes['alt']);
    if (name === 'a') this.#openLink(attributes['href']);
  }

  close(name: string): void {
    if (this.#unread) {
      if (name === this.#unread.name && --this.#unread.depth === 0) this.#unread = undefined;
      return;
    }
    if (name === 'title') this.#isTitle = false;
    if (name === 'pre') this.#kept = Math.max(0, this.#kept - 1);
    if (name === 'a') this.#closeLink();
    this.#break(name);
    if (Object.hasOwn(BEFORE, name)) this.#mark = '';
  }

  text(text: string): void {
    if (this.#unread) return;
    if (this.#isTitle) {
      if (this.#title.length < MOST_TITLE) this.#title += text.slice(0, MOST_TITLE);
      return;
    }
    if (this.#kept > 0) {
      this.#begin();
      this.#write(text);
      return;
    }
    const words = text.replace(BLANKS, ' ');
    const inner = words.trim();
    if (words.startsWith(' ')) this.#blank = true;
    if (inner === '') return;
    this.#begin();
    this.#write(inner);
    this.#blank = words.endsWith(' ');
  }

  /** The whole text. */
  end(): string {
    this.#closeLink();
    return this.#pieces.join('').trim().toWellFormed();
  }

  #write(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
  }

  /** Writes what stands between the text so far and the next. */
  #begin(): void {
    if (this.#length > 0 && this.#breaks > 0) this.#write('\n'.repeat(this.#breaks));
    else if (this.#length > 0 && this.#blank) this.#write(' ');
    this.#write(this.#mark);
    this.#breaks = 0;
    this.#blank = false;
    this.#mark = '';
  }

  #break(name: string): void {
    if (Object.hasOwn(BREAKS, name)) this.#breaks = Math.max(this.#breaks, BREAKS[name] ?? 0);
  }

  #cell(): void {
    // The first cell of a row stands at the beginning of a line.
    if (this.#breaks > 0 || this.#length === 0) return;
    this.#blank = true;
    this.#mark = '| ';
  }

  #openLink(href: string | undefined): void {
    this.#closeLink();
    const address = href === undefined ? undefined : this.#addressOf(href.trim());
    if (address === undefined) return;
    this.#begin();
    this.#link = { href: address, at: this.#pieces.length };
    this.#write('[');
  }

  #closeLink(): void {
    const link = this.#link;
    if (!link) return;
    this.#link = undefined;
    // A link around nothing says nothing.
    if (this.#pieces.length === link.at + 1) {
      this.#pieces.pop();
      this.#length--;
      return;
    }
    this.#write(`](${link.href})`);
  }

  /** The first one counts. */
  #setBase(href: string | undefined): void {
    const url = href === undefined || this.#namesBase ? null : URL.parse(href.trim(), this.#base);
    if (!url) return;
    this.#base = url.href;
    this.#namesBase = true;
  }

  /** The whole address of a link that leads to another page. */
  #addressOf(href: string): string | undefined {
    if (href === '' || href.startsWith('#')) return undefined;
    if (this.#resolved++ >= MOST_RESOLVED) return /^https?:/i.test(href) ? href : undefined;
    const url = URL.parse(href, this.#base);
    return url && /^https?:$/.test(url.protocol) ? url.href : undefined;
  }
}
