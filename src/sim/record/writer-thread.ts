/** The thread that `threaded-writer.ts` starts. */

import type { FromThread, ToThread } from './threaded-writer.ts';
import { createWriter, type Writer } from './writer.ts';

declare const self: Worker;

let writer: Writer | undefined;
/** The writes run one after the other, because each needs much memory. */
let last: Promise<void> = Promise.resolve();

const reply = (message: FromThread) => self.postMessage(message);

async function write({ id, path, raw }: Extract<ToThread, { kind: 'write' }>): Promise<void> {
  try {
    if (!writer) throw new Error('the writer has no settings');
    reply({ id, written: await writer.write(path, raw) });
  } catch (error) {
    reply({ id, problem: error instanceof Error ? error.message : String(error) });
  }
}

self.onmessage = ({ data }: MessageEvent<ToThread>) => {
  if (data.kind === 'open') writer = createWriter(data.options);
  else last = last.then(() => write(data));
};
