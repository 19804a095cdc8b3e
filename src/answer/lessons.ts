/**
 * Remembers what the host has taught about each model: the settings of thinking that it does not take, that it gives no
 * more than one request's output, and where the model's row is wrong about the form of calls and results. Later requests
 * are made accordingly. Lessons are kept over restarts, and expire, because Google changes its models.
 */
import type { UpstreamError } from '../gemini/errors.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { withoutCallIds } from '../translate/request/call-ids.ts';
import { withinLimit, withinOneRequest } from '../translate/request/limit-refused.ts';
import { mendedByResponsesAlone } from '../translate/request/responses-alone.ts';
import {
  type ThinkingCut,
  thinkingRefusal,
  wishOf,
  withoutThinking,
} from '../translate/request/thinking-refused.ts';

/**
 * Lessons that correct the row of a model; a later one wins. `turns`: turns with more in them than results of tools were
 * refused. `ids-given`: calls have come with ids, so the host wants them back. `ids-refused`: ids were refused.
 */
const ROWS = {
  turns: { responsesAlone: true },
  'ids-given': { callIds: true },
  'ids-refused': { callIds: false },
} as const satisfies Record<string, Partial<GeminiModel>>;

type RowCut = keyof typeof ROWS;
const ROW_CUTS = Object.keys(ROWS) as RowCut[];

/** What is left out of a refused request. `limit`: a limit for output beyond that of one request. */
export type Cut = ThinkingCut | 'limit' | Exclude<RowCut, 'ids-given'>;

/** A model may have taught a lesson about each of these. */
type About = 'thinking' | 'limit' | RowCut;
const aboutOf = (cut: Lesson['cut']): About => (cut === 'setting' || cut === 'everything' ? 'thinking' : cut);

/**
 * `value`: the refused level or budget; undefined where any value is refused. `until`: milliseconds since 1970, after
 * which the model is tried again.
 */
export type Lesson = { model: string; value?: string; cut: Cut | RowCut; until: number };

/** Keeps lessons over restarts. */
export type LessonStore = {
  read(): readonly Lesson[];
  write(lessons: readonly Lesson[]): void;
};

/** The most lessons that are remembered. Clients may ask for any model, each with a few levels. */
export const MOST_LESSONS = 1_000;
const KEPT_MS = 7 * 24 * 3_600_000;

export type Mended = {
  request: GenerateContentRequest;
  cut: Cut;
  /**
   * Remembers the lesson for later requests. To be called once the model has accepted the changed body: if the model
   * refuses the changed body as well, something else was the cause.
   */
  learn(): void;
};

const keyOf = (model: string, about: About, value: string | undefined) =>
  JSON.stringify([model, about, value ?? null]);

const keyOfLesson = ({ model, cut, value }: Lesson) => keyOf(model, aboutOf(cut), value);

const NOT_KEPT: LessonStore = { read: () => [], write() {} };

export class Lessons {
  readonly #lessons = new RecentMap<string, Lesson>(MOST_LESSONS);
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #store: LessonStore;

  constructor(clock: Pick<Clock, 'wall'>, store: LessonStore = NOT_KEPT) {
    this.#clock = clock;
    this.#store = store;
    for (const lesson of store.read()) this.#keep(lesson);
  }

  /** The model's row as the host has shown it to be. Requests are made by this row. */
  rowOf(model: GeminiModel): GeminiModel {
    let row = model;
    for (const cut of ROW_CUTS) if (this.#lesson(model.id, cut)) row = { ...row, ...ROWS[cut] };
    return row;
  }

  /** To be called where a call has come with an id. */
  idsGiven({ id, callIds }: GeminiModel): void {
    if (!callIds && !this.#lesson(id, 'ids-given')) this.#learn(id, 'ids-given', undefined);
  }

  /** Returns `request` without what the model has refused before. */
  apply(model: GeminiModel, request: GenerateContentRequest): GenerateContentRequest {
    if (this.#lessons.size === 0) return request;
    const config = request.generationConfig?.thinkingConfig;
    const limit = this.#lesson(model.id, 'limit');
    const within = (limit && withinLimit(request, model)) ?? request;
    if (!config) return within;
    const { cut } =
      this.#lesson(model.id, 'thinking') ?? this.#lesson(model.id, 'thinking', wishOf(config)) ?? {};
    return cut === 'setting' || cut === 'everything' ? withoutThinking(within, cut) : within;
  }

  /**
   * The changed request to send once more. Undefined where `error` is about something else, or where nothing can be
   * left out.
   */
  mendRequest(model: GeminiModel, error: UpstreamError, request: GenerateContentRequest): Mended | undefined {
    const refusal = thinkingRefusal(error, request);
    if (refusal) {
      const { cut, value } = refusal;
      return { request: withoutThinking(request, cut), cut, learn: () => this.#learn(model.id, cut, value) };
    }
    const within = withinOneRequest(error, request, model);
    if (within) return this.#mended(model.id, within, 'limit');
    const apart = mendedByResponsesAlone(error, request);
    if (apart) return this.#mended(model.id, apart, 'turns');
    const anonymous = withoutCallIds(error, request);
    return anonymous && this.#mended(model.id, anonymous, 'ids-refused');
  }

  #mended(model: string, request: GenerateContentRequest, cut: Cut): Mended {
    return { request, cut, learn: () => this.#learn(model, cut, undefined) };
  }

  #lesson(model: string, about: About, value?: string): Lesson | undefined {
    if (this.#lessons.size === 0) return undefined;
    const key = keyOf(model, about, value);
    const lesson = this.#lessons.get(key);
    if (!lesson || this.#isFresh(lesson)) return lesson;
    this.#lessons.delete(key);
    return undefined;
  }

  #learn(model: string, cut: Lesson['cut'], value: string | undefined): void {
    const until = this.#clock.wall().getTime() + KEPT_MS;
    this.#keep({ model, cut, until, ...(value === undefined ? {} : { value }) });
    // Other instances may have written lessons meanwhile.
    for (const lesson of this.#store.read()) {
      if (!this.#lessons.get(keyOfLesson(lesson))) this.#keep(lesson);
    }
    this.#store.write(
      [...this.#lessons].map(([, lesson]) => lesson).filter((lesson) => this.#isFresh(lesson)),
    );
  }

  #keep(lesson: Lesson): void {
    if (!this.#isFresh(lesson)) return;
    this.#lessons.set(keyOfLesson(lesson), lesson);
  }

  /** A lesson from the future, by a clock that was set back, counts as old. */
  #isFresh({ until }: Lesson): boolean {
    const left = until - this.#clock.wall().getTime();
    return left > 0 && left <= KEPT_MS;
  }
}
