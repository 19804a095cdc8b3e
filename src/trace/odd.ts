/** Decides what is unusual in a request. Everything that shows or counts this uses the decision made here. */
import { RecentMap } from '../lib/recent-map.ts';
import type { Summary } from './summary.ts';

/** The worst thing that can be said about a request. */
export type Sign =
  /** The client got an error. */
  | 'failed'
  /** The request waited, was sent again or elsewhere, was answered late, or much less of its prompt came from the cache than before. */
  | 'slow'
  /** The request or the answer was changed on its way. */
  | 'changed'
  | 'ordinary';

export type Oddness = {
  sign: Sign;
  /** The milliseconds after which this model usually begins to answer. Set only where it needed much longer. */
  usualFirstMs?: number;
  /** The share of the prompt that came from the cache, from 0 to 1: earlier, and now. Set only where the share fell. */
  cache?: { now: number; before: number };
};

/** Milliseconds. */
const LONG_WAIT = 1_000;
const LATE = 10_000;
/** Milliseconds. A person who waits for the next words begins to wonder after that. */
export const LONG_SILENCE_MS = 10_000;
/** An answer is late if its beginning needed this many times as long as usual. */
const MUCH_LATER = 3;
/** Tokens. A smaller prompt is read as quickly without the cache. */
const LARGE_PROMPT = 10_000;
const CACHE_FELL = 0.5;

/** The number of answers of a model that are remembered, to know what is usual. */
const REMEMBERED = 31;
/** Fewer answers than this say nothing. */
const ENOUGH = 5;
const MAX_MODELS = 50;
const MAX_CONVERSATIONS = 2_000;

const median = (values: readonly number[]): number | undefined =>
  values.length < ENOUGH ? undefined : values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Remembers what was usual until now. */
export class Ordinary {
  /** For each model, the milliseconds to the first content of its latest answers. */
  readonly #first = new RecentMap<string, number[]>(MAX_MODELS);
  /** For each conversation, the share of the prompt that came from the cache. */
  readonly #cached = new RecentMap<string, number>(MAX_CONVERSATIONS);

  /** To be called once for each request, when the request has ended. */
  judge(summary: Summary): Oddness {
    const usualFirstMs = this.#lateness(summary);
    const cache = this.#cacheFall(summary);
    const odd = {
      ...(usualFirstMs === undefined ? {} : { usualFirstMs }),
      ...(cache === undefined ? {} : { cache }),
    };
    if (summary.error) return { sign: 'failed', ...odd };
    if (usualFirstMs !== undefined || cache || isHeldUp(summary)) return { sign: 'slow', ...odd };
    return { sign: summary.mended.length > 0 || summary.warnings > 0 ? 'changed' : 'ordinary' };
  }

  /** The milliseconds after which the model usually begins to answer; undefined where too little is known. */
  usualFirstMs(model: string): number | undefined {
    return median(this.#first.get(model) ?? []);
  }

  #lateness({ model, modelTookMs: first }: Summary): number | undefined {
    if (model === undefined || first === undefined) return undefined;
    const before = this.#first.get(model) ?? [];
    const usual = first > LATE ? median(before) : undefined;
    if (before.length === 0) this.#first.set(model, before);
    before.push(first);
    if (before.length > REMEMBERED) before.shift();
    return usual !== undefined && first > MUCH_LATER * usual ? usual : undefined;
  }

  #cacheFall({ asked, model, usage }: Summary): Oddness['cache'] {
    if (!asked?.session || !usage) return undefined;
    const prompt = usage.in + usage.cached;
    if (prompt < LARGE_PROMPT) return undefined;
    const conversation = [asked.session, asked.agent, asked.caller, model].join(' ');
    const before = this.#cached.get(conversation);
    const now = usage.cached / prompt;
    this.#cached.set(conversation, now);
    return before !== undefined && now < CACHE_FELL * before ? { now, before } : undefined;
  }
}

/** True where the request was sent again, or elsewhere, or had to wait, or upstream fell silent. */
export const isHeldUp = (summary: Summary): boolean =>
  summary.retries > 0 ||
  summary.failovers > 0 ||
  summary.replaced !== undefined ||
  summary.silences.length > 0 ||
  summary.waits.some(({ tookMs }) => tookMs >= LONG_WAIT);
