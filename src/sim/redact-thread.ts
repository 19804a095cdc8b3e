/** The thread that `threaded-redactor.ts` starts. */
import { ownRule } from './record/writer.ts';
import { createRedactor } from './redact.ts';
import type { FromRedactThread, ToRedactThread } from './threaded-redactor.ts';

declare const self: Worker;

self.onmessage = ({ data: { id, bytes, secrets, patterns } }: MessageEvent<ToRedactThread>) => {
  const clean = new Uint8Array(createRedactor(secrets, patterns.map(ownRule)).bytes(bytes, '', []));
  self.postMessage({ id, bytes: clean } satisfies FromRedactThread, [clean.buffer]);
};
