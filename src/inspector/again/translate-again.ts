/**
 * Translates a kept request once more, for people who want to see how. Translation is pure: with the same request and
 * the same facts it gives the same. Only stored signatures are looked up again, since they would need as much memory as the texts.
 */
import { findSignatures } from '../../answer/prepare.ts';
import type { MessagesRequest } from '../../anthropic/request.ts';
import { parseMessagesRequest } from '../../anthropic/validate.ts';
import type { SignatureStore } from '../../signatures/store.ts';
import type { RequestContext } from '../../translate/context.ts';
import { type GeminiRequest, toGeminiRequest } from '../../translate/request/index.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { Translation } from '../parts.ts';

export type Again = GeminiRequest & {
  request: MessagesRequest;
  ctx: RequestContext;
  /** True where it was the client's own request that was translated. */
  isClients: boolean;
};

/** The translation that an attempt was made with. */
const translationFor = ({ translations }: KeptRequest, attempt: number): Translation | undefined =>
  translations.findLast(({ before }) => before <= attempt) ?? translations[0];

/** Undefined where the texts were let go, or the request was never translated. */
export async function translatedAgain(
  kept: KeptRequest,
  attempt: number,
  signatures: Pick<SignatureStore, 'get'>,
): Promise<Again | undefined> {
  const translation = translationFor(kept, attempt);
  const bytes = kept.clientBytes();
  if (!translation || !bytes) return undefined;
  const own = translation.request;
  const request = own ?? parseMessagesRequest(JSON.parse(new TextDecoder().decode(bytes)));
  const ctx: RequestContext = {
    ...translation.ctx,
    date: translation.date,
    signatures: await findSignatures(request.messages, signatures),
  };
  return { ...toGeminiRequest(request, ctx), request, ctx, isClients: own === undefined };
}
