/**
 * The table of models: limits, how their thinking is set, special behaviour, price, how long they are served. An id
 * without a row is treated like the newest model. The rows are in `model-rows.ts`; a user's file and Google's own list
 * may add to them.
 */

import { RecentMap } from '../lib/recent-map.ts';
import type { Price } from '../prices/prices.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ThinkingLevel } from './wire.ts';

export type Thinking =
  /** The model cannot think. */
  | { kind: 'none' }
  /** Thinking is set by a token budget; `off` says whether 0 is allowed. */
  | { kind: 'budget'; min: number; max: number; off: boolean }
  /** Thinking is set by a level (lowest first), and cannot be switched off. */
  | { kind: 'level'; levels: readonly ThinkingLevel[] };

/**
 * Beginnings of prompts that Google keeps by name (`cachedContents`); undefined where the model has none. `storage`:
 * dollars for each million tokens and hour.
 */
export type Caching = { minTokens: number; storage: number };

/** The family of a model. Only models of the same family accept its signatures. */
export type ModelFamily = 'gemini-1.5' | 'gemini-2.0' | 'gemini-2.5' | 'gemini-3' | 'gemini-4';

export type GeminiModel = {
  id: string;
  /** Set where Vertex AI serves the model, and not the Gemini API. */
  host?: 'vertex';
  displayName: string;
  family: ModelFamily;
  /** Tokens. */
  inputTokens: number;
  /** The most tokens of one streamed request's answer, including thoughts. */
  outputTokens: number;
  /** True where a longer answer goes on in further requests (`CONTINUATION`). Then any limit may be asked for. */
  longAnswers: boolean;
  thinking: Thinking;
  /**
   * `required`: a call of the current turn that lacks its signature gets a 400. `optional`: signatures help, but may be
   * absent.
   */
  signatures: 'none' | 'optional' | 'required';
  /**
   * True where the model accepts media inside `functionResponse.parts`. For other models media become parts beside the
   * responses.
   */
  mediaInResponses: boolean;
  /** True where function responses must stand in a content of their own, with nothing after them. */
  responsesAlone: boolean;
  /** True where the model needs the id of a call in `functionCall` and `functionResponse`. */
  callIds: boolean;
  /** True where the model reads media by public https URLs in `fileData`. */
  readsUrls: boolean;
  /** True where the model accepts a JSON mime type together with function declarations. */
  jsonWithTools: boolean;
  /**
   * Whether the model honours sampling parameters. Gemini 4 ignores them, and Google asks clients to leave them out
   * from Gemini 3 on.
   */
  sampling: 'honoured' | 'ignored';
  caching: Caching | undefined;
  price: Price;
  lifecycle: Lifecycle;
  /** ISO date of release. It gives `/v1/models` its order. */
  released: string;
};

/** Google's moving aliases and the model that each points to today. `modelVersion` in the answer names the real one. */
const ALIASES: Readonly<Record<string, string>> = {
  'gemini-flash-latest': 'gemini-3.8-flash',
  'gemini-flash-lite-latest': 'gemini-3.5-flash-lite',
  'gemini-pro-latest': 'gemini-4-argon',
};

const NEWEST = 'gemini-4-argon';
/** How many rows of ids that are not in the table are remembered. */
const MOST_MADE = 100;

/** The rows of all models, and the rules by which an id finds its row. It never changes: another list makes another table. */
export class ModelTable {
  /** Newest first. */
  readonly rows: readonly GeminiModel[];
  /** The table of the day that was asked for last. */
  #today: { day: string; table: ModelTable } | undefined;
  readonly #byId: ReadonlyMap<string, GeminiModel>;
  /** The beginnings of ids and the rows that they mean, the longest first. */
  readonly #stems: readonly { stem: string; model: GeminiModel }[];
  /** The rows for other ids. Many requests name the same id: those that are kept then share one row. */
  readonly #made = new RecentMap<string, GeminiModel>(MOST_MADE);

  constructor(rows: readonly GeminiModel[]) {
    this.rows = [...rows].sort((a, b) => b.released.localeCompare(a.released));
    this.#byId = new Map(rows.map((model) => [model.id, model]));
    this.#stems = rows
      .map((model) => ({ stem: `${model.id.replace(/-preview$/, '')}-`, model }))
      .sort((a, b) => b.stem.length - a.stem.length);
  }

  /** The row under exactly this id. */
  own(id: string): GeminiModel | undefined {
    return this.#byId.get(id);
  }

  /** True where `id` has a row. (`row` gives a row for any id.) */
  isKnown(id: string): boolean {
    return this.#known(id) !== undefined;
  }

  /** The row for `id`. An unknown id gets the newest model's row under its own name; its price nobody knows. */
  row(id: string): GeminiModel {
    const row = this.#byId.get(id) ?? this.#made.get(id);
    if (row) return row;
    const made = this.#make(id);
    this.#made.set(id, made);
    return made;
  }

  #make(id: string): GeminiModel {
    const known = this.#known(id);
    if (known) return { ...known, id };
    const newest = this.own(NEWEST) ?? this.rows[0];
    if (!newest) throw new Error('a table of models without rows');
    return { ...newest, id, price: { ...newest.price, tiers: [] } };
  }

  /** The same table with these rows in place of those with the same ids, or beside them. */
  with(rows: readonly GeminiModel[]): ModelTable {
    if (rows.length === 0) return this;
    const ids = new Set(rows.map(({ id }) => id));
    return new ModelTable([...this.rows.filter(({ id }) => !ids.has(id)), ...rows]);
  }

  /**
   * The table as it is on a day (ISO). From some day on Google answers a model's requests with another model: then the
   * row has that one's abilities, limits and price, under its own name.
   */
  on(day: string): ModelTable {
    if (this.#today?.day !== day) {
      const others = this.rows.flatMap((model) => this.#routed(model, day) ?? []);
      this.#today = { day, table: this.with(others) };
    }
    return this.#today.table;
  }

  #routed(model: GeminiModel, day: string): GeminiModel | undefined {
    const { id, displayName, lifecycle, released, host } = model;
    const { routed } = lifecycle;
    // Vertex AI has dates of its own.
    if (!routed || routed.from > day || host) return undefined;
    const answers = this.own(routed.to);
    return answers && { ...answers, id, displayName, lifecycle, released };
  }

  /**
   * The row of `id`: its own row, the row of its alias, or the row of the longest known id with which it begins
   * (`gemini-2.5-flash-preview-09-2025`).
   */
  #known(id: string): GeminiModel | undefined {
    const exact = this.own(id) ?? this.own(ALIASES[id] ?? id);
    return exact ?? this.#stems.find(({ stem }) => id.startsWith(stem))?.model;
  }
}
