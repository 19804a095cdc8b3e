/** What translations were made with, as it is kept: nearly all requests of a model have the same, which is kept once. */
import { RecentMap } from '../lib/recent-map.ts';
import type { RequestContext } from '../translate/context.ts';
import { sameOrigin } from '../translate/signatures.ts';

/** All but the date, and the stored signatures, which are looked up again. */
export type KeptContext = Omit<RequestContext, 'signatures' | 'date'>;

const MOST_MODELS = 50;

const hasMedia = ({ media: { fetched, files, converted, pages } }: KeptContext): boolean =>
  fetched.size + files.size + converted.size + pages.size > 0;

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, at) => text === b[at]);

const isSame = (a: KeptContext, b: KeptContext): boolean =>
  a.model === b.model &&
  a.apiVersion === b.apiVersion &&
  a.maxTokensLimit === b.maxTokensLimit &&
  a.readsPages === b.readsPages &&
  a.media.byGoogle === b.media.byGoogle &&
  sameOrigin(a.origin, b.origin) &&
  sameTexts(a.ownInstructions, b.ownInstructions);

export class Contexts {
  /** The last one without media, by model. */
  readonly #last = new RecentMap<string, KeptContext>(MOST_MODELS);

  keep({ signatures: _stored, date: _date, ...ctx }: RequestContext): KeptContext {
    if (hasMedia(ctx)) return ctx;
    const last = this.#last.get(ctx.model.id);
    if (last && isSame(last, ctx)) return last;
    this.#last.set(ctx.model.id, ctx);
    return ctx;
  }
}
