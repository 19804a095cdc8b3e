/** Names the beginnings of a request, so that the same beginning of another request is found by its name. */
import { type Cut, isBefore } from '../../gemini/cached-contents.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { shortHash } from '../../lib/hash.ts';

/** A beginning of a request. `name` is the same for the same beginning, with the same model and key. */
export type Prefix = { readonly cut: Cut; readonly name: string };

export class Prefixes {
  readonly #request: GenerateContentRequest;
  /** The names at the borders of contents, as far as they were made: each is made from the one before. */
  readonly #names: string[];

  /** `owner`: what else must be the same, such as the model and the key. */
  constructor(request: GenerateContentRequest, owner: readonly string[]) {
    const { systemInstruction, tools, toolConfig } = request;
    this.#request = request;
    this.#names = [
      shortHash(JSON.stringify([owner, systemInstruction ?? null, tools ?? null, toolConfig ?? null])),
    ];
  }

  name({ contents, parts }: Cut): string {
    const before = this.#border(contents);
    const cut = parts > 0 ? this.#request.contents[contents] : undefined;
    return cut
      ? shortHash(`${before}${JSON.stringify({ ...cut, parts: cut.parts.slice(0, parts) })}`)
      : before;
  }

  /** The beginnings that end with a content, and those at `more` places; the longest first. */
  all(more: readonly Cut[]): Prefix[] {
    const borders = [...this.#request.contents.keys(), this.#request.contents.length];
    const cuts = [
      ...borders.map((contents): Cut => ({ contents, parts: 0 })),
      ...more.filter(({ parts }) => parts > 0),
    ];
    return cuts.sort((a, b) => (isBefore(a, b) ? 1 : -1)).map((cut) => ({ cut, name: this.name(cut) }));
  }

  #border(contents: number): string {
    for (let made = this.#names.length; made <= contents; made++) {
      const text = JSON.stringify(this.#request.contents[made - 1] ?? null);
      this.#names.push(shortHash(`${this.#names[made - 1] ?? ''}${text}`));
    }
    return this.#names[contents] ?? '';
  }
}
