/**
 * Finds stop sequences in the proxy. Gemini would remove the sequence and say STOP, so nobody could see that a sequence
 * was found. Text that may be the beginning of a sequence is held back: at most one character less than the longest
 * sequence. All sequences are searched for at once, with one look at each character (Aho and Corasick), because clients
 * and models could make any other search slow.
 */

export type Scanned = { text: string; stoppedAt?: string };

/** A text that is the beginning of one or more sequences. */
type Node = {
  next: Map<number, Node>;
  /** The node of the longest proper ending of this text that is itself the beginning of a sequence. */
  shorter: Node | undefined;
  length: number;
  /** The number of the sequence that ends here. If several sequences end here, it is the first in the client's list. */
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

/**
 * Sets the links of all nodes, in the order of length: a link leads to a shorter node, which must have its own link
 * before.
 */
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

/** The node after one more character: the longest beginning of a sequence with which the text ends now. */
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

  /** Returns the text that may go out now. With `stoppedAt` it is the last text: everything before that sequence. */
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

  /** Returns the text that was held back. The text has ended, so it cannot become a sequence any more. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    this.#node = this.#root;
    return held;
  }
}
