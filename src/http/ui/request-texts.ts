/** What the page shows of one request: what was changed, frames, the conversation, texts, everything raw. */
import { MessagesError } from '../../anthropic/errors.ts';
import { framesOf, frameText } from '../../inspector/again/frames.ts';
import { type Again, translatedAgain } from '../../inspector/again/translate-again.ts';
import { changesOf } from '../../inspector/changes/changes.ts';
import { sameConversation } from '../../inspector/detail/detail.ts';
import { usageOf } from '../../inspector/detail/usage.ts';
import { warningsOf } from '../../inspector/detail/warnings.ts';
import type { KeptRequest } from '../../inspector/kept-request.ts';
import { summaryOf } from '../../inspector/rows/row.ts';
import { conversationOf } from '../../inspector/texts/conversation.ts';
import { EVERYTHING } from '../../inspector/texts/opened.ts';
import { rawOf, rawParts } from '../../inspector/texts/raw.ts';
import { textAt, wantedAt } from '../../inspector/texts/text.ts';
import type { ClientRequest } from '../client-request.ts';
import type { Handler } from '../handle-request.ts';
import { notFound } from '../responses.ts';
import { type Looking, ofRequest, shownJson } from './api.ts';

/** The number in the query; the last attempt where there is none. */
function attemptIn({ url }: ClientRequest, request: KeptRequest): number {
  const given = url.searchParams.get('attempt');
  const attempt = given === null ? request.attempts : Number(given);
  if (Number.isInteger(attempt) && attempt >= 0 && attempt <= request.attempts) return attempt;
  throw new MessagesError('invalid_request_error', `attempt: expected 0 to ${request.attempts}`);
}

/** Undefined where the request cannot be translated again: it was refused, or its files are gone. */
const again = (request: KeptRequest, attempt: number, { deps }: Looking): Promise<Again | undefined> =>
  translatedAgain(request, attempt, deps.signatures).catch((error) => {
    if (error instanceof MessagesError) return undefined;
    throw error;
  });

export const showChanges: Handler = ofRequest(async (looking, request) => {
  const attempt = attemptIn(looking.client, request);
  const wanted = { came: true, sent: attempt, reads: request.attempts, answer: true } as const;
  const opened = await looking.inspector.opened(request).load(wanted);
  const warnings = warningsOf(request.events).map((warning) => ({
    ...warning,
    path: opened.shown.text(warning.path),
    detail: opened.shown.text(warning.detail),
  }));
  return shownJson(changesOf(opened, attempt, warnings, await again(request, attempt, looking)));
});

export const showFrames: Handler = ofRequest(async (looking, request) => {
  const attempt = attemptIn(looking.client, request);
  const opened = await looking.inspector.opened(request).load({ reads: attempt });
  return shownJson(framesOf(opened, attempt, await again(request, attempt, looking)));
});

export const showConversation: Handler = ofRequest(async (looking, request) => {
  const { inspector } = looking;
  const row = inspector.row(request);
  const before = sameConversation(request, row, inspector).at(-2);
  const kept = before && inspector.request(before.id);
  return shownJson(
    conversationOf(
      await inspector.opened(request).load({ came: true, answer: true }),
      warningsOf(request.events),
      row,
      before && kept && { request: kept, row: before },
    ),
  );
});

export const showUsage: Handler = ofRequest((looking, request) => {
  const { inspector } = looking;
  const conversation = sameConversation(request, inspector.row(request), inspector);
  const usage = usageOf(request, conversation, summaryOf(request.events));
  if (!usage) throw notFound(looking.client.url.pathname, '. Gemini was not asked, so nothing was used');
  return shownJson(usage);
});

export const showRaw: Handler = ofRequest(async ({ inspector }, request) =>
  shownJson(rawOf(await inspector.opened(request).load(EVERYTHING))),
);

const wholeNumber = (text: string | null): number | undefined =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

/** A text, or a part of it by characters; with `bytes`, what its base64 means. Never as something that a browser runs. */
export const showText: Handler = ofRequest(async (looking, request) => {
  const { client, inspector } = looking;
  const { searchParams } = client.url;
  const place = searchParams.get('at') ?? '';
  const opened = await inspector.opened(request).load(wantedAt(place));
  const text = textAt(place, opened, {
    frame: (attempt, number) => frameText(opened, attempt, number),
    raw: (number) => rawParts(opened)[number]?.text,
  });
  if (text === undefined) throw notFound(client.url.pathname, '. There is no such text, or it was let go');
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  if (searchParams.has('bytes')) {
    const type = { 'content-type': 'application/octet-stream' };
    return new Response(Buffer.from(text, 'base64'), { headers: { ...headers, ...type } });
  }
  const from = wholeNumber(searchParams.get('from')) ?? 0;
  const length = wholeNumber(searchParams.get('length')) ?? text.length;
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  return new Response(text.slice(from, from + length), { headers: { ...headers, ...type } });
});
