/**
 * Estimates prompts better than from the request alone: Google has counted the earlier prompts of the same session, and
 * most of a prompt was in the one before. So an estimate is Google's last count, and the estimated difference to what
 * was counted then.
 */
import { countingOf } from '../../gemini/estimate/request-rates.ts';
import { type RequestSize, requestSize } from '../../gemini/estimate/request-size.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { RecentMap } from '../../lib/recent-map.ts';

/** A prompt that Google has counted. Sizes of the same content are equal to the last digit. */
type Counted = {
  readonly model: string;
  readonly head: number;
  readonly contents: number;
  readonly estimated: number;
  readonly counted: number;
};

type Session = {
  /** The latest prompts; the last one comes first. A session has several conversations: its own, and those of its subagents. */
  latest: readonly Counted[];
  /** What prompts have grown by from turn to turn: by our estimates, and by Google's counts. */
  grownByEstimate: number;
  grownByCount: number;
};

const MOST_SESSIONS = 1_000;
const MOST_CONVERSATIONS = 8;
/** So many tokens of growth count as if they had been half as far off as the last prompt as a whole. */
const TRUST_TOKENS = 2_000;
/** So many tokens of a prompt count as if they had been estimated well: a short prompt says little. */
const TRUST_IN_WHOLE = 500;
/** How far a session may change its estimates. */
const [LEAST_SCALE, MOST_SCALE] = [0.5, 2];

/**
 * The client's session, and the model. A client that names no session has no earlier counts: what it is told must not
 * depend on what other clients have sent.
 */
export type PromptOf = { session: string | undefined; model: GeminiModel };

export class PromptSizes {
  readonly #sessions = new RecentMap<string, Session>(MOST_SESSIONS);

  size(request: GenerateContentRequest, model: GeminiModel): RequestSize {
    return requestSize(request, countingOf(model));
  }

  /** The tokens of a prompt, about. */
  tokens({ session, model }: PromptOf, size: RequestSize): number {
    const known = session === undefined ? undefined : this.#sessions.get(session);
    const ofModel = known?.latest.filter((one) => one.model === model.id) ?? [];
    // Where the history was changed or compacted, the estimate goes on from the latest prompt with the same system
    // prompt and tools.
    const before = continued(ofModel, size) ?? ofModel.find(({ head }) => head === size.head);
    const scale = known ? scaleOf(known, before ?? ofModel[0]) : 1;
    const tokens = before ? before.counted + scale * (size.total - before.estimated) : scale * size.total;
    return Math.max(1, Math.round(tokens));
  }

  /** To be called with Google's last count of a prompt. */
  counted({ session, model }: PromptOf, { head, upTo, total }: RequestSize, tokens: number): void {
    if (session === undefined) return;
    const known = this.#sessions.get(session) ?? { latest: [], grownByEstimate: 0, grownByCount: 0 };
    const ofModel = known.latest.filter((one) => one.model === model.id);
    const before = continued(ofModel, { head, upTo, total });
    const now = { model: model.id, head, contents: upTo.length, estimated: total, counted: tokens };
    const others = known.latest.filter((one) => one !== before);
    this.#sessions.set(session, {
      latest: [now, ...others].slice(0, MOST_CONVERSATIONS),
      grownByEstimate: known.grownByEstimate + (before ? total - before.estimated : 0),
      grownByCount: known.grownByCount + (before ? tokens - before.counted : 0),
    });
  }
}

/**
 * How much more Google counts for what is added than we estimate. Until enough was added, the last prompt as a whole
 * says half of it: its tools may be off by more than its texts, but a model's other tokenizer is off everywhere.
 */
function scaleOf({ grownByEstimate, grownByCount }: Session, last: Counted | undefined): number {
  const whole = last ? (last.counted + TRUST_IN_WHOLE) / (last.estimated + TRUST_IN_WHOLE) : 1;
  const scale = (grownByCount + ((1 + whole) / 2) * TRUST_TOKENS) / (grownByEstimate + TRUST_TOKENS);
  return Math.min(MOST_SCALE, Math.max(LEAST_SCALE, scale));
}

/** The longest of the counted prompts with which the prompt begins. */
const continued = (counted: readonly Counted[], { head, upTo }: RequestSize): Counted | undefined =>
  counted
    .filter((one) => one.head === head && upTo[one.contents - 1] === one.estimated)
    .toSorted((a, b) => b.contents - a.contents)[0];
