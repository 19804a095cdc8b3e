/**
 * Finds stop sequences in the proxy: Gemini would remove the match and say STOP, which hides that it happened. Text
 * that may be the beginning of a sequence is held back, at most one character less than the longest sequence. All
 * sequences are searched for at once, looking at each character once (Aho and Corasick), because client and model
 * together could make anything else slow.
 */

export type Scanned = { text: string; stoppedAt?: string };

/** Some beginning of sequences. */
type Node = {
  next: Map<number, Node>;
  /** The longest proper ending of this text that is itself the beginning of a sequence. */
  shorter: Node | undefined;
  length: number;
  /** The sequence that ends here; if there are several, the first in the client's list. */
  found: number;
};

const NONE = Number.POSITIVE_INFINITY;

const newNode = (length: number): Node => ({ next: new Map(), shorter: undefined, length, found: NONE });

function beginningsOf(sequences: readonly string[]): Node {
  const root = newNode(0);
  for (const [index, sequence] of sequences.entries()) {
    let node = root;
    for (let at = 0; at < sequence.length; at++) {
      const code = sequence.charCodeAt(at);
      const next = node.next.get(code) ?? newNode(at + 1);
      node.next.set(code, next);
      node = next;
    }
    node.found = Math.min(node.found, index);
  }
  link(root);
  return root;
}

/** In the order of length: the link of a node leads to a shorter one, which must exist before. */
function link(root: Node): void {
  const queue = [root];
  for (const node of queue) {
    for (const [code, next] of node.next) {
      next.shorter = node === root ? root : follow(node.shorter ?? root, code);
      next.found = Math.min(next.found, next.shorter.found);
      queue.push(next);
    }
  }
}

/** The state after one more character: the longest beginning of a sequence that the text now ends with. */
function follow(from: Node, code: number): Node {
  for (let node: Node = from; ; node = node.shorter) {
    const next = node.next.get(code);
    if (next) return next;
    if (!node.shorter) return node;
  }
}

export class StopScanner {
  readonly #sequences: readonly string[];
  readonly #root: Node;
  #node: Node;
  #held = '';

  constructor(sequences: readonly string[]) {
    // Text comes in whole characters and is cut between them, so half a character is never matched.
    this.#sequences = sequences.filter((sequence) => sequence !== '' && sequence.isWellFormed());
    this.#root = beginningsOf(this.#sequences);
    this.#node = this.#root;
  }

  /** The text that may go out now. With `stoppedAt` it is the last: everything before that sequence. */
  push(text: string): Scanned {
    if (this.#sequences.length === 0) return { text };
    const all = this.#held + text;
    for (let at = 0; at < text.length; at++) {
      this.#node = follow(this.#node, text.charCodeAt(at));
      const stoppedAt = this.#sequences[this.#node.found];
      if (stoppedAt === undefined) continue;
      const end = this.#held.length + at + 1;
      this.flush();
      return { text: all.slice(0, end - stoppedAt.length), stoppedAt };
    }
    const ready = all.length - this.#node.length;
    this.#held = ready === 0 ? all : all.slice(ready);
    return { text: all.slice(0, ready) };
  }

  /** What was held back. The text has ended, so it cannot become a sequence any more. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    this.#node = this.#root;
    return held;
  }
}
