/**
 * How one request deals with tool declarations that Google refuses: what was known before, and what this request
 * learns.
 */

import type { UpstreamError } from '../gemini/errors.ts';
import type { ModelFamily } from '../gemini/models.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../gemini/wire.ts';
import type { Logger } from '../lib/log.ts';
import { culpritsOf, declarationsOf, suspectsOf } from '../translate/request/quarantine/culprits.ts';
import {
  allWith,
  type Change,
  callable,
  type Fate,
  inForm,
  mendedTools,
  type Sweep,
  withFates,
} from '../translate/request/quarantine/quarantine.ts';
import type { Job } from './job.ts';
import type { QuarantineMemory } from './quarantine-memory.ts';
import { QuarantineSearch, type SearchedFor } from './quarantine-search.ts';

/**
 * The most changes in one answer. Google often names one bad tool at a time. The last change covers all tools, so
 * Google can name no other tool after it.
 */
const MOST_MENDINGS = 3;

/** The most further requests of searches in one answer, beyond the first request. */
const MOST_TRIALS = 6;

const DONE = {
  simplified: 'sent in a simple form',
  bare: 'sent with no more than the names and types of its arguments',
  dropped: 'left out',
} as const satisfies Record<Fate, string>;

export type QuarantineOptions = {
  memory: QuarantineMemory;
  family: ModelFamily;
  job: Pick<Job, 'id' | 'warn'>;
  logger: Pick<Logger, 'warn'>;
};

export class Quarantine {
  readonly #options: QuarantineOptions;
  #mendings = 0;
  #search: QuarantineSearch | undefined;
  #trials = 0;
  /** For each sentence of Google: the names of the tools that were changed in this answer because of that sentence. */
  readonly #blamed = new Map<string, Set<string>>();
  /**
   * What the changes of this answer mean for other requests. It is remembered for them only after Google has accepted
   * the changed request.
   */
  #learnt: (() => void)[] = [];

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** Returns `request` without what Google has refused before. Costs nothing where Google has refused nothing. */
  apply(request: GenerateContentRequest): GenerateContentRequest {
    const { memory, family } = this.#options;
    if (memory.isEmpty || !request.tools) return request;
    // Google may have refused a whole list before one of its tools was singled out, or after that.
    const named = this.#applyNamed(request);
    const form = memory.formOfList(family, named);
    return form === undefined ? this.#applySearch(named) : this.#applyList(named, form);
  }

  /** Puts all tools of a list into `form`. Google may have refused them in their simple form, too. */
  #applyList(request: GenerateContentRequest, form: Fate): GenerateContentRequest {
    const { memory, family } = this.#options;
    const all = withFates(request, allWith(callable(request), form));
    if (!all) return request;
    const next = memory.formOfList(family, all);
    if (next !== undefined && next !== form) return this.#applyList(all, next);
    this.#warn(`all tools: ${DONE[form]}, because Gemini has refused them together`);
    return this.#applyNamed(all);
  }

  /**
   * True while an answer searches for a refused tool. A request of such a search is no retry: Google answers it before
   * any model runs, and a list of tools is searched only once.
   */
  get isSearching(): boolean {
    return this.#search !== undefined;
  }

  /** To be called when Google has accepted the request: the declarations that were blamed were really to blame. */
  taken(): void {
    for (const learn of this.#learnt.splice(0)) learn();
    const learnt = this.#search?.taken();
    this.#search = undefined;
    if (!learnt) return;
    const { declarations, because, form } = learnt;
    const tools = declarations.map(({ name }) => name).join(', ');
    this.#log({ tools, google: because }, `one of these tools is refused by Gemini: ${DONE[form]}`);
  }

  /**
   * The changed request to send once more. Undefined where `error` is about something else, or where enough changes
   * were made.
   */
  mendRequest(error: UpstreamError, request: GenerateContentRequest): GenerateContentRequest | undefined {
    if (error.kind !== 'status' || error.status !== 400) return undefined;
    return this.#mendNamed(error, request) ?? this.#searchOn(error, request);
  }

  #mendNamed(error: UpstreamError, request: GenerateContentRequest): GenerateContentRequest | undefined {
    if (this.#mendings === MOST_MENDINGS) return undefined;
    const reach = this.#mendings + 1 === MOST_MENDINGS ? 'everything' : 'named';
    const mending = mendedTools(error, request, reach, this.#blamed);
    if (!mending) return undefined;
    this.#mendings++;
    for (const change of mending.changes) this.#noteChange(change);
    if (mending.sweep) this.#noteSweep(mending.sweep, request);
    return mending.request;
  }

  /**
   * Changes what an earlier answer has found to be bad among these tools, and continues the search that it left open.
   */
  #applySearch(request: GenerateContentRequest): GenerateContentRequest {
    const { memory, family } = this.#options;
    const suspects = memory.suspectsIn(family, request);
    if (!suspects) return request;
    const search = this.#searchFor({ ...suspects, request, mayDrop: false, isKnown: true });
    if (search.isVain) return request;
    const next = this.#tryNext(search, request) ?? request;
    // The first request of a search would be sent anyway, so it does not count.
    this.#trials = 0;
    return next;
  }

  #searchOn(error: UpstreamError, request: GenerateContentRequest): GenerateContentRequest | undefined {
    // Where Google names a tool that cannot be changed any more, no search helps: the client gets Google's error.
    const suspects = culpritsOf(error, request, this.#blamed) ? undefined : suspectsOf(error, request);
    if (!suspects) return undefined;
    const search = this.#search;
    const next = search && this.#tryNext(search, request);
    if (next || (search && !search.isKnown)) return next;
    const { memory, family } = this.#options;
    if (memory.isInnocent(family, request)) return undefined;
    const mayDrop = suspects.isCertain;
    return this.#tryNext(this.#searchFor({ ...suspects, request, mayDrop, isKnown: false }), request);
  }

  #searchFor(searched: SearchedFor): QuarantineSearch {
    const { memory, family } = this.#options;
    return new QuarantineSearch(memory, family, searched);
  }

  #tryNext(search: QuarantineSearch, request: GenerateContentRequest): GenerateContentRequest | undefined {
    this.#trials++;
    const next = search.next(request, (tried) => withFates(tried, this.#fatesIn(tried)) ?? tried);
    this.#search = next && search;
    if (!next || !search.trial || this.#trials > MOST_TRIALS) return undefined;
    const { of, form } = search.trial;
    const what = of.length === 1 ? (of[0]?.name ?? '') : `${of.length} tools`;
    this.#warn(`${what}: ${DONE[form]}, to find the one that Gemini refuses (${search.because})`);
    return next;
  }

  #applyNamed(request: GenerateContentRequest): GenerateContentRequest {
    const fates = this.#fatesIn(request);
    const applied = withFates(request, fates);
    // The only tool that the model must call is refused: the request is sent unchanged, so that the client gets
    // Google's own words.
    if (!applied) return request;
    for (const [{ name }, fate] of fates) {
      this.#warn(`${name}: ${DONE[fate]}, because Gemini has refused its declaration`);
    }
    return applied;
  }

  #fatesIn(request: GenerateContentRequest): Map<FunctionDeclaration, Fate> {
    const fates = new Map<FunctionDeclaration, Fate>();
    for (const declaration of declarationsOf(request)) {
      const fate = this.#fateOf(declaration);
      if (fate) fates.set(declaration, fate);
    }
    return fates;
  }

  /** The next fate of a declaration. Google may have refused the declaration in its simple form, too. */
  #fateOf(declaration: FunctionDeclaration): Fate | undefined {
    const { memory, family } = this.#options;
    const fate = memory.fateOf(family, declaration);
    if (fate === undefined || fate === 'dropped') return fate;
    return memory.fateOf(family, inForm(declaration, fate)) ?? fate;
  }

  #noteChange({ declaration, fate, because, holdsFor }: Change): void {
    const { memory, family } = this.#options;
    const { name } = declaration;
    this.#warn(`${name}: ${DONE[fate]}, refused by Gemini (${because})`);
    this.#blamed.set(because, (this.#blamed.get(because) ?? new Set()).add(name));
    this.#learnt.push(() => {
      if (holdsFor === 'content' && !memory.remember(family, declaration, fate)) return;
      this.#log({ tool: name, google: because }, `a tool declaration is refused by Gemini: ${DONE[fate]}`);
    });
  }

  #noteSweep({ count, form, cause, because }: Sweep, sent: GenerateContentRequest): void {
    const { memory, family } = this.#options;
    this.#warn(`${count} tools: ${DONE[form]} (${because})`);
    if (cause === 'spared') return;
    this.#learnt.push(() => {
      if (!memory.rememberList(family, sent, form)) return;
      this.#log({ tools: count, google: because }, `tools are refused by Gemini together: ${DONE[form]}`);
    });
  }

  #log(fields: Record<string, unknown>, message: string): void {
    const { logger, job, family } = this.#options;
    logger.warn({ request_id: job.id, family, ...fields }, message);
  }

  #warn(detail: string): void {
    this.#options.job.warn('tool-changed', 'tools', detail);
  }
}
