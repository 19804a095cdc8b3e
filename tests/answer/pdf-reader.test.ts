/** The text of PDFs: pages, files that cannot be read, and those that would take everything. */
import { describe, expect, test } from 'bun:test';
import { deflateSync } from 'node:zlib';
import { createPdfReader, type PdfLimits, readInThread } from '../../src/answer/media/pdf-reader.ts';
import { systemClock } from '../../src/lib/ports.ts';
import type { PdfPages } from '../../src/translate/context.ts';
import { pdfOf, pdfWith } from '../support/made/pdf.ts';

const base64 = (bytes: Buffer) => bytes.toString('base64');
const limits = (changes: Partial<PdfLimits>): PdfLimits => ({
  ms: 60_000,
  memory: 1,
  clock: systemClock,
  used: () => 0,
  ...changes,
});

describe('a PDF', () => {
  test('has the text of its pages', async () => {
    const pdf = pdfOf(['The grass is green.', '(Really.)'], [], ['The sky is blue.']);
    expect(await readInThread(base64(pdf), limits({}))).toEqual({
      pages: ['The grass is green.\n(Really.)', '', 'The sky is blue.'],
    });
  });

  test.each<[string, Buffer, RegExp]>([
    ['without text', pdfOf([]), /^it has no text, only pictures$/],
    ['that is none', Buffer.from('%PDF-1.4\n%of nothing\n'), /PDF/],
    ['that is cut off', pdfOf(['a']).subarray(0, 60), /PDF/],
  ])('%s has none', async (_, pdf, problem) => {
    expect(await readInThread(base64(pdf), limits({}))).toEqual({ problem: expect.stringMatching(problem) });
  });

  test('is given up where it takes too long', async () => {
    const problem = 'it takes more than 0 seconds to read';
    expect(await readInThread(base64(pdfOf(['a'])), limits({ ms: 0 }))).toEqual({ problem });
  });

  test('is given up where it takes too much memory', async () => {
    let used = 0;
    const problem = 'it takes too much memory to read';
    expect(await readInThread(base64(pdfOf(['a'])), limits({ used: () => used++ * 2 }))).toEqual({ problem });
  });

  test('that stands for gigabytes is given up, and the next one is read', async () => {
    const much = deflateSync(Buffer.alloc(200_000_000, '(a) Tj '));
    const bomb = pdfWith([{ head: '/Filter [/FlateDecode /FlateDecode]', bytes: deflateSync(much) }]);
    expect(bomb.length).toBeLessThan(100_000);
    const used = () => process.memoryUsage.rss();
    const few = limits({ ms: 2_000, memory: 256 * 1024 * 1024, used });
    expect(await readInThread(base64(bomb), few)).toHaveProperty('problem');
    expect(await readInThread(base64(pdfOf(['a'])))).toEqual({ pages: ['a'] });
  }, 30_000);
});

describe('the reader of PDFs', () => {
  const { signal } = new AbortController();

  test('reads each PDF once, and no more than it may at the same time', async () => {
    const read: string[] = [];
    let [now, most] = [0, 0];
    const reader = createPdfReader(async (pdf): Promise<PdfPages> => {
      read.push(pdf);
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      return { pages: [pdf] };
    }, 1);
    const pages = await Promise.all(['a', 'b', 'a'].map((pdf) => reader.read(pdf, signal)));
    expect(pages).toEqual([{ pages: ['a'] }, { pages: ['b'] }, { pages: ['a'] }]);
    expect(read).toEqual(['a', 'b']);
    expect(most).toBe(1);
  });

  test('does not begin for a client that has left', async () => {
    const reader = createPdfReader(async () => ({ pages: [] }));
    await expect(reader.read('a', AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  });
});
