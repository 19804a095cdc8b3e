import type { Span } from '../lib/readings/reading.ts';
import type { Unescaped } from '../lib/readings/unescaped.ts';

/** Finds one kind of secret or personal data in a text whose escapes are undone. */
export type Finder = { kind: string; find(plain: Unescaped): Span[] };
