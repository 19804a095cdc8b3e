/** `POST /v1/messages`: one path for streamed answers and whole ones, which are the same stream, folded. */

import { AnswerTries } from '../../answer/answer-tries.ts';
import { apiVersion } from '../../answer/api-version.ts';
import { askerOf } from '../../answer/asker.ts';
import { estimateBodyTokens } from '../../answer/estimate-tokens.ts';
import { RequestMedia } from '../../answer/media/request-media.ts';
import { withOverflowCounted } from '../../answer/overflow.ts';
import { answerContext, chooseModel, prepare } from '../../answer/prepare.ts';
import { sessionOf } from '../../answer/session.ts';
import { openTurn, type TurnSource } from '../../answer/turn-source.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { MessagesRequest } from '../../anthropic/request.ts';
import { parseMessagesRequest } from '../../anthropic/validate.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import { ignoreFailure } from '../../lib/async.ts';
import { foldEvents } from '../../translate/response/message.ts';
import { AnswerStream } from '../../translate/response/stream.ts';
import type { TurnEvent } from '../../translate/response/turn.ts';
import { type PromptSize, promptSizeIn } from '../../translate/response/usage.ts';
import { readJson } from '../body.ts';
import { type Call, ClientGone, observe } from '../client-request.ts';
import type { Reply, ServerDeps } from '../deps.ts';
import { tell } from '../handle-request.ts';
import { jsonResponse } from '../responses.ts';
import { eventBody } from '../sse-body.ts';

/** Milliseconds that the status line waits for upstream's: some clients leave after 15 s without a head. */
const HEAD_WAIT_MS = 8_000;
/** And while there is no way to upstream: only a status makes Claude Code go on for minutes, three errors in a stream end its turn. */
const AWAY_WAIT_MS = 25_000;

/** Nothing was sent, so that nothing was read. */
const NO_USAGE: TurnEvent = { type: 'usage', usage: { promptTokenCount: 0 } };

/** `max_tokens: 0` only warms a cache: an empty message, and nothing asked of upstream. */
async function* emptyAnswer(): AsyncGenerator<TurnEvent, void, undefined> {
  yield NO_USAGE;
  yield { type: 'finish', finish: { kind: 'finished', reason: 'MAX_TOKENS' } };
}

function openSource(request: MessagesRequest, tries: AnswerTries, call: Call, deps: ServerDeps): TurnSource {
  if (request.max_tokens === 0)
    return { head: Promise.resolve(NO_USAGE), items: emptyAnswer(), isAway: () => false };
  const source = openTurn(tries, request.stream === true, call, deps);
  return withOverflowCounted(source, () => tries.prepared, call, deps);
}

async function openTries(request: MessagesRequest, call: Call, deps: ServerDeps): Promise<AnswerTries> {
  const asker = askerOf(sessionOf(call.request.headers, request.metadata?.['user_id']), request);
  call.facts.asker = asker;
  const media = new RequestMedia(request.messages, call, deps);
  const prepareFor = (model: GeminiModel) => prepare({ request, asker, media }, model, call, deps);
  const prepared = await prepareFor(chooseModel(request.model, call, deps, asker));
  const streamed = request.stream === true;
  return new AnswerTries(
    { requestedModel: request.model, asker, prepared, prepareFor, streamed },
    call,
    deps,
  );
}

async function waitForHead(
  source: TurnSource,
  { clock }: ServerDeps,
  signal: AbortSignal,
): Promise<undefined> {
  await clock.sleep(HEAD_WAIT_MS, signal);
  if (source.isAway()) await clock.sleep(AWAY_WAIT_MS - HEAD_WAIT_MS, signal);
}

/**
 * What upstream said first; undefined where that takes too long. Rejects where upstream refused in time: the client then gets
 * a true status instead of an error inside a 200.
 */
async function awaitHead(source: TurnSource, deps: ServerDeps): Promise<TurnEvent | undefined> {
  const waited = new AbortController();
  const limit = waitForHead(source, deps, waited.signal);
  // Called off below: the head was there first.
  ignoreFailure(limit);
  try {
    return await Promise.race([source.head, limit]);
  } finally {
    waited.abort();
  }
}

const estimated = (body: string): PromptSize => ({ tokens: estimateBodyTokens(body), cached: 0 });

/** Some clients take it from `message_start` and nowhere else. Most of upstream's first events have it; else it is estimated. */
async function promptSize(source: TurnSource, tries: AnswerTries, deps: ServerDeps): Promise<PromptSize> {
  // Let go of with the first content.
  const { body } = tries.prepared;
  const first = await awaitHead(source, deps);
  const counted = first?.type === 'usage' ? promptSizeIn(first.usage) : undefined;
  return deps.promptTold(() => counted ?? estimated(body));
}

type Answering = { tries: AnswerTries; source: TurnSource; answer: AnswerStream };

async function streamAnswer(
  { tries, source, answer }: Answering,
  call: Call,
  deps: ServerDeps,
): Promise<Reply> {
  const opening = answer.start(await promptSize(source, tries, deps));
  const ended = Promise.withResolvers<void>();
  const body = eventBody({
    answer,
    opening,
    items: source.items,
    clock: deps.clock,
    requestId: call.id,
    tell: (error) => (error instanceof ClientGone ? undefined : tell(error, call, deps)),
    observe: (events) => observe(call, deps.clock, events),
    abandon: () => call.abort(new ClientGone('the client closed the stream')),
    onEnd: ended.resolve,
  });
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  return { response: new Response(body, { headers }), ended: ended.promise };
}

async function wholeAnswer(
  { tries, source, answer }: Answering,
  call: Call,
  deps: ServerDeps,
): Promise<Reply> {
  const events = answer.start(deps.promptTold(() => estimated(tries.prepared.body)));
  for await (const item of source.items) {
    events.push(...answer.push(item));
    if (answer.finished) break;
  }
  observe(call, deps.clock, events);
  return { response: jsonResponse(foldEvents(events)), ended: Promise.resolve() };
}

/** Seconds between the tries of a client that there is no room for. */
const NO_ROOM_SECONDS = 15;

/** Claude Code ends the turn at the third 529 in a row, two seconds after the first, unless it is told to wait longer. */
function admit(deps: ServerDeps): void {
  const { settings, stats } = deps;
  // At a 503 it asks ten times, by when another process may have taken over.
  if (stats.draining) throw new MessagesError('api_error', 'The proxy is shutting down', { status: 503 });
  if (stats.answersOpen < settings.streamsMax) return;
  throw new MessagesError(
    'overloaded_error',
    `The proxy already serves ${settings.streamsMax} answers (STREAMS_MAX)`,
    { retryAfter: NO_ROOM_SECONDS },
  );
}

export async function answerMessages(call: Call, deps: ServerDeps): Promise<Reply> {
  apiVersion(call.request.headers);
  const request = parseMessagesRequest(await readJson(call, deps.bodies));
  call.keepOpen();
  call.facts.stream = request.stream === true;
  // Before anything is read for it: of an answer that is under way a shutdown waits for the end.
  admit(deps);
  deps.stats.answersOpen++;
  const close = () => {
    deps.stats.answersOpen--;
  };
  try {
    const tries = await openTries(request, call, deps);
    const source = openSource(request, tries, call, deps);
    const answer = new AnswerStream(answerContext(() => tries.prepared, call, deps));
    const reply = await (call.facts.stream ? streamAnswer : wholeAnswer)(
      { tries, source, answer },
      call,
      deps,
    );
    void reply.ended.then(close);
    return reply;
  } catch (error) {
    close();
    throw error;
  }
}
