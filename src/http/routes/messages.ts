/** `POST /v1/messages`. Streamed and whole answers are made in one way: a whole answer is the folded stream. */

import { apiVersion } from '../../answer/api-version.ts';
import { askerOf } from '../../answer/asker.ts';
import type { MessageAnswer } from '../../answer/message-answer.ts';
import { openAnswer } from '../../answer/open-answer.ts';
import { answerContext } from '../../answer/prepare.ts';
import { sessionOf } from '../../answer/session.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import { parseMessagesRequest } from '../../anthropic/validate.ts';
import { ignoreFailure } from '../../lib/async.ts';
import type { Permit } from '../../limits/spending-limits.ts';
import { foldEvents } from '../../translate/response/message.ts';
import { AnswerStream } from '../../translate/response/stream.ts';
import type { TurnEvent } from '../../translate/response/turn.ts';
import { type PromptSize, promptSizeIn } from '../../translate/response/usage.ts';
import { admitSpending } from '../admit-spending.ts';
import { readJson } from '../body.ts';
import { ClientGone, type ClientRequest } from '../client-request.ts';
import type { Reply, ServerDeps } from '../deps.ts';
import { tell } from '../handle-request.ts';
import { jsonResponse } from '../responses.ts';
import { eventBody } from '../sse-body.ts';
import { tellAnswer } from '../tell-answer.ts';

/** Milliseconds for which the response head waits for upstream: some clients leave after 15 s without a head. */
const HEAD_WAIT_MS = 8_000;
/**
 * Milliseconds for which the response head waits while upstream cannot be reached. After an error status Claude Code
 * goes on trying for minutes, but three errors in a stream end its turn.
 */
const AWAY_WAIT_MS = 25_000;

/** The first batch of turn events; undefined where the answer ends without any. */
type First = Promise<TurnEvent[] | undefined>;

/**
 * Resolves with the first batch, or with undefined where the first batch takes too long. Rejects where upstream refused
 * in time, so that the client gets an error status, and not an error event after a 200.
 */
const firstInTime = (
  first: First,
  answer: MessageAnswer,
  { clock }: ServerDeps,
): Promise<TurnEvent[] | undefined> =>
  new Promise((resolve, reject) => {
    const late = () => resolve(undefined);
    let cancel = clock.after(HEAD_WAIT_MS, () => {
      if (answer.isAway()) cancel = clock.after(AWAY_WAIT_MS - HEAD_WAIT_MS, late);
      else late();
    });
    first.finally(() => cancel()).then(resolve, reject);
  });

const estimated = (answer: MessageAnswer): PromptSize => ({
  tokens: answer.outgoing().tokens(),
  cached: 0,
});

/**
 * The size of the prompt for `message_start`, since some clients read the size only there. Usually upstream's first
 * event has it; otherwise it is estimated.
 */
async function promptSize(first: First, answer: MessageAnswer, deps: ServerDeps): Promise<PromptSize> {
  const [event] = (await firstInTime(first, answer, deps)) ?? [];
  const counted = event?.type === 'usage' ? promptSizeIn(event.usage) : undefined;
  return deps.promptTold(() => counted ?? estimated(answer));
}

async function streamAnswer(
  answer: MessageAnswer,
  stream: AnswerStream,
  client: ClientRequest,
  deps: ServerDeps,
): Promise<Reply> {
  const first = answer.next();
  // The failure is ignored here: the reader of the stream gets it.
  ignoreFailure(first);
  const opening = stream.start(await promptSize(first, answer, deps));
  const ended = Promise.withResolvers<void>();
  const { kept } = client;
  const body = eventBody({
    stream,
    opening,
    first,
    next: answer.next,
    leave: answer.leave,
    clock: deps.clock,
    requestId: client.id,
    tell: (error) => (error instanceof ClientGone ? undefined : tell(error, client, deps)),
    observe: tellAnswer(client.trace),
    keep: kept && ((bytes) => kept.keepAnswer(bytes)),
    abandon: () => client.abort(new ClientGone('the client closed the stream')),
    onEnd: ended.resolve,
  });
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  return { response: new Response(body, { headers }), ended: ended.promise };
}

async function wholeAnswer(
  answer: MessageAnswer,
  stream: AnswerStream,
  client: ClientRequest,
  deps: ServerDeps,
): Promise<Reply> {
  const events = stream.start(deps.promptTold(() => estimated(answer)));
  while (!stream.finished) {
    const some = await answer.next();
    if (!some) throw new Error('the answer ended without an ending');
    for (const event of stream.push(some)) events.push(event);
  }
  answer.leave();
  tellAnswer(client.trace)(events);
  return { response: jsonResponse(foldEvents(events)), ended: Promise.resolve() };
}

/** Seconds after which a client for which there was no room may come back. */
const NO_ROOM_SECONDS = 15;

/**
 * Throws where this process accepts no more answers. Claude Code ends its turn at the third 529 in a row, two seconds
 * after the first, unless it is told to wait longer.
 */
function admit(deps: ServerDeps): void {
  const { settings, admission, colleagues } = deps;
  // After a 503 Claude Code tries ten more times. By then another process may have taken over.
  if (admission.draining) throw new MessagesError('api_error', 'The proxy is shutting down', { status: 503 });
  const elsewhere = [...colleagues.others().values()].reduce((sum, { open }) => sum + open, 0);
  if (admission.answersOpen + elsewhere < settings.streamsMax) return;
  throw new MessagesError(
    'overloaded_error',
    `The proxy already serves ${settings.streamsMax} answers (STREAMS_MAX)`,
    { retryAfter: NO_ROOM_SECONDS },
  );
}

/** Counts an answer as under way until the returned function is called. */
function openPlace({ request }: ClientRequest, { admission, colleagues }: ServerDeps): () => void {
  const ofBatch = admission.batched.has(request) ? 1 : 0;
  admission.answersOpen++;
  admission.ofBatches += ofBatch;
  colleagues.changed();
  return () => {
    admission.answersOpen--;
    admission.ofBatches -= ofBatch;
    colleagues.changed();
  };
}

export async function answerMessages(client: ClientRequest, deps: ServerDeps): Promise<Reply> {
  apiVersion(client.request.headers);
  // Room for the answer is checked before anything is read: a client that is refused here costs nothing.
  admit(deps);
  const request = parseMessagesRequest(await readJson(client, deps.bodies));
  client.keepOpen();
  // Room is checked once more, because other requests may have come in while this body was read. A shutdown waits for
  // the answers that `answersOpen` counts.
  admit(deps);
  const close = openPlace(client, deps);
  let answer: MessageAnswer | undefined;
  let permit: Permit | undefined;
  try {
    const asker = askerOf(sessionOf(client.request.headers, request.metadata?.['user_id']), request);
    answer = await openAnswer(request, asker, client, deps);
    // Nothing was sent yet: it is now known how large the request is, and which model would be asked.
    permit = admitSpending(answer.outgoing(), client, deps);
    const stream = new AnswerStream(answerContext(answer.outgoing, client, deps));
    const reply = await (request.stream === true ? streamAnswer : wholeAnswer)(answer, stream, client, deps);
    void reply.ended.then(close);
    void reply.ended.then(permit.release);
    return reply;
  } catch (error) {
    // The error need not come from the answer, so the answer may still be going on; it has to be ended.
    answer?.leave();
    permit?.release();
    close();
    throw error;
  }
}
