/**
 * Upstream for one answer: a refusal that a mended request gets around costs one more request, and the first of these no
 * retry (why: docs/decisions/0024-schema-quarantine.md); and what goes out with another key than it was made for goes without signatures.
 */

import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { KeyRoute } from '../keys/keys.ts';
import type { Exchange } from '../lib/ports.ts';
import { bodyWithoutSignatures, repairedBody } from '../translate/request/repair.ts';
import type { Backend, UpstreamReply } from '../upstream/backend.ts';
import { estimateBodyTokens } from './estimate-tokens.ts';
import type { Job } from './job.ts';
import type { RequestMedia } from './media/request-media.ts';
import type { ThinkingMemory } from './thinking-memory.ts';
import type { Quarantine } from './tool-quarantine.ts';

export type UpstreamRequest = {
  model: GeminiModel;
  /** The serialised Gemini request. */
  body: string;
  exchange: Exchange;
  /** The body was made for the key that it has in hand. */
  route: KeyRoute;
  /** Of the model's generation. */
  quarantine: Quarantine;
  thinking: ThinkingMemory;
  media: Pick<RequestMedia, 'mended' | 'letGo'>;
};

export class MendingUpstream {
  readonly #request: Omit<UpstreamRequest, 'body'>;
  readonly #call: Job;
  #body: string;
  /** Whose signatures may be in the body. */
  #madeFor: Backend;
  /** All of them are taken out at once: a second refusal is told. */
  #signaturesMended = false;
  /** URLs have given way to bytes. */
  #urlsMended = false;
  #mended = false;
  /** What other requests are to know of the mendings, once Google has taken what they made. */
  readonly #learnt: (() => void)[] = [];

  constructor(request: UpstreamRequest, call: Job) {
    const { body, ...rest } = request;
    this.#request = rest;
    this.#call = call;
    this.#body = body;
    this.#madeFor = rest.route.backend;
  }

  /**
   * `stream`: false asks for the whole answer at once. One mending is free; for each further one `mayRetry` is asked, as for
   * any other retry.
   */
  async generate(stream: boolean, mayRetry: () => boolean, signal: AbortSignal): Promise<UpstreamReply> {
    for (;;) {
      try {
        const reply = await this.#send(stream, signal);
        this.#request.quarantine.taken();
        for (const learn of this.#learnt.splice(0)) learn();
        return reply;
      } catch (error) {
        if (!(await this.#mendUrls(error)) && !this.#mend(error, mayRetry)) throw error;
        this.#call.facts.mended++;
        this.#request.route.sentAgain(() => estimateBodyTokens(this.#body));
      }
    }
  }

  /** As it was sent last: made for the key in the route's hand, and mended. */
  get body(): string {
    return this.#body;
  }

  /** Nothing will be sent any more. */
  letGo(): void {
    this.#body = '';
    this.#request.media.letGo();
  }

  #send(stream: boolean, signal: AbortSignal): Promise<UpstreamReply> {
    const { model, exchange, route } = this.#request;
    const { backend } = route;
    if (backend !== this.#madeFor) this.#remakeFor(backend);
    this.#call.facts.key = `#${backend.keyFingerprint}`;
    return backend.generate({ model: model.id, body: this.#body, stream }, exchange, signal);
  }

  #remakeFor(backend: Backend): void {
    this.#madeFor = backend;
    const body = bodyWithoutSignatures(this.#body, this.#request.model);
    if (body === this.#body) return;
    this.#body = body;
    this.#call.warn('signature', 'messages', 'left out: another key answers, which cannot read them');
  }

  /** What was mended stays so for the tries to come. Bounded: signatures once, thinking twice, tools as often as the quarantine lets. */
  #mend(error: unknown, mayRetry: () => boolean): boolean {
    if (!(error instanceof UpstreamError) || error.status !== 400) return false;
    const ofOurs = this.#withoutSignatures(error) ?? this.#withoutThinking(error);
    const { quarantine } = this.#request;
    const body = ofOurs ?? quarantine.mend(error, this.#body);
    if (body === undefined) return false;
    const isFree = !this.#mended || (ofOurs === undefined && quarantine.isSearching);
    if (!isFree && !mayRetry()) return false;
    this.#body = body;
    this.#mended = true;
    return true;
  }

  /** Free, and once. Throws what to tell the client where that ends the answer. */
  async #mendUrls(error: unknown): Promise<boolean> {
    const body = this.#urlsMended ? undefined : await this.#request.media.mended(error, this.#body);
    if (body === undefined) return false;
    this.#urlsMended = true;
    this.#body = body;
    return true;
  }

  #withoutSignatures(error: UpstreamError): string | undefined {
    if (this.#signaturesMended) return undefined;
    const body = repairedBody(error, this.#body, this.#request.model);
    if (body === undefined) return undefined;
    this.#signaturesMended = true;
    this.#call.warn(
      'signature',
      'messages',
      `refused by Gemini (${error.message}); asked again without signatures`,
    );
    return body;
  }

  #withoutThinking(error: UpstreamError): string | undefined {
    if (failureClass(error) !== 'thinking') return undefined;
    const { model, thinking } = this.#request;
    const mended = thinking.mend(model.id, error, this.#body);
    if (!mended) return undefined;
    this.#learnt.push(() => mended.learn());
    const what = mended.refusal.fate === 'setting' ? 'a level or budget' : 'a word on thinking';
    this.#call.warn(
      'value-clamped',
      'thinking',
      `refused by Gemini (${error.message}); asked again without ${what}, and so are later requests if that is taken`,
    );
    return mended.body;
  }
}
