import type { Span } from '../lib/readings/reading.ts';
import type { Unescaped } from '../lib/readings/unescaped.ts';

/** Looks for one kind of thing in a text without its escapes. */
export type Finder = { kind: string; find(plain: Unescaped): Span[] };
