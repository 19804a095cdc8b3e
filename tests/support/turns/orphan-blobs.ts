/** Pieces of requests that were taken out of a recording, or out of turns, and that no request names any more. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BLOBS, CLIENT_REQUEST, META, REQUEST, REQUEST_BODY } from '../../../src/sim/cassette/layout.ts';
import { listExchanges, listRecording } from '../../../src/sim/cassette/read.ts';

/** The files that may name blobs. Pages and media that were read stand in `meta.json`. */
const HOLD_NAMES = [CLIENT_REQUEST, REQUEST, REQUEST_BODY, META];
const NAMED = /⟦(?:blob|json):([0-9a-f]{32})⟧/g;
const NAME = /^[0-9a-f]{32}$/;

export function orphanBlobs(recording: string): string[] {
  const blobs = join(recording, BLOBS);
  if (!statSync(blobs, { throwIfNoEntry: false })?.isDirectory()) return [];
  const named = namesIn(recording);
  return named ? readdirSync(blobs).filter((name) => NAME.test(name) && !named.has(name)) : [];
}

/** The blobs that requests name; undefined where a file cannot be read, since nobody knows what that one names. */
function namesIn(recording: string): Set<string> | undefined {
  try {
    const texts = listRecording(recording)
      .flatMap((folder) => [folder, ...listExchanges(folder)])
      .flatMap((folder) => HOLD_NAMES.map((name) => join(folder, name)))
      .filter(existsSync)
      .map((file) => readFileSync(file, 'utf8'));
    return new Set(texts.flatMap((text) => [...text.matchAll(NAMED)].map(([, hash = '']) => hash)));
  } catch {
    return undefined;
  }
}
