/**
 * Reads one page from the web, under guard: text, HTML as its text, or a PDF. Pages move, so redirects are followed, a
 * few; each address on the way must pass the guard, and the rules of the tool, as the first one did.
 */
import type { WebFetchError } from '../../anthropic/server-answers.ts';
import { textTokens } from '../../gemini/estimate/text-tokens.ts';
import { mediaTypeOf } from '../../translate/request/media/media-type.ts';
import { urlProblem } from '../../translate/request/media/url-media.ts';
import { openGuarded, readGuarded, TooLarge, type UrlFetchPorts } from '../media/guarded-fetch.ts';
import { textOfHtml } from './html-text.ts';
import { textOfBytes } from './page-charset.ts';

export type WantedPage = {
  url: string;
  /** The most tokens of a text. */
  mostTokens: number;
  /** True for an address that the tool may read. */
  allows(url: URL): boolean;
};

export type Failure = WebFetchError['error_code'];

/** What a page holds: text, or a PDF in base64; or why it was not read. */
export type PageContent =
  | { mimeType: 'text/plain'; text: string; title?: string | undefined }
  | { mimeType: 'application/pdf'; data: string }
  | { failed: Failure };

const ACCEPT =
  'text/html, application/xhtml+xml, text/*;q=0.9, application/json;q=0.9, application/pdf;q=0.9';
const MOST_REDIRECTS = 5;
/** Bytes. */
const LARGEST = 10 * 1024 * 1024;
/** No text has more characters for each of its tokens. */
const MOST_PER_TOKEN = 16;

/** Bytes in which a page shows that it is HTML. */
const BEGINNING = 256;

const HTML = /^(?:text\/html|application\/xhtml\+xml)$/;
const TEXT =
  /^(?:text\/.+|application\/(?:[\w.-]+\+)?(?:json|xml|javascript|x-javascript|yaml|x-yaml|x-ndjson))$/;
const PDF = 'application/pdf';

class PageFailure extends Error {
  override readonly name = 'PageFailure';
  readonly code: Failure;

  constructor(code: Failure) {
    super(code);
    this.code = code;
  }
}

/** Rejects only with the signal's reason. */
export async function fetchPage(
  wanted: WantedPage,
  ports: UrlFetchPorts,
  signal: AbortSignal,
): Promise<PageContent> {
  // Ends the connection of a body that is not read to its end.
  const done = new AbortController();
  try {
    const { response, url } = await follow(wanted, ports, AbortSignal.any([signal, done.signal]));
    const bytes = await readGuarded(response, 1, { left: LARGEST });
    return await contentOf(bytes, response.headers.get('content-type') ?? '', url, wanted.mostTokens);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PageFailure) return { failed: error.code };
    if (error instanceof TooLarge) return { failed: 'content_too_large' };
    return { failed: 'url_not_accessible' };
  } finally {
    done.abort();
  }
}

/** Upgrades an address to https: nothing else is read. */
const overHttps = (url: string): URL => new URL(url.replace(/^http:/i, 'https:'));

async function follow({ url: first, allows }: WantedPage, ports: UrlFetchPorts, signal: AbortSignal) {
  let url = overHttps(first);
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    if (urlProblem(url.href) !== undefined || !allows(url)) throw new PageFailure('url_not_allowed');
    const response = await openGuarded({ url, accept: ACCEPT }, ports, signal);
    const { status, headers } = response;
    const location = status >= 300 && status < 400 ? headers.get('location') : null;
    const next = location === null ? null : URL.parse(location, url.href);
    if (!next) {
      if (status !== 200) throw new PageFailure('url_not_accessible');
      return { response, url: url.href };
    }
    await response.body?.cancel();
    url = overHttps(next.href);
  }
  throw new PageFailure('url_not_accessible');
}

async function contentOf(
  bytes: Uint8Array,
  contentType: string,
  url: string,
  mostTokens: number,
): Promise<PageContent> {
  const shown = mediaTypeOf(bytes);
  if (shown === PDF) return { mimeType: PDF, data: Buffer.from(bytes).toString('base64') };
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isHtml = HTML.test(type) || (type === '' && looksLikeHtml(bytes));
  if (shown !== undefined || (!isHtml && type !== '' && !TEXT.test(type)))
    throw new PageFailure('unsupported_content_type');
  if (bytes.includes(0) && !isWide(bytes)) throw new PageFailure('unsupported_content_type');
  const text = textOfBytes(bytes, contentType, isHtml);
  const most = mostTokens * MOST_PER_TOKEN;
  const page = isHtml
    ? await textOfHtml(text, url, most)
    : { text: text.slice(0, most).trim(), title: undefined };
  return { mimeType: 'text/plain', text: cut(page.text, mostTokens), title: page.title };
}

/** For hosts that do not say what they send. */
const looksLikeHtml = (bytes: Uint8Array): boolean =>
  /^\s*<(?:!doctype html|html|head)\b/i.test(Buffer.from(bytes.subarray(0, BEGINNING)).toString('latin1'));

/** True for UTF-16, whose bytes may be 0. */
const isWide = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/** The beginning of a text, with about so many tokens. */
function cut(text: string, mostTokens: number): string {
  const tokens = textTokens(text);
  if (tokens <= mostTokens) return text;
  return text.slice(0, Math.floor((text.length * mostTokens) / tokens)).toWellFormed();
}
