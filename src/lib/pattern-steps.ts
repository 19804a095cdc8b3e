/**
 * Turns a regular expression into a list of steps. It understands JavaScript's notation, except for everything that
 * would need backtracking.
 */

/** A table over the 256 bytes: 1 for each byte that matches. */
type ByteSet = Uint8Array;

export type Step =
  | { kind: 'byte'; set: ByteSet }
  | { kind: 'fork'; to: readonly number[] }
  | { kind: 'line-start' | 'line-end' | 'word-edge' }
  | { kind: 'end' };

/** Thrown for a pattern that cannot be read. Its message says why. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** The most steps of a pattern. Each step may be looked at once for every byte of a text. */
const MOST_STEPS = 2_000;
const MOST_REPEATS = 1_000;

type Node =
  | { type: 'set'; set: ByteSet }
  | { type: 'edge'; kind: 'line-start' | 'line-end' | 'word-edge' }
  | { type: 'row'; nodes: Node[] }
  | { type: 'choice'; nodes: Node[] }
  | { type: 'repeat'; node: Node; least: number; most: number };

const IGNORES_CASE = '(?i)';

/** True for a pattern that an empty text already fits. */
export function fitsNothing(source: string): boolean {
  const ignoresCase = source.startsWith(IGNORES_CASE);
  return canBeEmpty(
    new Parser(ignoresCase ? source.slice(IGNORES_CASE.length) : source, ignoresCase).parse(),
  );
}

export function toSteps(source: string): Step[] {
  const ignoresCase = source.startsWith(IGNORES_CASE);
  const node = new Parser(ignoresCase ? source.slice(IGNORES_CASE.length) : source, ignoresCase).parse();
  if (canBeEmpty(node)) throw new PatternError('it is found in an empty text, and so everywhere');
  const steps: Step[] = [];
  emit(node, steps);
  steps.push({ kind: 'end' });
  return steps;
}

function canBeEmpty(node: Node): boolean {
  switch (node.type) {
    case 'set':
      return false;
    case 'edge':
      return true;
    case 'row':
      return node.nodes.every(canBeEmpty);
    case 'choice':
      return node.nodes.some(canBeEmpty);
    case 'repeat':
      return node.least === 0 || canBeEmpty(node.node);
  }
}

function emit(node: Node, steps: Step[]): void {
  if (steps.length > MOST_STEPS) throw new PatternError('it is too long, or repeats too much');
  switch (node.type) {
    case 'set':
      steps.push({ kind: 'byte', set: node.set });
      return;
    case 'edge':
      steps.push({ kind: node.kind });
      return;
    case 'row':
      for (const one of node.nodes) emit(one, steps);
      return;
    case 'choice':
      emitChoice(node.nodes, steps);
      return;
    case 'repeat':
      emitRepeat(node.node, node.least, node.most, steps);
  }
}

/** Adds a fork whose two ways are filled in later. */
function fork(steps: Step[]): number[] {
  const to: number[] = [];
  steps.push({ kind: 'fork', to });
  return to;
}

function emitChoice(nodes: readonly Node[], steps: Step[]): void {
  const ways = fork(steps);
  const ends: number[][] = [];
  for (const node of nodes) {
    ways.push(steps.length);
    emit(node, steps);
    ends.push(fork(steps));
  }
  for (const end of ends) end.push(steps.length);
}

function emitRepeat(node: Node, least: number, most: number, steps: Step[]): void {
  for (let i = 0; i < least; i++) emit(node, steps);
  if (most === Number.POSITIVE_INFINITY) {
    const at = steps.length;
    const way = fork(steps);
    way.push(at + 1);
    emit(node, steps);
    fork(steps).push(at);
    way.push(steps.length);
    return;
  }
  const outs: number[][] = [];
  for (let i = least; i < most; i++) {
    const way = fork(steps);
    way.push(steps.length);
    emit(node, steps);
    outs.push(way);
  }
  for (const way of outs) way.push(steps.length);
}

const setOf = (isIn: (code: number) => boolean): ByteSet =>
  Uint8Array.from({ length: 256 }, (_, code) => Number(isIn(code)));
const ofCodes = (codes: readonly number[]): ByteSet => setOf((code) => codes.includes(code));
const matching = (pattern: RegExp): ByteSet => setOf((code) => pattern.test(String.fromCharCode(code)));
const inverse = (set: ByteSet): ByteSet => setOf((code) => !set[code]);
const union = (sets: readonly ByteSet[]): ByteSet => setOf((code) => sets.some((set) => set[code]));

/**
 * The bytes that no match contains: a match ends at the end of its line, and at the quotation mark around it (bodies
 * are JSON, which has no line ends).
 */
const STOPS = matching(/[\n\r"\\]/);
const CLASSES: Readonly<Record<string, ByteSet>> = {
  d: matching(/\d/),
  w: matching(/\w/),
  s: matching(/\s/),
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' };

class Parser {
  readonly #source: string;
  readonly #ignoresCase: boolean;
  #at = 0;

  constructor(source: string, ignoresCase: boolean) {
    this.#source = source;
    this.#ignoresCase = ignoresCase;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new PatternError('a ")" without its "("');
    return node;
  }

  get #next(): string {
    return String.fromCodePoint(...[this.#source.codePointAt(this.#at)].filter((code) => code !== undefined));
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Node {
    const nodes = [this.#row()];
    while (this.#take('|')) nodes.push(this.#row());
    return nodes.length === 1 && nodes[0] ? nodes[0] : { type: 'choice', nodes };
  }

  #row(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#source.length && this.#next !== '|' && this.#next !== ')')
      nodes.push(this.#repeated());
    return { type: 'row', nodes };
  }

  #repeated(): Node {
    const node = this.#atom();
    const [least, most] = this.#count();
    // Laziness (`*?`) makes no difference: the longest match is found in any case.
    if (least !== 1 || most !== 1) this.#take('?');
    return least === 1 && most === 1 ? node : { type: 'repeat', node, least, most };
  }

  #count(): [least: number, most: number] {
    const found = /[*+?]|\{(\d{1,4})(,(\d{1,4})?)?\}/y;
    found.lastIndex = this.#at;
    const [text, least, comma, most] = found.exec(this.#source) ?? [];
    if (text === undefined) return [1, 1];
    this.#at += text.length;
    if (text === '*') return [0, Number.POSITIVE_INFINITY];
    if (text === '+') return [1, Number.POSITIVE_INFINITY];
    if (text === '?') return [0, 1];
    const open = comma === undefined ? Number(least) : Number.POSITIVE_INFINITY;
    const range: [number, number] = [Number(least), most === undefined ? open : Number(most)];
    if (range[0] > range[1]) throw new PatternError(`the count ${text} has the larger number first`);
    if (range[0] > MOST_REPEATS) throw new PatternError(`the count ${text} is above ${MOST_REPEATS}`);
    return range;
  }

  #atom(): Node {
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return { type: 'set', set: this.#class() };
    if (this.#take('.')) return { type: 'set', set: inverse(STOPS) };
    if (this.#take('^')) return { type: 'edge', kind: 'line-start' };
    if (this.#take('$')) return { type: 'edge', kind: 'line-end' };
    if (this.#take('\\')) return this.#escape();
    if ('*+?{'.includes(this.#next)) throw new PatternError(`nothing to repeat before "${this.#next}"`);
    return this.#literal();
  }

  #group(): Node {
    if (this.#take('?') && !this.#take(':')) throw new PatternError('groups such as "(?=" are not known');
    const node = this.#choice();
    if (!this.#take(')')) throw new PatternError('a "(" without its ")"');
    return node;
  }

  /** Reads one literal character. A character of several bytes needs one step for each byte. */
  #literal(): Node {
    const char = this.#next;
    this.#at += char.length;
    const bytes = [...Buffer.from(char, 'utf8')];
    return { type: 'row', nodes: bytes.map((byte) => ({ type: 'set', set: this.#cased([byte]) })) };
  }

  #cased(codes: readonly number[]): ByteSet {
    if (!this.#ignoresCase) return ofCodes(codes);
    const both = codes.flatMap((code) => {
      const char = code < 0x80 ? String.fromCharCode(code) : '';
      return [code, ...[char.toLowerCase(), char.toUpperCase()].filter(Boolean).map((c) => c.charCodeAt(0))];
    });
    return ofCodes(both);
  }

  #escape(): Node {
    if (this.#take('b')) return { type: 'edge', kind: 'word-edge' };
    return { type: 'set', set: this.#escaped() };
  }

  #escaped(): ByteSet {
    const char = this.#next;
    this.#at += char.length;
    const known = CLASSES[char.toLowerCase()];
    // A negated class, like a point, matches no line end.
    if (known) return char === char.toLowerCase() ? known : inverse(union([known, STOPS]));
    const control = CONTROLS[char];
    if (control !== undefined) return ofCodes([control.charCodeAt(0)]);
    if (/^[A-Za-z0-9]?$/.test(char)) throw new PatternError(`"\\${char}" is not known`);
    return this.#cased([...Buffer.from(char, 'utf8')].slice(0, 1));
  }

  #class(): ByteSet {
    const isInverse = this.#take('^');
    const sets: ByteSet[] = [];
    while (!this.#take(']')) {
      if (this.#at >= this.#source.length) throw new PatternError('a "[" without its "]"');
      sets.push(this.#classItem());
    }
    return isInverse ? inverse(union([...sets, STOPS])) : union(sets);
  }

  #classItem(): ByteSet {
    if (this.#take('\\')) return this.#escaped();
    const from = this.#byte();
    if (!/^-[^\]]/.test(this.#source.slice(this.#at, this.#at + 2))) return this.#cased([from]);
    this.#at++;
    const to = this.#byte();
    if (to < from) throw new PatternError('a range in "[ ]" that goes backwards');
    return this.#cased(Array.from({ length: to - from + 1 }, (_, i) => from + i));
  }

  #byte(): number {
    const char = this.#next;
    const code = char.charCodeAt(0);
    if (code > 0x7f) throw new PatternError('"[ ]" takes plain ASCII only');
    this.#at += char.length;
    return code;
  }
}
