/** The thread that reads the text of one PDF. What it reads was sent by a client: nothing here is trusted to end. */
import type { PdfPages } from '../../translate/context.ts';

/** Characters of all pages. A book has a million. */
const MOST_TEXT = 10_000_000;

export type PdfToRead = { data: string };

type TextPiece = { str: string; hasEOL: boolean } | { type: string };

const textOf = (pieces: readonly TextPiece[]): string =>
  pieces.map((piece) => ('str' in piece ? `${piece.str}${piece.hasEOL ? '\n' : ''}` : '')).join('');

async function readPages(data: string): Promise<PdfPages> {
  const { getDocumentProxy } = await import('unpdf');
  const pdf = await getDocumentProxy(Uint8Array.from(Buffer.from(data, 'base64')), {
    // Nothing is drawn, and nobody reads messages about bad files.
    useSystemFonts: false,
    disableFontFace: true,
    verbosity: 0,
  });
  const pages: string[] = [];
  let characters = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const text = textOf(items).toWellFormed();
    characters += text.length;
    if (characters > MOST_TEXT)
      return { problem: `its text has more than ${MOST_TEXT / 1e6} million characters` };
    pages.push(text);
    page.cleanup();
  }
  return pages.some((page) => page.trim() !== '') ? { pages } : { problem: 'it has no text, only pictures' };
}

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<PdfToRead>) => {
  try {
    self.postMessage(await readPages(data.data));
  } catch (error) {
    self.postMessage({ problem: error instanceof Error ? error.message : String(error) } satisfies PdfPages);
  }
};
