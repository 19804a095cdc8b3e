/** Upstream for one answer: a refusal that a mended request gets around costs one more request, and no try. */
import type { UpstreamCall, UpstreamReply } from '../backend/backend.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { Exchange } from '../lib/ports.ts';
import { repairedBody } from '../translate/request/repair.ts';
import type { Call } from './call.ts';
import type { ServerDeps } from './deps.ts';

export type UpstreamRequest = { upstream: UpstreamCall; model: GeminiModel; exchange: Exchange };

export class MendingUpstream {
  readonly #request: UpstreamRequest;
  readonly #call: Call;
  readonly #deps: ServerDeps;
  #body: string;
  /** A second refusal of the same kind is told: mending again would change nothing. */
  #mended = false;

  constructor(request: UpstreamRequest, call: Call, deps: ServerDeps) {
    this.#request = request;
    this.#call = call;
    this.#deps = deps;
    this.#body = request.upstream.body;
  }

  async generate(signal: AbortSignal): Promise<UpstreamReply> {
    try {
      return await this.#send(signal);
    } catch (error) {
      if (!this.#mend(error)) throw error;
      return await this.#send(signal);
    }
  }

  #send(signal: AbortSignal): Promise<UpstreamReply> {
    const { upstream, exchange } = this.#request;
    return this.#deps.backend.generate({ ...upstream, body: this.#body }, exchange, signal);
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
