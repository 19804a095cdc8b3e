/** Which ways to think which models have refused, for the requests to come. In memory and bounded: a restart costs one refusal each. */
import type { UpstreamError } from '../gemini/errors.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import { RecentMap } from '../lib/recent-map.ts';
import {
  type ThinkingCut,
  type ThinkingRefusal,
  thinkingRefusal,
  wishOf,
  withoutThinking,
} from '../translate/request/thinking-refused.ts';

/** Clients may ask for any model, each with a few levels. */
const MOST = 1_000;

const keyOf = (model: string, value: string | undefined) => JSON.stringify([model, value ?? null]);

export type MendedThinking = {
  request: GenerateContentRequest;
  refusal: ThinkingRefusal;
  /** For the requests to come, once the model has taken the body: what is refused all the same was refused for something else. */
  learn(): void;
};

export class ThinkingMemory {
  readonly #cuts = new RecentMap<string, ThinkingCut>(MOST);

  /** `request` without what the model has refused before. */
  apply(model: string, request: GenerateContentRequest): GenerateContentRequest {
    const config = request.generationConfig?.thinkingConfig;
    if (!config) return request;
    const cut = this.#cuts.get(keyOf(model, undefined)) ?? this.#cuts.get(keyOf(model, wishOf(config)));
    return cut === undefined ? request : withoutThinking(request, cut);
  }

  /** The request to ask with once more; undefined where `error` is about something else, or nothing is left to be done. */
  mendRequest(
    model: string,
    error: UpstreamError,
    request: GenerateContentRequest,
  ): MendedThinking | undefined {
    const refusal = thinkingRefusal(error, request);
    if (!refusal) return undefined;
    return {
      request: withoutThinking(request, refusal.cut),
      refusal,
      learn: () => this.#cuts.set(keyOf(model, refusal.value), refusal.cut),
    };
  }
}
