/** The media that one request names by URL: who reads them, and what was read, whatever models and keys are tried. */
import { MessagesError } from '../../anthropic/errors.ts';
import type { Message } from '../../anthropic/request.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { parseKeepingDigits } from '../../lib/exact-json.ts';
import type { FetchedMedia, UrlMedia } from '../../translate/context.ts';
import { refusalOf, type UrlPlace, urlPlaces, urlsToFetch } from '../../translate/request/media/url-media.ts';
import {
  holdsMedia,
  isUrlRefused,
  linkedUrls,
  mayReadBytes,
  requestWithBytes,
} from '../../translate/request/media/url-repair.ts';
import type { Job } from '../job.ts';
import type { AnswerPorts } from '../ports.ts';

export class RequestMedia {
  readonly #places: readonly UrlPlace[];
  /** At how many places each URL stands. */
  readonly #uses = new Map<string, number>();
  readonly #call: Job;
  readonly #deps: Pick<AnswerPorts, 'settings' | 'urlFetcher'>;
  #fetched = new Map<string, FetchedMedia>();

  constructor(messages: readonly Message[], call: Job, deps: Pick<AnswerPorts, 'settings' | 'urlFetcher'>) {
    this.#places = urlPlaces(messages);
    for (const { url } of this.#places) this.#uses.set(url, (this.#uses.get(url) ?? 0) + 1);
    this.#call = call;
    this.#deps = deps;
  }

  /** What translation for `model` may know; reads what `model` cannot be sent to. */
  async forModel(model: GeminiModel): Promise<UrlMedia> {
    const { google, proxy } = this.#deps.settings.urlFetch;
    if (proxy) await this.#read(urlsToFetch(this.#places, model, google));
    return { byGoogle: google, fetched: this.#fetched };
  }

  /**
   * `request` with bytes for URLs, where Google has just refused these and this process may read them; undefined where that is not the
   * trouble. Throws a MessagesError that names the block where nobody can read them.
   */
  async mendedRequest(
    error: unknown,
    request: GenerateContentRequest,
  ): Promise<GenerateContentRequest | undefined> {
    if (!(error instanceof UpstreamError) || !mayReadBytes(error)) return undefined;
    const urls = linkedUrls(request);
    if (urls.length === 0) return undefined;
    if (!this.#deps.settings.urlFetch.proxy) {
      // What Google finds unreadable may as well be bytes that the client sent.
      if (isUrlRefused(error) || !holdsMedia(request)) throw this.#refused(error, urls);
      return undefined;
    }
    await this.#read(urls);
    const mended = requestWithBytes(request, this.#fetched, this.#call.warn, (url, problem) => {
      throw this.#refusal(url, problem, error);
    });
    this.#call.warn(
      'content-changed',
      'messages',
      `Gemini could not read a URL (${error.message}); its bytes are sent`,
    );
    return mended;
  }

  /** The same on a body that is serialised already. */
  async mended(error: unknown, body: string): Promise<string | undefined> {
    if (!(error instanceof UpstreamError) || !mayReadBytes(error)) return undefined;
    const mended = await this.mendedRequest(error, parseKeepingDigits(body) as GenerateContentRequest);
    return mended && JSON.stringify(mended);
  }

  /** No more is asked: bytes need not be kept any longer. */
  letGo(): void {
    this.#fetched = new Map();
  }

  async #read(urls: readonly string[]): Promise<void> {
    const unread = urls.filter((url) => !this.#fetched.has(url));
    if (unread.length === 0) return;
    const wanted = unread.map((url) => ({ url, uses: this.#uses.get(url) ?? 1 }));
    const media = await this.#deps.urlFetcher.fetch(wanted, this.#call.signal);
    for (const [index, url] of unread.entries())
      this.#fetched.set(url, media[index] ?? { problem: 'it was not read' });
  }

  /** Of several, the one that Google names; else the first: which one it was is not told. */
  #refused(error: UpstreamError, urls: readonly string[]): MessagesError {
    const named = urls.filter((url) => error.message.includes(url)).sort((a, b) => b.length - a.length);
    const url = named[0] ?? urls[0] ?? '';
    return this.#refusal(url, `Gemini could not read it (${error.message.replace(/\.$/, '')})`, error);
  }

  #refusal(url: string, problem: string, cause: UpstreamError): MessagesError {
    const path = this.#places.find((place) => place.url === url)?.path ?? 'messages';
    return new MessagesError('invalid_request_error', refusalOf(path, problem), { cause });
  }
}
