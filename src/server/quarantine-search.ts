/** One answer's search for the declaration that Google means and does not name, and what the next request is to know of it. */
import type { ModelFamily } from '../gemini/models.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../gemini/wire.ts';
import { simplifiable, withReplaced } from '../translate/request/quarantine.ts';
import { declarationsOf } from '../translate/request/quarantine-culprits.ts';
import { Search } from '../translate/request/quarantine-search.ts';
import { isSimple, simpleDeclaration } from '../translate/request/quarantine-simplify.ts';
import type { QuarantineMemory } from './quarantine-memory.ts';

export type Learnt = {
  /** The culprit is among them. */
  declarations: readonly FunctionDeclaration[];
  because: string;
};

export class QuarantineSearch {
  readonly #memory: QuarantineMemory;
  readonly #family: ModelFamily;
  /** As it would be sent without the search. */
  readonly #tools: GenerateContentRequest;
  readonly #search: Search<FunctionDeclaration>;
  readonly #because: string;

  constructor(
    memory: QuarantineMemory,
    family: ModelFamily,
    request: GenerateContentRequest,
    suspects: readonly FunctionDeclaration[],
    because: string,
  ) {
    this.#memory = memory;
    this.#family = family;
    this.#tools = request;
    this.#search = new Search(suspects.filter((declaration) => !isSimple(declaration)));
    this.#because = because;
  }

  get simple(): readonly FunctionDeclaration[] {
    return this.#search.simple;
  }

  get because(): string {
    return this.#because;
  }

  /** `request`, as it was sent last, with other declarations simple than before; undefined where nothing is left to be tried. */
  next(request: GenerateContentRequest): GenerateContentRequest | undefined {
    const before = new Map(this.#search.simple.map((original) => [original.name, original]));
    const simple = this.#search.next();
    if (!simple) {
      this.#memory.suspect(this.#family, this.#tools, []);
      return undefined;
    }
    const now = new Map(simple.map((original) => [original.name, simpleDeclaration(original)]));
    const instead = new Map(
      declarationsOf(request).flatMap((sent): [FunctionDeclaration, FunctionDeclaration][] => {
        const other = now.get(sent.name) ?? before.get(sent.name);
        return other ? [[sent, other]] : [];
      }),
    );
    return withReplaced(request, instead);
  }

  /** Google has taken what was sent last. Undefined where nothing new was learnt by it. */
  taken(): Learnt | undefined {
    const { simple, isTogether } = this.#search;
    const memory = this.#memory;
    const known = memory.suspectsIn(this.#family, this.#tools)?.length;
    const isAll = isTogether && simple.length === simplifiable(this.#tools).length;
    if (isAll) memory.rememberList(this.#family, this.#tools);
    else if (isTogether || simple.length === 1) {
      for (const declaration of simple) memory.remember(this.#family, declaration, 'simplified');
    } else memory.suspect(this.#family, this.#tools, simple);
    return known === simple.length ? undefined : { declarations: simple, because: this.#because };
  }
}
