/**
 * Tool names both ways. Google takes `[A-Za-z_][A-Za-z0-9_.:-]{0,63}` (wire section 3); clients use up to 128 characters of
 * `[A-Za-z0-9_-]` and MCP servers more. A name that fits goes through as it is; another gets its start, its end
 * and a hash of the whole, so that the same name always gets the same substitute.
 */
import { shortHash } from '../lib/hash.ts';

const FITS = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;
const MAX_LENGTH = 64;
const HASH_LENGTH = 8;
/** A name that looks like a substitute gets one too: else it could be that of another tool, declared beside it. */
const SUBSTITUTE = /__x[A-Za-z0-9_]{8}$/;

/** Pure in `name`: history and declarations agree without sharing state. */
export function toGeminiToolName(name: string): string {
  if (FITS.test(name) && !SUBSTITUTE.test(name)) return name;
  const safe = name.replace(/[^A-Za-z0-9_.:-]/g, '_').replace(/^[^A-Za-z_]/, '_');
  const hash = shortHash(name, HASH_LENGTH).replaceAll('-', '_');
  const room = MAX_LENGTH - HASH_LENGTH - 3;
  const head = safe.slice(0, Math.ceil(room / 2));
  const tail = safe.length > room ? safe.slice(-Math.floor(room / 2)) : safe.slice(head.length);
  return `${head}${tail}__x${hash}`;
}

/** MCP clients put a server's name before that of its tool: `mcp__server__tool`. */
const SEGMENT = '__';

const inLowerCase = (name: string): string => name.toLowerCase();
/** Models write underscores for what they cannot write in a function's name. */
const inPlainLetters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '_');

/** Characters. The ends of a longer name would be too much text. */
const LONGEST_IN_SEGMENTS = 256;

/** Every end of `name` that begins with a whole segment, the longest first. */
function* segmentEnds(name: string): Generator<string> {
  if (name.length > LONGEST_IN_SEGMENTS) return;
  for (let at = name.indexOf(SEGMENT); at >= 0; at = name.indexOf(SEGMENT, at + 1)) {
    const end = name.slice(at + SEGMENT.length);
    if (end !== '') yield end;
  }
}

/** Client's names by other keys. A key that fits several leads to none: nobody could tell which was meant. */
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

/** The tools that the client declared, by the name Gemini knows them by, and by what models make of it. */
export class ToolNames {
  readonly #clientNames = new Map<string, string>();
  /** Nearly all calls have the exact name, so that these are hardly ever made. */
  #indexes: Indexes | undefined;

  constructor(clientNames: Iterable<string>) {
    for (const name of clientNames) this.#clientNames.set(toGeminiToolName(name), name);
  }

  /** How many are declared. */
  get size(): number {
    return this.#clientNames.size;
  }

  /** The client's name for exactly this Gemini name, or undefined where it declared no such tool. */
  exact(geminiName: string): string | undefined {
    return this.#clientNames.get(geminiName);
  }

  /** The one tool with this name but for the case, or else but for case and punctuation. */
  alike(name: string): string | undefined {
    const { exact, lowerCase, plain } = this.#indexed();
    return exact.find(name) ?? lowerCase.find(inLowerCase(name)) ?? plain.find(inPlainLetters(name));
  }

  /** The one tool whose name ends in `name` as whole segments: `read_file` for `mcp__fs__read_file`, but never `file`. */
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
