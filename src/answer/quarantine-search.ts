/**
 * The search of one answer for a declaration that Google refuses and does not name. The search also finds out what
 * later requests should know about that declaration.
 */
import type { ModelFamily } from '../gemini/models.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../gemini/wire.ts';
import { allWith, callable, type Fate, withFates } from '../translate/request/quarantine/quarantine.ts';
import { type Trial, trialsFor } from '../translate/request/quarantine/search.ts';
import { isBare } from '../translate/request/quarantine/simplify.ts';
import type { QuarantineMemory, Suspected } from './quarantine-memory.ts';

export type Learnt = Suspected & { form: Fate };

export type SearchedFor = Suspected & {
  /** The request that would be sent without the search. */
  request: GenerateContentRequest;
  mayDrop: boolean;
  /** True where an earlier answer has found out that one of the suspects is certainly to blame. */
  isKnown: boolean;
};

export class QuarantineSearch {
  readonly #memory: QuarantineMemory;
  readonly #family: ModelFamily;
  readonly #searched: SearchedFor;
  /** The number of suspects that could still be made simpler. */
  readonly #odd: number;
  readonly #suspects: readonly FunctionDeclaration[];
  readonly #trials: Generator<Trial<FunctionDeclaration>>;
  #trial: Trial<FunctionDeclaration> | undefined;
  readonly because: string;

  constructor(memory: QuarantineMemory, family: ModelFamily, searched: SearchedFor) {
    const { request, declarations, because, mayDrop } = searched;
    this.#searched = searched;
    this.#memory = memory;
    this.#family = family;
    const all = new Set(callable(request));
    const within = declarations.filter((declaration) => all.has(declaration));
    const isOdd = (declaration: FunctionDeclaration) => !isBare(declaration);
    this.#odd = [...all].filter(isOdd).length;
    this.#suspects = within.filter(isOdd);
    const plain = within.filter(isBare);
    const droppable = mayDrop ? [...plain, ...this.#suspects] : [];
    this.#trials = trialsFor({ all: this.#suspects, droppable });
    this.because = because;
  }

  get isKnown(): boolean {
    return this.#searched.isKnown;
  }

  /** True where the search is useless: the model can call none of the suspects, or none can be made simpler. */
  get isVain(): boolean {
    return this.#suspects.length === 0;
  }

  /** The declarations that are changed in the request under way, and their form. */
  get trial(): Trial<FunctionDeclaration> | undefined {
    return this.#trial;
  }

  /**
   * Returns `sent` with other declarations changed than before; undefined where no change is left. `known` also puts in
   * what other answers have learnt about single declarations meanwhile.
   */
  next(
    sent: GenerateContentRequest,
    known: (request: GenerateContentRequest) => GenerateContentRequest,
  ): GenerateContentRequest | undefined {
    const { tools, toolConfig } = this.#searched.request;
    const whole = { ...sent, ...(tools ? { tools } : {}), ...(toolConfig ? { toolConfig } : {}) };
    // No `for of`, because leaving the loop would end the generator.
    for (let step = this.#trials.next(); !step.done; step = this.#trials.next()) {
      const trial = step.value;
      this.#trial = trial;
      const changed = withFates(whole, allWith(trial.of, trial.form));
      const next = changed && known(changed);
      if (next && JSON.stringify(next.tools) !== JSON.stringify(sent.tools)) return next;
    }
    this.#trial = undefined;
    this.#giveUp();
    return undefined;
  }

  /**
   * Ends the search, because no change has helped: Google refuses something else, perhaps besides one of the suspects.
   */
  #giveUp(): void {
    if (this.#searched.isKnown) this.#settle(this.#suspects, 'bare');
    else this.#memory.acquit(this.#family, this.#searched.request);
  }

  #settle(declarations: readonly FunctionDeclaration[], fate: Fate): void {
    this.#memory.clear(this.#family, this.#searched);
    for (const declaration of declarations) this.#memory.remember(this.#family, declaration, fate);
  }

  /**
   * To be called when Google has accepted the latest request. Returns what that shows; undefined where it shows nothing
   * new.
   */
  taken(): Learnt | undefined {
    if (!this.#trial) return undefined;
    const { of, form } = this.#trial;
    const { because } = this;
    const { request, isKnown } = this.#searched;
    const isTogether = of.length === this.#suspects.length;
    if (!isKnown && isTogether && of.length > 1 && of.length === this.#odd)
      this.#memory.rememberList(this.#family, request, form);
    else if (form === 'dropped' || isTogether) this.#settle(of, form);
    else this.#memory.suspect(this.#family, { declarations: of, because }, this.#searched);
    return { declarations: of, because, form };
  }
}
