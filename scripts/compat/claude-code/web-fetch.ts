/**
 * WebFetch, which Claude Code does by itself: it wants https and a public name. So the name leads through an HTTP proxy, as in a company, to a page on loopback,
 * with a certificate that the client is told to trust. The page is then read by a model, which is our part.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateFor } from '../../../tests/support/programs/certificate.ts';
import { serveTunnels } from '../../../tests/support/programs/http-proxy.ts';
import { type Bench, type Case, must, mustContain } from '../case.ts';
import { ask, mustBeServed } from './claude.ts';

const HOST = 'pages.compat.example';
const SECRET = 'The lighthouse was built in 1871 – Größe: 二十七 m.';

async function run(bench: Bench): Promise<void> {
  const certificate = certificateFor(HOST);
  const fetched: string[] = [];
  const pages = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: certificate,
    fetch(request) {
      fetched.push(new URL(request.url).pathname);
      const html = `<html><head><title>Lighthouse</title></head><body><h1>A page</h1><p>${SECRET}</p></body></html>`;
      return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
    },
  });
  bench.ends(() => pages.stop(true));
  const asked: string[] = [];
  const tunnels = await serveTunnels(pages.port ?? 0, (head) => {
    asked.push(head.split(' ')[1] ?? '');
    return head.startsWith(`connect ${HOST}:443 `) ? undefined : '403 Forbidden';
  });
  bench.ends(() => tunnels.stop());
  const trusted = join(bench.home, 'pages.pem');
  writeFileSync(trusted, certificate.cert);
  const google = bench.google();
  const proxy = await bench.proxy(google);
  const said = await ask(bench, proxy, {
    prompt: `compat: fetch https://${HOST}/lighthouse and tell`,
    // Else it asks its maker first whether the page may be read, which needs the internet.
    args: ['--settings', JSON.stringify({ skipWebFetchPreflight: true })],
    env: { HTTPS_PROXY: tunnels.url, NO_PROXY: '127.0.0.1', NODE_EXTRA_CA_CERTS: trusted },
  });
  must(
    fetched.includes('/lighthouse'),
    () =>
      `the page was not fetched; the way out was asked for ${asked.join(', ') || 'nothing'}; ${said.results.join(' ')}`,
  );
  const helper = google.asked.find(
    ({ body }) => JSON.stringify(body.contents).includes('1871') && !body.tools,
  );
  must(helper !== undefined, () => 'no model was asked about the page');
  mustContain(JSON.stringify(helper?.body.contents), SECRET, 'what the model was shown');
  mustContain(said.results.join('\n'), 'The page says 1871.', 'the result of WebFetch');
  mustContain(said.result, 'WebFetch said: The page says 1871.', 'the answer');
  mustBeServed(proxy);
}

export const webFetch: Case = { name: 'web-fetch', what: 'WebFetch of a page', seconds: 90, run };
