/**
 * Remembers for later requests which settings of thinking each model has refused. The memory is limited in size. After
 * a restart each such setting costs one refusal again.
 */
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

/** The most models that are remembered. Clients may ask for any model, each with a few levels. */
const MOST = 1_000;

const keyOf = (model: string, value: string | undefined) => JSON.stringify([model, value ?? null]);

export type MendedThinking = {
  request: GenerateContentRequest;
  refusal: ThinkingRefusal;
  /**
   * Remembers the refused setting for later requests. To be called once the model has accepted the changed body: if the
   * model refuses the changed body as well, something else was the cause.
   */
  learn(): void;
};

export class ThinkingMemory {
  readonly #cuts = new RecentMap<string, ThinkingCut>(MOST);

  /** Returns `request` without the settings that the model has refused before. */
  apply(model: string, request: GenerateContentRequest): GenerateContentRequest {
    const config = request.generationConfig?.thinkingConfig;
    if (!config) return request;
    const cut = this.#cuts.get(keyOf(model, undefined)) ?? this.#cuts.get(keyOf(model, wishOf(config)));
    return cut === undefined ? request : withoutThinking(request, cut);
  }

  /**
   * The changed request to send once more. Undefined where `error` is about something else, or where nothing can be
   * left out.
   */
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
