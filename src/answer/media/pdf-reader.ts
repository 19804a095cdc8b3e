/**
 * Reads the text of PDFs whose words are to be cited. A few bytes may stand for gigabytes, and a file may be made to be
 * read for ever. So each PDF has a thread of its own, which is ended when it takes too long or too much memory. A client
 * sends its whole history with every turn, so what was read is remembered (docs/decisions/0122-pages-of-a-pdf.md).
 */
import { availableParallelism } from 'node:os';
import { shortHash } from '../../lib/hash.ts';
import { Places } from '../../lib/places.ts';
import { type Clock, systemClock } from '../../lib/ports.ts';
import { ownThread } from '../../lib/program/own-files.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import type { PdfPages } from '../../translate/context.ts';
import type { PdfToRead } from './pdf-thread.ts';

export type PdfReader = {
  /** `pdf` is base64. Rejects with the signal's reason where the signal aborts while it waits for its turn. */
  read(pdf: string, signal: AbortSignal): Promise<PdfPages>;
};

export type ReadPdf = (pdf: string) => Promise<PdfPages>;

/** Milliseconds. A hundred pages take about one second. */
const MOST_MS = 10_000;
/** By how many bytes the process may grow while a PDF is read. */
const MOST_MEMORY = 512 * 1024 * 1024;
const LOOK_MS = 50;

/** What may be used for one PDF, and how that is measured. */
export type PdfLimits = { ms: number; memory: number; clock: Clock; used(): number };

const LIMITS: PdfLimits = {
  ms: MOST_MS,
  memory: MOST_MEMORY,
  // How long a thread computes is no matter of a replay's clock.
  clock: systemClock,
  used: () => process.memoryUsage.rss(),
};

export async function readInThread(pdf: string, limits: PdfLimits = LIMITS): Promise<PdfPages> {
  const { clock } = limits;
  const [began, before] = [clock.monotonic(), limits.used()];
  const { promise, resolve } = Promise.withResolvers<PdfPages>();
  const thread = new Worker(ownThread('src/answer/media/pdf-thread.ts'), { smol: true });
  thread.onmessage = ({ data }: MessageEvent<PdfPages>) => resolve(data);
  thread.onerror = ({ message }) => resolve({ problem: message });
  thread.addEventListener('close', () => resolve({ problem: 'its thread has ended' }));
  let cancel = () => {};
  const look = () => {
    if (clock.monotonic() - began > limits.ms)
      resolve({ problem: `it takes more than ${limits.ms / 1000} seconds to read` });
    if (limits.used() - before > limits.memory) resolve({ problem: 'it takes too much memory to read' });
    cancel = clock.after(LOOK_MS, look);
  };
  look();
  thread.postMessage({ data: pdf } satisfies PdfToRead);
  try {
    return await promise;
  } finally {
    cancel();
    thread.terminate();
  }
}

/** One processor stays free for the streams of others. */
const AT_ONCE = Math.min(2, Math.max(1, availableParallelism() - 1));
/** Characters of text, and PDFs. */
const REMEMBERED_TEXT = 32 * 1024 * 1024;
const REMEMBERED = 200;

const sizeOf = (pages: PdfPages): number =>
  'pages' in pages ? pages.pages.reduce((sum, page) => sum + page.length, 0) : pages.problem.length;

export function createPdfReader(readPdf: ReadPdf = readInThread, atOnce = AT_ONCE): PdfReader {
  const places = new Places(atOnce);
  const remembered = new RecentMap<string, PdfPages>(REMEMBERED, {
    most: REMEMBERED_TEXT,
    of: (key, pages) => key.length + sizeOf(pages),
  });
  return {
    async read(pdf, signal) {
      const key = shortHash(pdf, 43);
      const known = remembered.get(key);
      if (known) return known;
      return places.run(async () => {
        // Another request may have sent the same PDF meanwhile.
        const pages = remembered.get(key) ?? (await readPdf(pdf));
        remembered.set(key, pages);
        return pages;
      }, signal);
    },
  };
}
