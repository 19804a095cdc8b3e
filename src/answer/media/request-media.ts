/**
 * The media of one request that cannot be sent as they came: media that are named by URL, uploaded files that are named
 * by id, and pictures that Gemini does not read. Who reads a URL, what a file holds, and what a picture is in PNG, is found
 * out once, however many models and keys are asked.
 */

import type { DocumentBlock } from '../../anthropic/content.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { Message } from '../../anthropic/request.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import { isStorageObject } from '../../gemini/vertex.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { citablePlaces, pdfIn, wantsCitations } from '../../translate/citing/sources.ts';
import type {
  ConvertedPicture,
  FetchedMedia,
  FoundFile,
  MediaFacts,
  PdfPages,
} from '../../translate/context.ts';
import { fileIds } from '../../translate/request/media/file-media.ts';
import { isUnread, unreadPictures } from '../../translate/request/media/inline-media.ts';
import { mediaPlaces } from '../../translate/request/media/media-places.ts';
import {
  idOfMark,
  isMark,
  type MarkedMedium,
  mediaToMove,
  movedIn,
} from '../../translate/request/media/moved-media.ts';
import {
  bytesInstead,
  type UrlPlace,
  urlPlaces,
  urlsToFetch,
} from '../../translate/request/media/url-media.ts';
import {
  holdsMedia,
  isUrlRefused,
  linkedUrls,
  mayReadBytes,
  requestWithBytes,
} from '../../translate/request/media/url-repair.ts';
import type { Job } from '../job.ts';
import type { AnswerPorts } from '../ports.ts';
import { bytesOfBase64, type MovedMedium } from './moved-media.ts';

type Ports = Pick<
  AnswerPorts,
  'settings' | 'urlFetcher' | 'fileReader' | 'pictures' | 'pdfs' | 'requestBytes'
>;

/** As many as Anthropic accepts. */
const MOST_PICTURES = 100;
const TOO_MANY: ConvertedPicture = {
  problem: `the proxy converts only ${MOST_PICTURES} pictures of a request`,
};

/** How many PDFs of a request are read to be cited. */
const MOST_PDFS = 100;

/** The pictures among `media` that must be converted, in base64. */
const unreadOf = (media: readonly (FetchedMedia | FoundFile)[]): string[] =>
  media.flatMap((one) => ('data' in one && isUnread(one.mimeType, one.data) ? [one.data] : []));

/** A request, and the media that were moved out of it. `whole`: the request as it is with the media in it. */
export type Fitted<T> = { made: T; moved: readonly MovedMedium[]; whole: GenerateContentRequest };

const NONE: MediaFacts['moved'] = new Map();
/** The share of a request that is left for what is added to it later. */
const LEFT_FREE = 1 / 80;

export class RequestMedia {
  readonly #urls: readonly UrlPlace[];
  /** Pictures in the request itself, in base64. */
  readonly #unread: readonly string[];
  /** For each URL the number of places where it stands. */
  readonly #uses = new Map<string, number>();
  /** For each uploaded file the number of places where it is named. */
  readonly #fileUses = new Map<string, number>();
  /** The documents whose words are to be cited. */
  readonly #cited: readonly DocumentBlock[];
  readonly #job: Job;
  readonly #deps: Ports;
  #fetched = new Map<string, FetchedMedia>();
  #files = new Map<string, FoundFile>();
  #converted = new Map<string, ConvertedPicture>();
  #pages = new Map<string, PdfPages>();

  constructor(messages: readonly Message[], job: Job, deps: Ports) {
    const places = mediaPlaces(messages);
    this.#urls = urlPlaces(places);
    this.#unread = unreadPictures(places);
    for (const { url } of this.#urls) this.#uses.set(url, (this.#uses.get(url) ?? 0) + 1);
    for (const id of fileIds(messages, places)) this.#fileUses.set(id, (this.#fileUses.get(id) ?? 0) + 1);
    this.#cited = citablePlaces(messages).flatMap(({ block }) =>
      block.type === 'document' && wantsCitations(block) ? [block] : [],
    );
    this.#job = job;
    this.#deps = deps;
  }

  /** False where `model` cannot be given a URL of the request, and this process may not read it either. */
  areTakenBy(model: GeminiModel): boolean {
    return this.#urls.length === 0 || model.readsUrls || this.#deps.settings.urlFetch.proxy;
  }

  /**
   * What translation for `model` may know. Reads URLs that `model` cannot be given, and converts pictures that it does
   * not read.
   */
  async forModel(model: GeminiModel): Promise<MediaFacts> {
    const { google, proxy } = this.#deps.settings.urlFetch;
    if (proxy) await this.#read(urlsToFetch(this.#urls, model, google));
    await this.#readFiles();
    await this.#convert(this.#unread);
    await this.#readPdfs();
    return {
      byGoogle: google,
      fetched: this.#fetched,
      files: this.#files,
      converted: this.#converted,
      pages: this.#pages,
      moved: NONE,
    };
  }

  /**
   * Makes a request for `model`. Where it is too large, makes it once more, with its largest media moved out of it.
   * `before`: what was moved out of it before.
   */
  fitted<T>(
    { host }: Pick<GeminiModel, 'host'>,
    make: (moved: MediaFacts['moved']) => T,
    requestOf: (made: T) => GenerateContentRequest,
    before: readonly MovedMedium[] = [],
  ): Fitted<T> {
    const first = make(NONE);
    const whole = requestOf(first);
    // Vertex AI has no files of this kind, and other limits.
    const most = this.#deps.requestBytes * (1 - LEFT_FREE);
    const moved = host ? NONE : mediaToMove(whole, most, before.length);
    const made = moved.size > 0 ? make(moved) : first;
    const dataOf = new Map([...moved].map(([data, mark]) => [mark, data]));
    const media = movedIn(requestOf(made)).map(
      (one) => before.find(({ mark }) => mark === one.mark) ?? this.#opened(one, dataOf.get(one.mark)),
    );
    return { made, moved: media, whole };
  }

  #opened(medium: MarkedMedium, data: string | undefined): MovedMedium {
    if (data !== undefined) return { ...medium, bytes: bytesOfBase64(data), data };
    return { ...medium, bytes: this.#deps.fileReader.open(idOfMark(medium.mark)) };
  }

  /**
   * `request` with bytes in place of URLs, if Google has just refused the URLs and this process may read them;
   * undefined where the error is about something else. Throws a MessagesError that names the block where nobody can
   * read them.
   */
  async mendedRequest(
    error: unknown,
    request: GenerateContentRequest,
    model: GeminiModel,
    moved: readonly MovedMedium[],
  ): Promise<Fitted<GenerateContentRequest> | undefined> {
    if (!(error instanceof UpstreamError) || !mayReadBytes(error)) return undefined;
    // Only Google can read its storage.
    const urls = linkedUrls(request).filter((url) => !isStorageObject(url) && !isMark(url));
    if (urls.length === 0) return undefined;
    if (!this.#deps.settings.urlFetch.proxy) {
      // Google's refusal may also be about bytes that the client sent.
      if (isUrlRefused(error) || !holdsMedia(request)) throw this.#refused(error, urls);
      return undefined;
    }
    await this.#read(urls);
    const refuse = (url: string, problem: string): never => {
      throw this.#refusal(url, problem, error);
    };
    const mended = this.fitted(
      model,
      (now) => {
        const media = { fetched: this.#fetched, converted: this.#converted, moved: now };
        return requestWithBytes(request, media, this.#job.warn, refuse);
      },
      (made) => made,
      moved,
    );
    this.#job.warn(
      'content-changed',
      'messages',
      `Gemini could not read a URL (${error.message}); its bytes are sent`,
    );
    return mended;
  }

  /** To be called when nothing more will be sent: the bytes need not be kept any longer. */
  letGo(): void {
    this.#fetched = new Map();
    this.#files = new Map();
    this.#converted = new Map();
    this.#pages = new Map();
  }

  async #read(urls: readonly string[]): Promise<void> {
    const unread = urls.filter((url) => !this.#fetched.has(url));
    if (unread.length === 0) return;
    const wanted = unread.map((url) => ({ url, uses: this.#uses.get(url) ?? 1 }));
    const media = await this.#deps.urlFetcher.fetch(wanted, this.#job.signal);
    for (const [index, url] of unread.entries())
      this.#fetched.set(url, media[index] ?? { problem: 'it was not read' });
    await this.#convert(unreadOf(media));
  }

  async #readFiles(): Promise<void> {
    const wanted = [...this.#fileUses]
      .map(([id, uses]) => ({ id, uses }))
      .filter(({ id }) => !this.#files.has(id));
    if (wanted.length === 0) return;
    const found = await this.#deps.fileReader.read(wanted, this.#job.signal);
    for (const [index, { id }] of wanted.entries())
      this.#files.set(id, found[index] ?? { problem: 'The file was not read' });
    await this.#convert(unreadOf(found));
  }

  async #readPdfs(): Promise<void> {
    const media = { fetched: this.#fetched, files: this.#files };
    const pdfs = new Set(this.#cited.flatMap((block) => pdfIn(block, media) ?? []));
    for (const pdf of [...pdfs].slice(0, MOST_PDFS))
      if (!this.#pages.has(pdf)) this.#pages.set(pdf, await this.#deps.pdfs.read(pdf, this.#job.signal));
  }

  /** Converts one picture after the other, so that pictures of other requests are converted in between. */
  async #convert(pictures: readonly string[]): Promise<void> {
    const { pictures: converter } = this.#deps;
    for (const picture of pictures) {
      if (this.#converted.has(picture)) continue;
      const isOneTooMany = this.#converted.size >= MOST_PICTURES;
      const converted = isOneTooMany ? TOO_MANY : await converter.convert(picture, this.#job.signal);
      this.#converted.set(picture, converted);
    }
  }

  /** The URL that Google names, or else the first: Google does not always name one. */
  #refused(error: UpstreamError, urls: readonly string[]): MessagesError {
    const named = urls.filter((url) => error.message.includes(url)).sort((a, b) => b.length - a.length);
    const url = named[0] ?? urls[0] ?? '';
    const problem = `Gemini could not read it (${error.message.replace(/\.$/, '')})`;
    return this.#refusal(url, bytesInstead(problem), error);
  }

  #refusal(url: string, problem: string, cause: UpstreamError): MessagesError {
    const path = this.#urls.find((place) => place.url === url)?.path ?? 'messages';
    return new MessagesError('invalid_request_error', `${path}: ${problem}`, { cause });
  }
}
