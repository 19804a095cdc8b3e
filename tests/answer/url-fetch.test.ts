/** Reading what is at a URL, on loopback: names, addresses and certificates are the test's own. */
import { afterAll, describe, expect, test } from 'bun:test';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fetchUrl } from '../../src/answer/media/fetch-media.ts';
import type { UrlFetchPorts } from '../../src/answer/media/guarded-fetch.ts';
import { createUrlFetcher } from '../../src/answer/media/url-fetcher.ts';
import { systemClock } from '../../src/lib/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { certificateFor } from '../support/programs/certificate.ts';

const HOST = 'pics.example.test';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const own = certificateFor(HOST);
const MEGABYTE = 1024 * 1024;

const seen: { host: string | null; path: string; headers: Headers }[] = [];
const open: Record<string, (request: Request) => Response | Promise<Response>> = {
  '/pic.png': () => new Response(PNG, { headers: { 'content-type': 'text/html' } }),
  '/doc.pdf': () => new Response('%PDF-1.4\n…'),
  '/page.png': () => new Response('<html>', { headers: { 'content-type': 'image/png' } }),
  '/empty.png': () => new Response(''),
  '/missing.png': () => new Response('no', { status: 404 }),
  '/partial.png': () => new Response(PNG, { status: 206 }),
  '/moved.png': () => Response.redirect(`https://${HOST}/pic.png`, 302),
  '/packed.png': () =>
    new Response(Bun.gzipSync(PNG), { headers: { 'content-encoding': 'gzip', 'content-type': 'image/png' } }),
  '/declared-large.png': () => new Response(new Uint8Array(21 * MEGABYTE)),
  '/endless.png': () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(PNG),
        pull: (controller) => controller.enqueue(new Uint8Array(MEGABYTE)),
      }),
    ),
  '/silent.png': () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(PNG) })),
};
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  tls: own,
  fetch(request) {
    const { pathname } = new URL(request.url);
    seen.push({ host: request.headers.get('host'), path: pathname, headers: request.headers });
    return open[pathname]?.(request) ?? new Response('?', { status: 500 });
  },
});
afterAll(() => server.stop(true));

const at = (path: string, host = HOST) => `https://${host}:${server.port}${path}`;

/** Names resolve to loopback, which counts as public here; the server's certificate is trusted. */
function ports(change: Partial<UrlFetchPorts> = {}): UrlFetchPorts & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: async () => ['127.0.0.1'],
    isPublic: (address) => address === '127.0.0.1',
    fetch(url, init) {
      asked.push(url);
      return fetch(url, { ...init, tls: { ...init.tls, ca: own.cert } });
    },
    ...change,
  };
}

const read = (url: string, with_ = ports(), left = 20 * MEGABYTE) =>
  fetchUrl({ url, uses: 1 }, { left }, with_, new AbortController().signal);
const once = (...urls: string[]) => urls.map((url) => ({ url, uses: 1 }));

describe('what is there', () => {
  test.each([
    ['/pic.png', 'image/png', PNG],
    ['/doc.pdf', 'application/pdf', Buffer.from('%PDF-1.4\n…')],
  ])('%s comes as what its bytes are', async (path, mimeType, bytes) => {
    expect(await read(at(path))).toEqual({ mimeType, data: bytes.toString('base64') });
  });

  test('the connection goes to the address that was looked at, and asks for the name', async () => {
    seen.length = 0;
    const doors = ports();
    await read(`${at('/pic.png')}?size=2#part`, doors);
    expect(doors.asked).toEqual([`https://127.0.0.1:${server.port}/pic.png?size=2`]);
    expect(seen[0]?.host).toBe(`${HOST}:${server.port}`);
    expect(seen[0]?.headers.get('authorization')).toBeNull();
    expect(seen[0]?.headers.get('cookie')).toBeNull();
  });

  test('a name is asked for once: what it resolves to afterwards changes nothing', async () => {
    let looks = 0;
    const rebinding = ports({ resolve: async () => [looks++ === 0 ? '127.0.0.1' : '10.0.0.1'] });
    expect(await read(at('/pic.png'), rebinding)).toMatchObject({ mimeType: 'image/png' });
    expect(looks).toBe(1);
  });

  test('an address that cannot be reached gives way to the next', async () => {
    const two = ports({ resolve: async () => ['::1', '127.0.0.1'], isPublic: () => true });
    expect(await read(at('/pic.png'), two)).toMatchObject({ mimeType: 'image/png' });
    expect(two.asked).toHaveLength(1);
  });
});

describe('through a company’s proxy', () => {
  /** An agent that always connects to the test's server, whatever address and port it is given. */
  async function companyProxy() {
    const asked: string[] = [];
    const proxy = createServer((client) => {
      client.once('data', (head) => {
        asked.push(String(head).split('\r\n')[0] ?? '');
        const onwards = connect(server.port ?? 0, '127.0.0.1', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n');
          client.pipe(onwards).pipe(client);
        });
        for (const socket of [client, onwards]) socket.on('error', () => socket.destroy());
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    process.env['HTTPS_PROXY'] = `http://127.0.0.1:${port}`;
    return {
      asked,
      [Symbol.dispose]() {
        delete process.env['HTTPS_PROXY'];
        proxy.close();
      },
    };
  }
  test('the way is still to the address that was looked at', async () => {
    using company = await companyProxy();
    expect(await read(at('/pic.png'), ports())).toMatchObject({ mimeType: 'image/png' });
    expect(company.asked).toEqual([`CONNECT 127.0.0.1:${server.port} HTTP/1.1`]);
  });

  test('the certificate must still be for the name', async () => {
    using company = await companyProxy();
    expect(await read(at('/pic.png', 'other.example.test'), ports())).toEqual({
      problem: 'its host could not be reached',
    });
    expect(company.asked).toHaveLength(1);
  });

  test('what is not public is not asked for', async () => {
    using company = await companyProxy();
    const inside = ports({ resolve: async () => ['10.0.0.1'] });
    expect(await read(at('/pic.png'), inside)).toEqual({ problem: 'its host has no public address' });
    expect(company.asked).toEqual([]);
  });
});

describe('what is not read, and why', () => {
  test.each([
    ['/page.png', 'it is neither a picture that Gemini reads nor a PDF'],
    ['/empty.png', 'it is neither a picture that Gemini reads nor a PDF'],
    ['/missing.png', 'its host answered 404'],
    ['/partial.png', 'its host answered 206'],
    ['/moved.png', 'it leads on to another address, which is not followed'],
    ['/packed.png', 'its host sent it packed'],
    ['/declared-large.png', 'there is more of it than can be sent to Gemini'],
    ['/endless.png', 'there is more of it than can be sent to Gemini'],
  ])('%s', async (path, problem) => {
    expect(await read(at(path))).toEqual({ problem });
  });

  test.each<[string, Partial<UrlFetchPorts>]>([
    ['a name that is not there', { resolve: () => Promise.reject(new Error('ENOTFOUND')) }],
    ['no address', { resolve: async () => [] }],
    ['a private address', { resolve: async () => ['10.0.0.1'] }],
    ['a private one among public ones', { resolve: async () => ['127.0.0.1', '169.254.169.254'] }],
    ['loopback inside of IPv6', { resolve: async () => ['::ffff:127.0.0.1'] }],
  ])('%s: one sentence for all, and no connection', async (_, change) => {
    const doors = ports(change);
    expect(await read(at('/pic.png'), doors)).toEqual({ problem: 'its host has no public address' });
    expect(doors.asked).toEqual([]);
  });

  test('a certificate for another name', async () => {
    expect(await read(at('/pic.png', 'other.example.test'))).toEqual({
      problem: 'its host could not be reached',
    });
  });

  test('a certificate that nobody trusts', async () => {
    const strict = ports({ fetch: (url, init) => fetch(url, init) });
    expect(await read(at('/pic.png'), strict)).toEqual({ problem: 'its host could not be reached' });
  });
});

describe('all that a request names', () => {
  const never = new AbortController().signal;

  test('shares one budget of bytes', async () => {
    const half = Buffer.concat([PNG, new Uint8Array(11 * MEGABYTE)]);
    open['/half.png'] = () => new Response(half);
    const fetcher = createUrlFetcher(ports(), systemClock);
    const media = await fetcher.fetch(once(at('/half.png'), at('/half.png?again')), never);
    // They are read side by side, so either may be the one too many, or both.
    expect(media).toContainEqual({ problem: 'there is more of it than can be sent to Gemini' });
  });

  test('shares one deadline', async () => {
    const clock = new ManualClock();
    const fetcher = createUrlFetcher(ports(), clock);
    const arrived = Promise.withResolvers<void>();
    open['/slow.png'] = () => {
      arrived.resolve();
      return new Promise(() => {});
    };
    const media = fetcher.fetch(once(at('/slow.png'), at('/pic.png')), never);
    await arrived.promise;
    await clock.advance(14_999);
    await clock.advance(1);
    const [slow] = await media;
    expect(slow).toEqual({ problem: 'it was not read within 15 s' });
  });

  test('is at most eight at once in the process, whoever asks', async () => {
    let now = 0;
    let most = 0;
    const started = Promise.withResolvers<void>();
    const doors = ports({
      fetch: async () => {
        most = Math.max(most, ++now);
        if (now === 8) started.resolve();
        await started.promise;
        await Promise.resolve();
        now--;
        return new Response(PNG);
      },
    });
    const fetcher = createUrlFetcher(doors, systemClock);
    const urls = (name: string) =>
      once(...Array.from({ length: 10 }, (_, index) => at(`/${name}${index}.png`)));
    const all = await Promise.all([fetcher.fetch(urls('a'), never), fetcher.fetch(urls('b'), never)]);
    expect(all.flat().every((one) => 'data' in one)).toBe(true);
    expect(most).toBe(8);
  });

  test('is at most a hundred', async () => {
    const fetcher = createUrlFetcher(ports({ fetch: async () => new Response(PNG) }), systemClock);
    const urls = Array.from({ length: 102 }, (_, index) => at(`/pic.png?${index}`));
    const media = await fetcher.fetch(once(...urls), never);
    expect(media.filter((one) => 'problem' in one)).toEqual(
      Array(2).fill({ problem: 'only 100 URLs of a request are read' }),
    );
  });

  test('counts bytes as often as they will be sent', async () => {
    open['/large.png'] = () => new Response(Buffer.concat([PNG, new Uint8Array(3 * MEGABYTE)]));
    open['/large-unsaid.png'] = () => new Response(new Blob([PNG, new Uint8Array(3 * MEGABYTE)]).stream());
    const fetcher = createUrlFetcher(ports(), systemClock);
    for (const path of ['/large.png', '/large-unsaid.png']) {
      const read = async (uses: number) => (await fetcher.fetch([{ url: at(path), uses }], never))[0];
      expect(await read(6)).toMatchObject({ mimeType: 'image/png' });
      expect(await read(7)).toEqual({ problem: 'there is more of it than can be sent to Gemini' });
    }
  });

  test('is let go when the client leaves', async () => {
    const leaving = new AbortController();
    const media = createUrlFetcher(ports(), systemClock).fetch(once(at('/silent.png')), leaving.signal);
    leaving.abort(new Error('gone'));
    expect(media).rejects.toThrow('gone');
  });
});
