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

/** The tools that the client declared, by the name Gemini knows them by. */
export class ToolNames {
  readonly #clientNames = new Map<string, string>();

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

  /** Gemini's names with the client's, in the order of declaration. */
  entries(): IterableIterator<[gemini: string, client: string]> {
    return this.#clientNames.entries();
  }
}
