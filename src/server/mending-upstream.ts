/**
 * Upstream for one answer: a refusal that a mended request gets around costs one more request, and no try; and what
 * goes out with another key than it was made for goes without signatures.
 */
import type { Backend, UpstreamCall, UpstreamReply } from '../backend/backend.ts';
import type { KeyRoute } from '../backend/keys.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { Exchange } from '../lib/ports.ts';
import { bodyWithoutSignatures, repairedBody } from '../translate/request/repair.ts';
import type { Call } from './call.ts';

export type UpstreamRequest = {
  upstream: UpstreamCall;
  model: GeminiModel;
  exchange: Exchange;
  /** The body was made for the key that it has in hand. */
  route: KeyRoute;
};

export class MendingUpstream {
  readonly #request: UpstreamRequest;
  readonly #call: Call;
  #body: string;
  #stream: boolean;
  /** Whose signatures may be in the body. */
  #madeFor: Backend;
  /** A second refusal of the same kind is told: mending again would change nothing. */
  #mended = false;

  constructor(request: UpstreamRequest, call: Call) {
    this.#request = request;
    this.#call = call;
    this.#body = request.upstream.body;
    this.#stream = request.upstream.stream;
    this.#madeFor = request.route.backend;
  }

  async generate(signal: AbortSignal): Promise<UpstreamReply> {
    try {
      return await this.#send(signal);
    } catch (error) {
      if (!this.#mend(error)) throw error;
      return await this.#send(signal);
    }
  }

  /** From the next try on. */
  askUnary(): void {
    this.#stream = false;
  }

  #send(signal: AbortSignal): Promise<UpstreamReply> {
    const { upstream, exchange, route } = this.#request;
    const { backend } = route;
    if (backend !== this.#madeFor) this.#remakeFor(backend);
    this.#call.facts.key = `#${backend.keyFingerprint}`;
    return backend.generate({ ...upstream, body: this.#body, stream: this.#stream }, exchange, signal);
  }

  #remakeFor(backend: Backend): void {
    this.#madeFor = backend;
    const body = bodyWithoutSignatures(this.#body, this.#request.model);
    if (body === this.#body) return;
    this.#body = body;
    this.#call.warn('signature', 'messages', 'left out: another key answers, which cannot read them');
  }

  /** What was mended stays so for the tries to come. */
  #mend(error: unknown): boolean {
    if (this.#mended || !(error instanceof UpstreamError)) return false;
    const body = repairedBody(error, this.#body, this.#request.model);
    if (body === undefined) return false;
    this.#mended = true;
    this.#body = body;
    this.#call.warn(
      'signature',
      'messages',
      `refused by Gemini (${error.message}); asked again without signatures`,
    );
    return true;
  }
}
