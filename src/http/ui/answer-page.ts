/** `/ui`: the page of the inspector, and its files. They hold no data, so they need no key. */
import type { ClientRequest } from '../client-request.ts';
import { notFound } from '../responses.ts';
import { inspected } from './api.ts';
import { type PageFile, pageAsset, pageHtml } from './page-files.ts';

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

/** The hashes by which a policy allows the scripts that stand in the page: its import map. */
const inlineHashes = (html: string): string[] =>
  [...html.matchAll(INLINE_SCRIPT)].map(
    ([, text = '']) => `'sha256-${new Bun.CryptoHasher('sha256').update(text).digest('base64')}'`,
  );

/** The content security policy: a browser loads nothing from elsewhere, runs nothing that a text holds, and shows the page in no frame. */
const policyOf = (html: string): string =>
  [
    "default-src 'self'",
    ["script-src 'self'", ...inlineHashes(html)].join(' '),
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "base-uri 'none'",
    "object-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** A new version of the proxy brings new files under the same names, so browsers ask each time whether a file is the same. */
const headersOf = ({ type, tag }: PageFile) => ({
  'content-type': type,
  'cache-control': 'no-cache',
  etag: tag,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
});

const missing = (client: ClientRequest) => notFound(client.url.pathname);

export const answerPage = inspected(async ({ client }) => {
  const page = await pageHtml();
  if (!page) throw missing(client);
  return new Response(page.text, {
    headers: { ...headersOf(page), 'content-security-policy': policyOf(page.text) },
  });
});

export const answerPageAsset = inspected(async ({ client }) => {
  const { asset = '', inner } = client.params;
  const file = await (inner === undefined ? pageAsset(asset) : pageAsset(inner, asset));
  if (!file) throw missing(client);
  const headers = headersOf(file);
  if (client.headers.get('if-none-match') === file.tag) return new Response(null, { status: 304, headers });
  return new Response(file.text, { headers });
});
