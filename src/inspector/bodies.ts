/**
 * Keeps bodies of requests. A client sends its whole conversation again with each turn, so a body is mostly the next
 * one's: it is kept as the difference from that, and only the last body of a conversation is kept whole. Older bodies
 * lean on newer ones, which are let go later.
 */

/** A difference that saves less than this share is not worth the work of reading it. */
const WORTHWHILE = 0.3;
/** Bytes. Small bodies are kept whole. */
const SMALL = 2_048;
/** How many differences may have to be applied one after the other. */
const LONGEST_CHAIN = 200;

type Form =
  | { kind: 'whole'; bytes: Uint8Array }
  /** The bytes are the first `prefix` of `on`, then `middle`, then the last `suffix` of `on`. */
  | { kind: 'difference'; on: KeptBody; prefix: number; middle: Uint8Array; suffix: number }
  | { kind: 'gone' };

/** The number of bytes that `a` and `b` have in common at their beginning. Halves the range, so that whole ranges are compared natively. */
function commonPrefix(a: Buffer, b: Buffer, most: number): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (a.compare(b, low, middle, low, middle) === 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

function commonSuffix(a: Buffer, b: Buffer, most: number): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const [fromA, toA] = [a.length - middle, a.length - low];
    const [fromB, toB] = [b.length - middle, b.length - low];
    if (a.compare(b, fromB, toB, fromA, toA) === 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class KeptBody {
  /** The length of the body itself. */
  readonly length: number;
  #form: Form;
  /** The body that is kept as the difference from this one. */
  #leaning: KeptBody | undefined;
  /** How many bodies lean on this one, one after the other. */
  #depth = 0;
  readonly #onCost: (more: number) => void;

  /** `onCost` hears how many bytes of memory more are used, or less. */
  constructor(bytes: Uint8Array, onCost: (more: number) => void) {
    this.length = bytes.byteLength;
    this.#onCost = onCost;
    this.#form = { kind: 'whole', bytes };
    onCost(this.cost);
  }

  /** Bytes of memory. */
  get cost(): number {
    if (this.#form.kind === 'whole') return this.#form.bytes.byteLength;
    return this.#form.kind === 'gone' ? 0 : this.#form.middle.byteLength;
  }

  get isGone(): boolean {
    return this.#form.kind === 'gone';
  }

  /** Undefined once the body was let go. */
  bytes(): Uint8Array | undefined {
    // A loop, since a conversation may have more turns than the stack has room for.
    const chain: Extract<Form, { kind: 'difference' }>[] = [];
    let form = this.#form;
    while (form.kind === 'difference') {
      chain.push(form);
      form = form.on.#form;
    }
    if (form.kind === 'gone') return undefined;
    let bytes = form.bytes;
    for (const { prefix, middle, suffix } of chain.reverse()) {
      const made = new Uint8Array(prefix + middle.byteLength + suffix);
      made.set(bytes.subarray(0, prefix));
      made.set(middle, prefix);
      made.set(bytes.subarray(bytes.byteLength - suffix), prefix + middle.byteLength);
      bytes = made;
    }
    return bytes;
  }

  /** Keeps this body as the difference from `next`, where that saves enough. */
  leanOn(next: KeptBody): void {
    if (this.#form.kind !== 'whole' || next.#form.kind !== 'whole' || this.#depth >= LONGEST_CHAIN) return;
    const [mine, other] = [bufferOf(this.#form.bytes), bufferOf(next.#form.bytes)];
    const shorter = Math.min(mine.length, other.length);
    if (shorter < SMALL) return;
    const prefix = commonPrefix(mine, other, shorter);
    const suffix = commonSuffix(mine, other, shorter - prefix);
    if (prefix + suffix < WORTHWHILE * mine.length) return;
    const middle = new Uint8Array(mine.subarray(prefix, mine.length - suffix));
    this.#become({ kind: 'difference', on: next, prefix, middle, suffix });
    next.#leaning = this;
    next.#depth = this.#depth + 1;
  }

  letGo(): void {
    const leaning = this.#leaning;
    if (leaning && !leaning.isGone) {
      const bytes = leaning.bytes();
      if (bytes) leaning.#become({ kind: 'whole', bytes });
    }
    this.#leaning = undefined;
    this.#become({ kind: 'gone' });
  }

  #become(form: Form): void {
    const before = this.cost;
    this.#form = form;
    this.#onCost(this.cost - before);
  }
}

/** Remembers the last body of each conversation. */
export class Bodies {
  readonly #last = new Map<string, KeptBody>();
  readonly #most: number;
  #cost = 0;

  constructor(mostConversations = 1_000) {
    this.#most = mostConversations;
  }

  /** Bytes of memory of all bodies together. */
  get cost(): number {
    return this.#cost;
  }

  /** `bytes` must not be changed afterwards. */
  keep(conversation: string, bytes: Uint8Array): KeptBody {
    const body = new KeptBody(bytes, (more) => {
      this.#cost += more;
    });
    this.#last.get(conversation)?.leanOn(body);
    this.#last.delete(conversation);
    this.#last.set(conversation, body);
    if (this.#last.size > this.#most) {
      const [oldest] = this.#last.keys();
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    return body;
  }
}
