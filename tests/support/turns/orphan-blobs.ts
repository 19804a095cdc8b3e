/** Pieces of requests that were taken out of a recording, or out of turns, and that no request names any more. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOBS } from '../../../src/sim/cassette/layout.ts';

/** The files that may name blobs. Pages and media that were read stand in `meta.json`. */
const HOLDS_NAMES = /(?:client-request\.json|request\.json|request\.body|meta\.json)$/;

export function orphanBlobs(recording: string): string[] {
  const blobs = join(recording, BLOBS);
  if (!existsSync(blobs)) return [];
  const files = readdirSync(recording, { recursive: true, encoding: 'utf8' });
  const named = new Set<string>();
  for (const file of files.filter((name) => HOLDS_NAMES.test(name))) {
    const text = readFileSync(join(recording, file), 'utf8');
    for (const [, hash = ''] of text.matchAll(/⟦(?:blob|json):([0-9a-f]{32})⟧/g)) named.add(hash);
  }
  return readdirSync(blobs).filter((hash) => !named.has(hash));
}
