/** Large uploads: they take no memory, hold up nobody, and leave nothing behind when their client leaves. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/google/held-upstream.ts';
import { HAS_PROC, peakBytes } from '../support/programs/process-figures.ts';
import { startProxy } from '../support/programs/proxy-process.ts';

const TIMEOUT_MS = 60_000;
const MB = 1024 * 1024;
const SIZE = 300 * MB;
/** Bytes. A proxy that holds the whole file would need twice as much. */
const MORE_MEMORY = SIZE / 2;

const folder = mkdtempSync(join(tmpdir(), 'uploads-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEAD = '--b\r\ncontent-disposition: form-data; name="file"; filename="large.bin"\r\n\r\n';

/** A form with a file of `SIZE` bytes, of which each megabyte is made when it is wanted. `pause` is awaited half way. */
function largeForm(pause: () => Promise<void>): ReadableStream<Uint8Array> {
  let left = SIZE / MB;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from(HEAD)),
    async pull(controller) {
      if (left === SIZE / MB / 2) await pause();
      if (left-- > 0) controller.enqueue(new Uint8Array(MB));
      else {
        controller.enqueue(Buffer.from('\r\n--b--\r\n'));
        controller.close();
      }
    },
  });
}

test.skipIf(!HAS_PROC)(
  'a file of 300 MB is stored, others are answered half way, and one whose client leaves is forgotten',
  async () => {
    const proxy = await startProxy({ folder, env: { BACKEND: 'mock', LOG_LEVEL: 'INFO' } });
    const send = (body: ReadableStream<Uint8Array>, signal?: AbortSignal) =>
      fetch(`${proxy.url}/v1/files`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
        ...(signal ? { signal } : {}),
      });
    const list = async () => (await (await fetch(`${proxy.url}/v1/files`)).json()).data;
    try {
      await list();
      const before = peakBytes(proxy.pid);
      let listedMeanwhile: unknown;
      const stored = await send(
        largeForm(async () => {
          listedMeanwhile = await list();
        }),
      );
      expect(listedMeanwhile).toEqual([]);
      expect(await stored.json()).toMatchObject({ size_bytes: SIZE, filename: 'large.bin' });
      expect(peakBytes(proxy.pid) - before).toBeLessThan(MORE_MEMORY);

      const leaving = new AbortController();
      const left = send(
        largeForm(async () => leaving.abort()),
        leaving.signal,
      );
      expect(left).rejects.toThrow();
      await until(() => proxy.log().some((line) => line['status'] === 499));
      expect(await list()).toHaveLength(1);
      expect(readdirSync(join(folder, 'data', 'files'))).toHaveLength(1);
    } finally {
      await proxy.stop();
    }
  },
  TIMEOUT_MS,
);
