/** One request's dealings with tool declarations that Google refuses: what is known before, and what is learnt by it. */

import type { UpstreamError } from '../gemini/errors.ts';
import type { ModelFamily } from '../gemini/models.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../gemini/wire.ts';
import { parseKeepingDigits } from '../lib/exact-json.ts';
import type { Logger } from '../lib/log.ts';
import {
  type Change,
  type Fate,
  mendedTools,
  type Sweep,
  simplifiable,
  withReplaced,
} from '../translate/request/quarantine.ts';
import { declarationsOf, suspectsOf } from '../translate/request/quarantine-culprits.ts';
import { simpleDeclaration } from '../translate/request/quarantine-simplify.ts';
import type { Call } from './call.ts';
import type { QuarantineMemory } from './quarantine-memory.ts';
import { QuarantineSearch } from './quarantine-search.ts';

/** In one answer. Google often names one bad tool at a time; the last mending leaves no other to be named. */
const MOST_MENDINGS = 3;

const DONE = {
  simplified: 'sent in a simple form',
  dropped: 'left out',
} as const satisfies Record<Fate, string>;

export type QuarantineOptions = {
  memory: QuarantineMemory;
  family: ModelFamily;
  call: Pick<Call, 'id' | 'warn'>;
  logger: Pick<Logger, 'warn'>;
};

export class Quarantine {
  readonly #options: QuarantineOptions;
  #mendings = 0;
  #search: QuarantineSearch | undefined;

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** `request` without what was refused before. No work where nothing was. */
  apply(request: GenerateContentRequest): GenerateContentRequest {
    const { memory, family } = this.#options;
    if (memory.isEmpty || !request.tools) return request;
    // What was too much together may have been so before or after one of them was singled out.
    const named = this.#applyNamed(request);
    if (!memory.knowsList(family, named)) return this.#applySearch(named);
    const all = withReplaced(named, new Map(simplifiable(named).map((one) => [one, simpleDeclaration(one)])));
    if (!all) return named;
    this.#warn('all tools: sent in a simple form, because Gemini has refused them together');
    return this.#applyNamed(all);
  }

  /** A request of a search is no retry: it is answered before any model runs, and a list of tools is searched once. */
  get isSearching(): boolean {
    return this.#search !== undefined;
  }

  /** Google has taken the request. */
  taken(): void {
    const learnt = this.#search?.taken();
    this.#search = undefined;
    if (!learnt) return;
    const { declarations, because } = learnt;
    const tools = declarations.map(({ name }) => name).join(', ');
    this.#log({ tools, google: because }, `one of these tools is refused by Gemini: ${DONE.simplified}`);
  }

  /** The body to ask with once more, or undefined where `error` is about something else, or enough was tried. */
  mend(error: UpstreamError, body: string): string | undefined {
    if (error.kind !== 'status' || error.status !== 400) return undefined;
    const request = parseKeepingDigits(body) as GenerateContentRequest;
    const mended = this.#mendNamed(error, request) ?? this.#searchOn(error, request);
    return mended && JSON.stringify(mended);
  }

  #mendNamed(error: UpstreamError, request: GenerateContentRequest): GenerateContentRequest | undefined {
    if (this.#mendings === MOST_MENDINGS) return undefined;
    const reach = this.#mendings + 1 === MOST_MENDINGS ? 'everything' : 'named';
    const mending = mendedTools(error, request, reach);
    if (!mending) return undefined;
    this.#mendings++;
    for (const change of mending.changes) this.#noteChange(change);
    if (mending.sweep) this.#noteSweep(mending.sweep, request);
    return mending.request;
  }

  /** What an earlier answer has found out of these tools, and half of what it left open. */
  #applySearch(request: GenerateContentRequest): GenerateContentRequest {
    const { memory, family } = this.#options;
    const suspects = memory.suspectsIn(family, request) ?? [];
    if (suspects.length === 0) return request;
    const search = new QuarantineSearch(memory, family, request, suspects, 'refused before');
    return this.#tryNext(search, request) ?? request;
  }

  #searchOn(error: UpstreamError, request: GenerateContentRequest): GenerateContentRequest | undefined {
    const { memory, family } = this.#options;
    const suspects = suspectsOf(error, request);
    if (!suspects) return undefined;
    // None of these tools was to blame before.
    if (!this.#search && memory.suspectsIn(family, request)?.length === 0) return undefined;
    const { declarations, because } = suspects;
    this.#search ??= new QuarantineSearch(
      memory,
      family,
      request,
      declarations.filter((one) => simplifiable(request).includes(one)),
      because,
    );
    return this.#tryNext(this.#search, request);
  }

  #tryNext(search: QuarantineSearch, request: GenerateContentRequest): GenerateContentRequest | undefined {
    const next = search.next(request);
    this.#search = next && search;
    if (!next) return undefined;
    const count = search.simple.length;
    this.#warn(`${count} tools: ${DONE.simplified}, to find the one that Gemini refuses (${search.because})`);
    return next;
  }

  #applyNamed(request: GenerateContentRequest): GenerateContentRequest {
    const instead = new Map<FunctionDeclaration, FunctionDeclaration | 'dropped'>();
    for (const declaration of declarationsOf(request)) {
      const other = this.#insteadOf(declaration);
      if (other) instead.set(declaration, other);
    }
    const applied = withReplaced(request, instead);
    // The one tool that must be called is refused: Google says so once more, in its own words.
    if (!applied) return request;
    for (const [{ name }, other] of instead) {
      const done = DONE[other === 'dropped' ? other : 'simplified'];
      this.#warn(`${name}: ${done}, because Gemini has refused its declaration`);
    }
    return applied;
  }

  /** What was simplified may have been refused in that form, too. */
  #insteadOf(declaration: FunctionDeclaration): FunctionDeclaration | 'dropped' | undefined {
    const { memory, family } = this.#options;
    const fate = memory.fateOf(family, declaration);
    if (fate !== 'simplified') return fate;
    const simple = simpleDeclaration(declaration);
    return memory.fateOf(family, simple) === 'dropped' ? 'dropped' : simple;
  }

  #noteChange({ declaration, fate, because, holdsFor }: Change): void {
    const { memory, family } = this.#options;
    const { name } = declaration;
    this.#warn(`${name}: ${DONE[fate]}, refused by Gemini (${because})`);
    if (holdsFor === 'content' && !memory.remember(family, declaration, fate)) return;
    this.#log({ tool: name, google: because }, `a tool declaration is refused by Gemini: ${DONE[fate]}`);
  }

  #noteSweep({ count, cause, because }: Sweep, sent: GenerateContentRequest): void {
    const { memory, family } = this.#options;
    this.#warn(`${count} tools: ${DONE.simplified} (${because})`);
    if (cause === 'spared' || !memory.rememberList(family, sent)) return;
    this.#log({ tools: count, google: because }, `tools are refused by Gemini together: ${DONE.simplified}`);
  }

  #log(fields: Record<string, unknown>, message: string): void {
    const { logger, call, family } = this.#options;
    logger.warn({ request_id: call.id, family, ...fields }, message);
  }

  #warn(detail: string): void {
    this.#options.call.warn('tool-changed', 'tools', detail);
  }
}
