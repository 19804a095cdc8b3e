/**
 * A backtracking matcher like JavaScript's, which counts its steps: this shows how expensive an expression is on a
 * text, without a clock. It knows the notation that this project's source uses, and throws for anything else.
 */

type Next = (at: number) => number;
/** Runs `next` for each way to match from `at` on, best first. Returns where the match ends, or -1. */
type Matcher = ((at: number, next: Next) => number) & { one?: One };
/** Reads one character at `at`. Returns whether the character matches, and the index after it. */
type One = (at: number) => number;
/** Forwards, or backwards within a look-behind. */
type Direction = 1 | -1;

export class CountingRegex {
  #steps = 0;
  #text = '';
  readonly #source: string;
  readonly #flags: string;
  readonly #groups: string[] = [];
  #count = 0;
  readonly #matcher: Matcher;
  #at = 0;

  constructor({ source, flags }: { source: string; flags: string }) {
    this.#source = source;
    this.#flags = flags;
    this.#matcher = this.#choice(1);
    if (this.#at < source.length) throw new Error(`cannot read ${source} from ${this.#at}`);
  }

  /**
   * The steps of one native search, up to the first match; where the expression is sticky, of the attempt at `from`
   * alone.
   */
  count(text: string, from: number): number {
    this.#text = text;
    this.#steps = 0;
    for (let at = from; at <= text.length; at++) {
      this.#groups.length = 0;
      if (this.#matcher(at, (reached) => reached) >= 0 || this.#flags.includes('y')) break;
    }
    return this.#steps;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(direction: Direction): Matcher {
    const ways = [this.#row(direction)];
    while (this.#take('|')) ways.push(this.#row(direction));
    const [only] = ways;
    if (ways.length === 1 && only) return only;
    return (at, next) => {
      for (const way of ways) {
        const end = way(at, next);
        if (end >= 0) return end;
      }
      return -1;
    };
  }

  #row(direction: Direction): Matcher {
    const items: Matcher[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? ''))
      items.push(this.#repeated(direction));
    if (direction < 0) items.reverse();
    return items.reduceRight<Matcher>(
      (behind, item) => (at, next) => item(at, (reached) => behind(reached, next)),
      (at, next) => next(at),
    );
  }

  #repeated(direction: Direction): Matcher {
    const item = this.#atom(direction);
    const count = /^(?:([*+?])|\{(\d+)(,(\d*))?\})(\??)/.exec(this.#source.slice(this.#at));
    if (!count) return item;
    this.#at += count[0].length;
    const [, mark, least, comma, most, lazy] = count;
    const from = mark === undefined ? Number(least) : mark === '+' ? 1 : 0;
    const open = comma === undefined ? Number(least) : Number(most || Number.POSITIVE_INFINITY);
    const to = mark === undefined ? open : mark === '?' ? 1 : Number.POSITIVE_INFINITY;
    return repeat(item, from, to, lazy === '?');
  }

  #atom(direction: Direction): Matcher {
    if (this.#take('(?=')) return this.#look(1, true);
    if (this.#take('(?!')) return this.#look(1, false);
    if (this.#take('(?<=')) return this.#look(-1, true);
    if (this.#take('(?<!')) return this.#look(-1, false);
    if (this.#take('(?:')) return this.#closed(this.#choice(direction));
    if (this.#take('(')) return this.#group(direction);
    if (this.#take('^')) return this.#edge((at) => at === 0);
    if (this.#take('$')) return this.#edge((at) => at === this.#text.length);
    if (this.#take('\\b')) return this.#edge((at) => isWord(this.#text[at - 1]) !== isWord(this.#text[at]));
    const reference = /^\\([1-9])/.exec(this.#source.slice(this.#at))?.[1];
    if (reference !== undefined) return this.#reference(Number(reference));
    return this.#character(direction);
  }

  #closed(matcher: Matcher): Matcher {
    if (!this.#take(')')) throw new Error(`no ) in ${this.#source}`);
    return matcher;
  }

  #group(direction: Direction): Matcher {
    const number = this.#count++;
    const inner = this.#closed(this.#choice(direction));
    return (at, next) =>
      inner(at, (reached) => {
        this.#groups[number] = this.#text.slice(Math.min(at, reached), Math.max(at, reached));
        return next(reached);
      });
  }

  #reference(number: number): Matcher {
    this.#at += 2;
    return (at, next) => {
      this.#steps++;
      const same = this.#groups[number - 1] ?? '';
      return this.#text.startsWith(same, at) ? next(at + same.length) : -1;
    };
  }

  #look(direction: Direction, isWanted: boolean): Matcher {
    const inner = this.#closed(this.#choice(direction));
    return (at, next) => (inner(at, (reached) => reached) >= 0 === isWanted ? next(at) : -1);
  }

  #edge(isThere: (at: number) => boolean): Matcher {
    return (at, next) => {
      this.#steps++;
      return isThere(at) ? next(at) : -1;
    };
  }

  /** One character. Its set is tested by the native engine, which counts as one step. */
  #character(direction: Direction): Matcher {
    const found = /^(?:\[\^?(?:\\.|[^\]\\])*\]|\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|.)|[\s\S])/i.exec(
      this.#source.slice(this.#at),
    )?.[0];
    if (found === undefined) throw new Error(`cannot read ${this.#source} from ${this.#at}`);
    this.#at += found.length;
    const set = new RegExp(`^(?:${found})$`, `${this.#flags.replace(/[gy]/g, '')}s`);
    const known = new Map<string, boolean>();
    const one: One = (at) => {
      this.#steps++;
      const char = this.#text[direction > 0 ? at : at - 1];
      if (char === undefined) return -1;
      const isIn = known.get(char) ?? set.test(char);
      known.set(char, isIn);
      return isIn ? at + direction : -1;
    };
    const matcher: Matcher = (at, next) => {
      const behind = one(at);
      return behind < 0 ? -1 : next(behind);
    };
    return Object.assign(matcher, { one });
  }
}

const isWord = (char: string | undefined) => char !== undefined && /\w/.test(char);

function repeat(item: Matcher, least: number, most: number, lazy: boolean): Matcher {
  if (item.one && !lazy) return repeatOne(item.one, least, most);
  const more = (done: number, at: number, next: Next): number => {
    const onward = () =>
      done >= most ? -1 : item(at, (reached) => (reached === at ? -1 : more(done + 1, reached, next)));
    if (done < least) return onward();
    if (!lazy) {
      const end = onward();
      return end >= 0 ? end : next(at);
    }
    const end = next(at);
    return end >= 0 ? end : onward();
  };
  return (at, next) => more(0, at, next);
}

/** As far as possible, and then back. It is a loop, because a recursion would be as deep as the text is long. */
function repeatOne(one: One, least: number, most: number): Matcher {
  return (at, next) => {
    const places = [at];
    for (let reached = one(at); reached >= 0 && places.length <= most; reached = one(reached))
      places.push(reached);
    for (let count = places.length - 1; count >= least; count--) {
      const end = next(places[count] ?? at);
      if (end >= 0) return end;
    }
    return -1;
  };
}
