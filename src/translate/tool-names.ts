/**
 * Translates tool names, in both directions. Google accepts `[A-Za-z_][A-Za-z0-9_.:-]{0,63}` (wire section 3); clients
 * use up to 128 characters of `[A-Za-z0-9_-]`, and MCP servers use others too. A name that Google accepts stays as it
 * is. Any other name gets a substitute of its start, its end and a hash of the whole, so that the same name always gets
 * the same substitute.
 */
import { shortHash } from '../lib/hash.ts';

const FITS = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;
const MAX_LENGTH = 64;
const HASH_LENGTH = 8;
/**
 * Matches names that look like a substitute. Such a name gets a substitute too: it could be the substitute of another
 * declared tool.
 */
const SUBSTITUTE = /__x[A-Za-z0-9_]{8}$/;

/** The name for Google. It depends on `name` alone, so history and declarations agree without sharing state. */
export function toGeminiToolName(name: string): string {
  if (FITS.test(name) && !SUBSTITUTE.test(name)) return name;
  const safe = name.replace(/[^A-Za-z0-9_.:-]/g, '_').replace(/^[^A-Za-z_]/, '_');
  const hash = shortHash(name, HASH_LENGTH).replaceAll('-', '_');
  const room = MAX_LENGTH - HASH_LENGTH - 3;
  const head = safe.slice(0, Math.ceil(room / 2));
  const tail = safe.length > room ? safe.slice(-Math.floor(room / 2)) : safe.slice(head.length);
  return `${head}${tail}__x${hash}`;
}

/**
 * What separates the parts of a name. MCP clients put the name of the server before that of the tool:
 * `mcp__server__tool`.
 */
const SEGMENT = '__';

const inLowerCase = (name: string): string => name.toLowerCase();
/**
 * `name` in lower case and with underscores: models write underscores for characters that the name of a function cannot
 * have.
 */
const inPlainLetters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '_');

/** Characters. A longer name has too many endings. */
const LONGEST_IN_SEGMENTS = 256;

/** All endings of `name` that begin with a whole segment, the longest first. */
function* segmentEnds(name: string): Generator<string> {
  if (name.length > LONGEST_IN_SEGMENTS) return;
  for (let at = name.indexOf(SEGMENT); at >= 0; at = name.indexOf(SEGMENT, at + 1)) {
    const end = name.slice(at + SEGMENT.length);
    if (end !== '') yield end;
  }
}

/**
 * The client's names by other spellings. A spelling that fits several names finds none of them: nobody could tell which
 * was meant.
 */
class Index {
  readonly #names = new Map<string, string | undefined>();

  add(key: string, name: string): void {
    const same = !this.#names.has(key) || this.#names.get(key) === name;
    this.#names.set(key, same ? name : undefined);
  }

  find(key: string): string | undefined {
    return this.#names.get(key);
  }
}

type Indexes = { exact: Index; lowerCase: Index; plain: Index; end: Index; plainEnd: Index };

/**
 * The tools that the client declared, by the names that Gemini knows them by, and by spellings that models use instead.
 */
export class ToolNames {
  readonly #clientNames = new Map<string, string>();
  /** The indexes of other spellings. They are made when first needed: nearly all calls have the exact name. */
  #indexes: Indexes | undefined;

  constructor(clientNames: Iterable<string>) {
    for (const name of clientNames) this.#clientNames.set(toGeminiToolName(name), name);
  }

  /** How many tools are declared. */
  get size(): number {
    return this.#clientNames.size;
  }

  /** The client's name for exactly this Gemini name; undefined where the client declared no such tool. */
  exact(geminiName: string): string | undefined {
    return this.#clientNames.get(geminiName);
  }

  /** The one tool whose name differs only in case, or else only in case and punctuation. */
  alike(name: string): string | undefined {
    const { exact, lowerCase, plain } = this.#indexed();
    return exact.find(name) ?? lowerCase.find(inLowerCase(name)) ?? plain.find(inPlainLetters(name));
  }

  /**
   * The one tool whose name ends in `name` as whole segments: `read_file` for `mcp__fs__read_file`, but never `file`.
   */
  endingIn(name: string): string | undefined {
    const { end, plainEnd } = this.#indexed();
    return end.find(name) ?? plainEnd.find(inPlainLetters(name));
  }

  #indexed(): Indexes {
    this.#indexes ??= this.#makeIndexes();
    return this.#indexes;
  }

  #makeIndexes(): Indexes {
    const indexes: Indexes = {
      exact: new Index(),
      lowerCase: new Index(),
      plain: new Index(),
      end: new Index(),
      plainEnd: new Index(),
    };
    for (const [gemini, client] of this.#clientNames) {
      for (const name of [gemini, client]) {
        indexes.exact.add(name, client);
        indexes.lowerCase.add(inLowerCase(name), client);
        indexes.plain.add(inPlainLetters(name), client);
      }
      for (const end of segmentEnds(client)) {
        indexes.end.add(end, client);
        indexes.plainEnd.add(inPlainLetters(end), client);
      }
    }
    return indexes;
  }
}
