/**
 * Remembers for later requests which tool declarations Google has refused. A declaration is known by its content and by
 * the generation of models, since rules differ between generations. The memory is not kept on disk, and is limited in
 * size. After a restart each refused declaration costs one refusal again.
 */
import type { ModelFamily } from '../gemini/models.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../gemini/wire.ts';
import { contentHash } from '../lib/hash.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { declarationsOf } from '../translate/request/quarantine/culprits.ts';
import type { Fate } from '../translate/request/quarantine/quarantine.ts';

/** The most names of tools that are remembered. */
const MOST_NAMES = 1_000;
/**
 * The most declarations that are remembered under one name: several servers, or several versions of one server, may
 * declare a tool of that name.
 */
const MOST_OF_A_NAME = 16;
const MOST_LISTS = 1_000;
/** The most groups of suspects that are remembered. Each look-up searches all of them. */
const MOST_SUSPECTED = 32;

/** A group of declarations. Google refuses one of them. */
export type Suspected = { declarations: readonly FunctionDeclaration[]; because: string };

export class QuarantineMemory {
  /**
   * The fates of refused declarations. The first key is the tool's name, so only a declaration with the name of a
   * refused one needs to be hashed.
   */
  readonly #fates = new RecentMap<string, RecentMap<string, Fate>>(MOST_NAMES);
  /**
   * The fate that all declarations of a list need together so that Google accepts the list: `simplified` or `bare`. The
   * key is a hash of the list.
   */
  readonly #lists = new RecentMap<string, Fate>(MOST_LISTS);
  readonly #innocent = new RecentMap<string, true>(MOST_LISTS);
  readonly #suspected = new RecentMap<
    string,
    { family: ModelFamily; hashes: readonly string[]; because: string }
  >(MOST_SUSPECTED);

  /** True where nothing is known about any declaration, which is the usual case. */
  get isEmpty(): boolean {
    return this.#fates.size === 0 && this.#lists.size === 0 && this.#suspected.size === 0;
  }

  /** Remembers a refused declaration. Returns false where the declaration was already known. */
  remember(family: ModelFamily, declaration: FunctionDeclaration, fate: Fate): boolean {
    const name = nameKey(family, declaration);
    const ofName = this.#fates.get(name) ?? new RecentMap<string, Fate>(MOST_OF_A_NAME);
    const hash = hashOf(declaration);
    if (ofName.get(hash) === fate) return false;
    ofName.set(hash, fate);
    this.#fates.set(name, ofName);
    return true;
  }

  fateOf(family: ModelFamily, declaration: FunctionDeclaration): Fate | undefined {
    const ofName = this.#fates.get(nameKey(family, declaration));
    return ofName?.get(hashOf(declaration));
  }

  /**
   * Remembers that Google refuses the tools of `request`, with the request's choice among them, unless all of them are
   * in this form. Returns false where that was already known.
   */
  rememberList(family: ModelFamily, request: GenerateContentRequest, form: Fate): boolean {
    const key = listKey(family, request);
    if (this.#lists.get(key) === form) return false;
    this.#lists.set(key, form);
    return true;
  }

  /**
   * Remembers that Google refuses one of `suspected`. `known` is what was remembered about these declarations before.
   */
  suspect(family: ModelFamily, suspected: Suspected, known?: Suspected): void {
    if (known) this.clear(family, known);
    const hashes = hashesOf(suspected.declarations);
    this.#suspected.set(`${family} ${hashes.join()}`, { family, hashes, because: suspected.because });
  }

  /** Forgets that these declarations are suspected together: more is known about them now. */
  clear(family: ModelFamily, { declarations }: Suspected): void {
    this.#suspected.delete(`${family} ${hashesOf(declarations).join()}`);
  }

  /** The declarations of `request` that were suspected together before, in whatever list. */
  suspectsIn(family: ModelFamily, request: GenerateContentRequest): Suspected | undefined {
    if (this.#suspected.size === 0) return undefined;
    const sent = new Map(declarationsOf(request).map((one) => [hashOf(one), one]));
    for (const [, suspected] of this.#suspected) {
      const { hashes, because } = suspected;
      const declarations = hashes.flatMap((hash) => sent.get(hash) ?? []);
      if (suspected.family === family && declarations.length === hashes.length)
        return { declarations, because };
    }
    return undefined;
  }

  /** Remembers that Google refuses none of the tools of `request`. */
  acquit(family: ModelFamily, request: GenerateContentRequest): void {
    this.#innocent.set(listKey(family, request), true);
  }

  isInnocent(family: ModelFamily, request: GenerateContentRequest): boolean {
    return this.#innocent.size > 0 && this.#innocent.get(listKey(family, request)) === true;
  }

  /** The form that all tools of `request` must have; undefined where nothing is known. */
  formOfList(family: ModelFamily, request: GenerateContentRequest): Fate | undefined {
    return this.#lists.size === 0 ? undefined : this.#lists.get(listKey(family, request));
  }
}

const hashOf = (declaration: FunctionDeclaration) => contentHash(JSON.stringify(declaration));
const hashesOf = (declarations: readonly FunctionDeclaration[]) => declarations.map(hashOf);

const nameKey = (family: ModelFamily, { name }: FunctionDeclaration) => `${family} ${name}`;

const listKey = (family: ModelFamily, { tools, toolConfig }: GenerateContentRequest) =>
  `${family} ${contentHash(JSON.stringify([tools, toolConfig]))}`;
