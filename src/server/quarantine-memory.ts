/**
 * Which tool declarations Google has refused, for the requests to come: by their content, and by the generation of models,
 * whose rules differ. In memory and bounded. A restart forgets, and costs one refusal each.
 */
import type { ModelFamily } from '../gemini/models.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../gemini/wire.ts';
import { contentHash } from '../lib/hash.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { Fate } from '../translate/request/quarantine.ts';
import { declarationsOf } from '../translate/request/quarantine-culprits.ts';

/** Names; what was remembered first goes first. */
const MOST_NAMES = 1_000;
/** Declarations of one name: several servers, or versions of one, may declare it. */
const MOST_OF_A_NAME = 16;
const MOST_LISTS = 1_000;

function dropOldest(entries: Map<string, unknown> | Set<string>, most: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(oldest);
  }
}

export class QuarantineMemory {
  /** By name first: only what has the name of a refused one needs to be hashed. */
  readonly #fates = new Map<string, Map<string, Fate>>();
  readonly #lists = new Set<string>();
  /** By list of tools: hashes of the declarations that one of them is among; none where it was no tool. */
  readonly #suspects = new RecentMap<string, ReadonlySet<string>>(MOST_LISTS);

  /** Nothing is known of any declaration: the usual case. */
  get isEmpty(): boolean {
    return this.#fates.size === 0 && this.#lists.size === 0 && this.#suspects.size === 0;
  }

  /** False where it was known. */
  remember(family: ModelFamily, declaration: FunctionDeclaration, fate: Fate): boolean {
    const name = nameKey(family, declaration);
    const ofName = this.#fates.get(name) ?? new Map<string, Fate>();
    const hash = contentHash(JSON.stringify(declaration));
    if (ofName.get(hash) === fate) return false;
    this.#fates.set(name, ofName.set(hash, fate));
    dropOldest(ofName, MOST_OF_A_NAME);
    dropOldest(this.#fates, MOST_NAMES);
    return true;
  }

  fateOf(family: ModelFamily, declaration: FunctionDeclaration): Fate | undefined {
    const ofName = this.#fates.get(nameKey(family, declaration));
    return ofName?.get(contentHash(JSON.stringify(declaration)));
  }

  /** The tools of `request`, with the choice among them, were too much together. False where it was known. */
  rememberList(family: ModelFamily, request: GenerateContentRequest): boolean {
    const key = listKey(family, request);
    if (this.#lists.has(key)) return false;
    this.#lists.add(key);
    dropOldest(this.#lists, MOST_LISTS);
    return true;
  }

  /** One of `suspects` is what Google refuses of these tools; of none, that it is no tool at all. */
  suspect(
    family: ModelFamily,
    request: GenerateContentRequest,
    suspects: readonly FunctionDeclaration[],
  ): void {
    const hashes = suspects.map((declaration) => contentHash(JSON.stringify(declaration)));
    this.#suspects.set(listKey(family, request), new Set(hashes));
  }

  /** Undefined where nothing is known of these tools. */
  suspectsIn(family: ModelFamily, request: GenerateContentRequest): FunctionDeclaration[] | undefined {
    if (this.#suspects.size === 0) return undefined;
    const hashes = this.#suspects.get(listKey(family, request));
    return hashes && declarationsOf(request).filter((one) => hashes.has(contentHash(JSON.stringify(one))));
  }

  knowsList(family: ModelFamily, request: GenerateContentRequest): boolean {
    return this.#lists.size > 0 && this.#lists.has(listKey(family, request));
  }
}

const nameKey = (family: ModelFamily, { name }: FunctionDeclaration) => `${family} ${name}`;

const listKey = (family: ModelFamily, { tools, toolConfig }: GenerateContentRequest) =>
  `${family} ${contentHash(JSON.stringify([tools, toolConfig]))}`;
