/**
 * Stores large pieces of request bodies once. A session repeats its system prompt, its tools and its history in every
 * request; a packed request shows only what is new in it. Packing works on text: whatever the text is, unpacking gives
 * the same text. A long string literal becomes `"⟦blob:<hash>⟧"`, and a tool's declaration becomes `"⟦json:<hash>⟧"`
 * (quotes included), so packed JSON is still JSON. A `⟦` in the text itself is doubled.
 */

/** Characters. A shorter piece stays in its place, where people can read it. */
const LEAST = 1_000;
/** Hexadecimal digits of SHA-256: 128 bits. */
const HASH_LENGTH = 32;

const PACKED = /⟦⟦|"⟦json:([0-9a-f]{32})⟧"|⟦blob:([0-9a-f]{32})⟧/g;

export const blobHash = (content: string): string =>
  new Bun.CryptoHasher('sha256').update(content).digest('hex').slice(0, HASH_LENGTH);

type Span = { kind: 'json' | 'blob'; start: number; end: number };

/**
 * Packs a text, and calls `store` with each piece that is taken out. Only for well-formed text: text with lone
 * surrogates is returned unchanged.
 */
export function packText(text: string, store: (hash: string, content: string) => void): string {
  if (!text.isWellFormed()) return double(text);
  let packed = '';
  let from = 0;
  for (const { kind, start, end } of findSpans(text)) {
    const content = text.slice(start, end);
    const hash = blobHash(content);
    store(hash, content);
    packed += double(text.slice(from, start));
    packed += kind === 'json' ? `"⟦json:${hash}⟧"` : `⟦blob:${hash}⟧`;
    from = end;
  }
  return packed + double(text.slice(from));
}

/** Unpacks a packed text. `load` throws for a blob that does not exist. */
export function unpackText(packed: string, load: (hash: string) => string): string {
  return packed.replace(PACKED, (_mark, json: string | undefined, blob: string | undefined) => {
    const hash = json ?? blob;
    return hash === undefined ? '⟦' : load(hash);
  });
}

const double = (text: string) => text.replaceAll('⟦', '⟦⟦');

/** The keys whose arrays hold tool declarations. */
const TOOL_LISTS: readonly string[] = ['tools', 'functionDeclarations', 'function_declarations'];

/** Characters. No key is longer; of a longer string only its place is remembered. */
const LONGEST_KEY = 64;

/** An open bracket, and what is known about it. */
type Level = { start: number; isArray: boolean; key: string; pendingKey: string; hasTools: boolean };

/**
 * Finds the pieces that become blobs, in order; none is inside another. The finder looks at brackets and strings and
 * not at grammar, so it finds less in a text that is not JSON.
 */
class SpanFinder {
  readonly spans: Span[] = [];
  readonly #levels: Level[] = [];
  #word = '';

  open(start: number, isArray: boolean): void {
    const parent = this.#levels.at(-1);
    const key = parent?.isArray ? parent.key : (parent?.pendingKey ?? '');
    this.#levels.push({ start, isArray, key, pendingKey: '', hasTools: false });
  }

  colon(): void {
    const level = this.#levels.at(-1);
    if (level) level.pendingKey = this.#word;
  }

  /** Handles a string literal; `end` is the index after its closing quote. */
  literal(text: string, start: number, end: number): void {
    this.#word = end - start < LONGEST_KEY ? text.slice(start + 1, end - 1) : '';
    if (end - start >= LEAST) this.spans.push({ kind: 'blob', start: start + 1, end: end - 1 });
  }

  close(end: number): void {
    const level = this.#levels.pop();
    const parent = this.#levels.at(-1);
    if (!level || !parent) return;
    const isTool = !level.isArray && parent.isArray && TOOL_LISTS.includes(level.key);
    if (isTool || level.hasTools) parent.hasTools = true;
    // A tool that groups other tools is not cut out as one piece: one more tool in the group would change the whole
    // piece.
    if (!isTool || level.hasTools || end - level.start < LEAST) return;
    while ((this.spans.at(-1)?.start ?? -1) > level.start) this.spans.pop();
    this.spans.push({ kind: 'json', start: level.start, end });
  }
}

/**
 * The index after the quote that ends the string literal at `start`. It is a loop, since a regular expression would
 * backtrack over megabytes.
 */
function literalEnd(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}

function findSpans(text: string): Span[] {
  const finder = new SpanFinder();
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') {
      const end = literalEnd(text, at);
      if (text[end - 1] === '"' && end - at > 1) finder.literal(text, at, end);
      at = end;
      continue;
    }
    if (char === '{' || char === '[') finder.open(at, char === '[');
    else if (char === '}' || char === ']') finder.close(at + 1);
    else if (char === ':') finder.colon();
    at++;
  }
  return finder.spans;
}
