/**
 * What one answer sends upstream, with one model. A request is made for one key; with any other key it is sent without
 * signatures. A request that Gemini refuses is changed, if a change helps (why:
 * docs/decisions/0024-schema-quarantine.md).
 */
import { UpstreamError } from '../gemini/errors.ts';
import type { RequestSize } from '../gemini/estimate/request-size.ts';
import { isFileGone } from '../gemini/files.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import type { KeyRoute } from '../keys/keys.ts';
import type { Exchange } from '../lib/ports.ts';
import type { AnswerPlan } from '../translate/context.ts';
import type { MediaPart } from '../translate/request/items.ts';
import { marked, withPlaced } from '../translate/request/media/moved-media.ts';
import { repairedRequest, requestWithoutSignatures } from '../translate/request/repair.ts';
import type { WarningCode } from '../translate/warnings.ts';
import type { Backend } from '../upstream/backend.ts';
import type { RequestCaching } from './caching/request-caching.ts';
import type { Job } from './job.ts';
import type { KeptBodies } from './kept-bodies.ts';
import type { Cut, Lessons } from './lessons.ts';
import type { MovedMedium } from './media/moved-media.ts';
import type { RequestMedia } from './media/request-media.ts';
import type { PlacedMedium, Uploads } from './media/uploads.ts';
import type { PromptSizes } from './sizes/prompt-sizes.ts';
import type { Quarantine } from './tool-quarantine.ts';

export type OutgoingOptions = {
  model: GeminiModel;
  request: GenerateContentRequest;
  /** The media that the request has marks for, and the same request with these media in it, by which it is measured. */
  moved?: { media: readonly MovedMedium[]; whole: GenerateContentRequest };
  uploads: Pick<Uploads, 'place' | 'forget'>;
  exchange: Exchange;
  /** The key that `route` has at this moment is the key for which the request was made. */
  route: KeyRoute;
  /** The tool declarations that the model's generation has refused. */
  quarantine: Quarantine;
  /** What models have refused before. */
  lessons: Lessons;
  media: Pick<RequestMedia, 'mendedRequest' | 'letGo'>;
  /** What Google has counted for this session and others. */
  sizes: PromptSizes;
  session: string | undefined;
  /** Explicit caching; undefined where nothing of the request is kept. */
  caching?: RequestCaching | undefined;
};

/** A change that avoids the refusal. */
export type Mending = {
  /**
   * True where the change costs no retry: the first change of an answer, and every change in the search for the refused
   * tool.
   */
  isFree: boolean;
  apply(): void;
};

type Changed = {
  request: GenerateContentRequest;
  what: string;
  isFree: boolean;
  moved?: readonly MovedMedium[];
};

/** Where the media are that were moved out of the request, for requests with the key of `backend`. */
type Placed = { backend: Backend; media: ReadonlyMap<string, MediaPart>; uris: readonly string[] };

/** The size of a request that was released before anybody asked for its size. */
const NOTHING: RequestSize = { head: 0, upTo: [], total: 0 };

export class Outgoing {
  readonly model: GeminiModel;
  readonly route: KeyRoute;
  readonly exchange: Exchange;
  readonly quarantine: Quarantine;
  readonly #lessons: Lessons;
  readonly #media: OutgoingOptions['media'];
  readonly #sizes: PromptSizes;
  readonly #session: string | undefined;
  readonly #caching: RequestCaching | undefined;
  readonly #job: Job;
  #request: GenerateContentRequest | undefined;
  /** The request as it is measured, where that is another one. */
  #whole: GenerateContentRequest | undefined;
  /** The media that `#request` has marks for. */
  #moved: readonly MovedMedium[];
  #placed: Placed | undefined;
  readonly #uploads: OutgoingOptions['uploads'];
  /** True once files were uploaded anew because Google did not have them any more. */
  #filesMended = false;
  /** The text of `#request`, serialised as JSON. */
  #text: string | undefined;
  /** The size of `#request`. It is kept when the request is released, if anybody may ask for it. */
  #size: RequestSize | undefined;
  /** What Google has counted for `#request`. */
  #told: number | undefined;
  /** The key and family whose signatures the request may contain. */
  #madeFor: Backend;
  /**
   * True once all signatures were taken out. A second refusal because of signatures then goes to the client, since
   * there is nothing more to take out.
   */
  #signaturesMended = false;
  /** True once the bytes of media have replaced their URLs. */
  #urlsMended = false;
  #mended = false;
  /** What other requests should know about the changes, once Google has accepted them. */
  readonly #learnt: (() => void)[] = [];

  constructor(options: OutgoingOptions, job: Job) {
    this.model = options.model;
    this.route = options.route;
    this.exchange = options.exchange;
    this.quarantine = options.quarantine;
    this.#request = options.request;
    this.#whole = options.moved?.whole;
    this.#moved = options.moved?.media ?? [];
    this.#uploads = options.uploads;
    this.#lessons = options.lessons;
    this.#media = options.media;
    this.#sizes = options.sizes;
    this.#session = options.session;
    this.#caching = options.caching;
    this.#madeFor = options.route.backend();
    this.#job = job;
  }

  /** The request as it is sent; undefined once the request was released. */
  get request(): GenerateContentRequest | undefined {
    const { media } = this.#placed ?? {};
    return this.#request && media ? withPlaced(this.#request, media) : this.#request;
  }

  /**
   * To be called before the body is sent with the route's present key: media that are too large for it go to Google
   * first. Rejects as `Uploads` does.
   */
  async placeMedia(signal: AbortSignal): Promise<void> {
    const backend = this.route.backend();
    if (this.#moved.length === 0 || this.#placed?.backend === backend) return;
    const found = await this.#uploads.place(this.#moved, backend, signal);
    const media = this.#moved.map((medium, index) => [medium.mark, partOf(medium, found[index])] as const);
    this.#placed = { backend, media: new Map(media), uris: found.flatMap(({ uri }) => uri ?? []) };
    this.#text = undefined;
    const bytes = this.#moved.reduce((sum, medium) => sum + medium.bytes.size, 0);
    this.#job.trace.tell({ type: 'uploaded', media: media.length, bytes });
  }

  /** The body in the form in which it is sent with the route's present key. Empty once the request was released. */
  text(): string {
    const backend = this.route.backend();
    if (backend !== this.#madeFor) this.#remakeFor(backend);
    // Files at Google may be removed before their time, and so would be what is kept of them.
    const caching = this.#request && this.#moved.length === 0 ? this.#caching : undefined;
    return (this.#request && caching?.body(this.#request, backend)) ?? this.body;
  }

  /** The latest body that was made. Empty once the request was released. */
  get body(): string {
    this.#text ??= this.#request === undefined ? '' : JSON.stringify(this.request);
    return this.#text;
  }

  /** The tokens of the prompt: as Google has counted them, or else estimated, by what it has counted before. */
  tokens(): number {
    const { model } = this;
    return this.#told ?? this.#sizes.tokens({ session: this.#session, model }, this.#sized());
  }

  /** To be called where the answer begins with Google's count of the prompt. */
  told(tokens: number): void {
    this.#told = tokens;
  }

  /** To be called where a call of the answer has an id. */
  idsGiven(): void {
    this.#lessons.idsGiven(this.model);
  }

  /**
   * To be called with Google's last count of the prompt: it makes later estimates of the session better. `cached`: what
   * of it came from a cache.
   */
  counted(tokens: number, cached = 0): void {
    this.#caching?.counted(cached);
    this.#sizes.counted({ session: this.#session, model: this.model }, this.#sized(), tokens);
  }

  /**
   * To be called when Google has accepted the request: what its changes have shown then holds for other requests, too.
   */
  taken(): void {
    this.quarantine.taken();
    for (const learn of this.#learnt.splice(0)) learn();
    this.#caching?.taken(
      () => ({ size: this.#sized(), tokens: this.tokens() }),
      () => this.route.sentAgain(() => this.tokens()),
    );
  }

  /**
   * The change that avoids the refusal `error`. Undefined where no change would help: the error is about something
   * else, or enough changes were made. Throws the client's error where the refusal ends the answer. URLs and signatures
   * are changed once, thinking is changed twice, and tools are changed as often as the quarantine allows.
   */
  async mending(error: unknown): Promise<Mending | undefined> {
    const request = this.#request;
    if (!request) return undefined;
    const changed =
      this.#withFilesAnew(error, request) ??
      this.#withoutKept(error, request) ??
      (await this.#withBytes(error, request)) ??
      this.#changed(error, request);
    if (!changed) return undefined;
    return {
      isFree: changed.isFree,
      apply: () => {
        if (changed.moved) this.#moved = changed.moved;
        if (changed.moved) this.#placed = undefined;
        this.#become(changed.request);
        this.#mended = true;
        this.#job.trace.tell({ type: 'mended', what: changed.what });
        this.route.sentAgain(() => this.tokens());
      },
    };
  }

  /** To be called when nothing more will be sent, or nothing but the request for the rest of the answer. */
  letGo(): void {
    this.release('everything');
  }

  /** To be called when the answer has ended. May be called repeatedly. */
  end(): void {}

  protected release(what: 'everything' | 'all but the body'): void {
    // An estimate takes time. Where Google has told its count, only later prompts of the session have a use for one.
    if (this.#session !== undefined || this.#told === undefined) this.#sized();
    this.#text = what === 'everything' ? undefined : this.body;
    this.#request = undefined;
    this.#whole = undefined;
    this.#moved = [];
    this.#placed = undefined;
    this.#media.letGo();
  }

  /** The body that asks for the rest of an answer: the same body, and Google's token. Undefined once the body was released. */
  bodyForRest(token: string): string | undefined {
    const { body } = this;
    return body === '' ? undefined : `${body.slice(0, -1)},"continuationToken":${JSON.stringify(token)}}`;
  }

  #sized(): RequestSize {
    const measured = this.#whole ?? this.#request;
    this.#size ??= measured ? this.#sizes.size(measured, this.model) : NOTHING;
    return this.#size;
  }

  #become(request: GenerateContentRequest): void {
    this.#request = request;
    this.#whole = undefined;
    this.#text = undefined;
    this.#size = undefined;
    this.#told = undefined;
  }

  #remakeFor(backend: Backend): void {
    this.#madeFor = backend;
    const request = this.#request && requestWithoutSignatures(this.#request, this.model);
    if (!request || request === this.#request) return;
    this.#become(request);
    this.#job.warn('signature', 'messages', 'left out: another key answers, which cannot read them');
  }

  /** The same request, which is sent whole from now on. */
  #withoutKept(error: unknown, request: GenerateContentRequest): Changed | undefined {
    return this.#caching?.refused(error) ? { request, what: 'cache', isFree: true } : undefined;
  }

  async #withBytes(error: unknown, request: GenerateContentRequest): Promise<Changed | undefined> {
    const mended = this.#urlsMended
      ? undefined
      : await this.#media.mendedRequest(error, request, this.model, this.#moved);
    if (!mended) return undefined;
    this.#urlsMended = true;
    return { request: mended.made, moved: mended.moved, what: 'URLs', isFree: true };
  }

  /** The same request, whose media are uploaded once more: Google may remove a file before its time. */
  #withFilesAnew(error: unknown, request: GenerateContentRequest): Changed | undefined {
    const { uris = [] } = this.#placed ?? {};
    if (this.#filesMended || uris.length === 0) return undefined;
    if (!(error instanceof UpstreamError) || !isFileGone(error)) return undefined;
    this.#filesMended = true;
    this.#uploads.forget(uris);
    return { request, moved: this.#moved, what: 'files', isFree: true };
  }

  #changed(error: unknown, request: GenerateContentRequest): Changed | undefined {
    if (!(error instanceof UpstreamError) || error.status !== 400) return undefined;
    const isFree = !this.#mended;
    const unsigned = this.#withoutSignatures(error, request);
    if (unsigned) return { request: unsigned, what: 'signatures', isFree };
    const taught = this.#withoutRefused(error, request);
    if (taught) return { ...taught, isFree };
    const declared = this.quarantine.mendRequest(error, request);
    return declared && { request: declared, what: 'tools', isFree: isFree || this.quarantine.isSearching };
  }

  #withoutSignatures(
    error: UpstreamError,
    request: GenerateContentRequest,
  ): GenerateContentRequest | undefined {
    const mended = this.#signaturesMended ? undefined : repairedRequest(error, request, this.model);
    if (!mended) return undefined;
    this.#signaturesMended = true;
    const detail = `refused by Gemini (${error.message}); asked again ${mended.how}`;
    this.#job.warn('signature', 'messages', detail);
    return mended.request;
  }

  #withoutRefused(
    error: UpstreamError,
    request: GenerateContentRequest,
  ): { request: GenerateContentRequest; what: string } | undefined {
    const mended = this.#lessons.mendRequest(this.model, error, request);
    if (!mended) return undefined;
    this.#learnt.push(() => mended.learn());
    const [what, code, path, left] = CUTS[mended.cut];
    this.#job.warn(
      code,
      path,
      `refused by Gemini (${error.message}); asked again ${left}, and so are later requests if that is taken`,
    );
    return { request: mended.request, what };
  }
}

/** For each cut: its name in the story, the kind of change, the field of the client's request, and what the change was. */
const CUTS = {
  setting: ['thinking', 'value-clamped', 'thinking', 'without a level or budget'],
  everything: ['thinking', 'value-clamped', 'thinking', 'without a word on thinking'],
  limit: ['limit', 'value-clamped', 'max_tokens', 'with what the model gives in one request'],
  turns: ['turns', 'history-repaired', 'messages', 'with the results of tools in turns of their own'],
  'ids-refused': ['ids', 'history-repaired', 'messages', 'without the ids of calls'],
} as const satisfies Record<Cut, readonly [what: string, code: WarningCode, path: string, left: string]>;

/** The part for a medium that was moved: the bytes themselves, where nobody takes them as a file. */
const partOf = ({ mimeType, data = '' }: MovedMedium, placed: PlacedMedium | undefined): MediaPart =>
  placed?.uri === undefined ? { inlineData: { mimeType, data } } : marked(mimeType, placed.uri);

/** The outgoing request for a message. */
export class OutgoingMessage extends Outgoing {
  /** What the translation of the answer must know about the request. */
  readonly plan: AnswerPlan;
  readonly #kept: KeptBodies;
  /** Gives back the room for the body that is kept for the rest of a long answer. */
  #giveRoomBack: (() => void) | undefined;

  constructor(options: OutgoingOptions, plan: AnswerPlan, kept: KeptBodies, job: Job) {
    super(options, job);
    this.plan = plan;
    this.#kept = kept;
  }

  /** The body is kept only where the model may give its answer in several requests, and while there is room for it. */
  override letGo(): void {
    this.#giveRoomBack = this.model.longAnswers ? this.#kept.keep(this.body.length) : undefined;
    this.release(this.#giveRoomBack ? 'all but the body' : 'everything');
  }

  override end(): void {
    if (!this.#giveRoomBack) return;
    this.#giveRoomBack();
    this.#giveRoomBack = undefined;
    this.release('everything');
  }
}
