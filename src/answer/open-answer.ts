/**
 * Opens the answer to a message, as turn events. This file gives the loop everything that it needs for such an answer.
 */
import type { MessagesRequest } from '../anthropic/request.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { Patience } from '../keys/keys.ts';
import { callerClass } from '../translate/caller.ts';
import { toldText } from '../translate/client-error.ts';
import { openReader } from '../translate/response/search-reader.ts';
import { refusedSearch } from '../translate/response/search-refused.ts';
import { isContent, type TurnEvent } from '../translate/response/turn.ts';
import { Answer } from './answer.ts';
import { AnswerAttempt } from './attempt.ts';
import { estimateBodyTokens } from './estimate-tokens.ts';
import { ModelChoice, type Wanted } from './fallback-model.ts';
import type { Job } from './job.ts';
import { RequestMedia } from './media/request-media.ts';
import type { OutgoingMessage } from './outgoing.ts';
import { withOverflowCounted } from './overflow.ts';
import type { AnswerPorts } from './ports.ts';
import { chooseModel, prepare } from './prepare.ts';
import { Retries } from './retries.ts';
import { AGENT_HEADER, tellAsked } from './story.ts';

/**
 * The most milliseconds that a request waits in the proxy for a key. A client that would have to wait longer is told so
 * at once.
 */
const LONGEST_WAIT_MS = 30_000;

export type MessageAnswer = {
  /** Works like `next` of `Answer`. The first call sends the request. */
  next(): Promise<TurnEvent[] | undefined>;
  /** To be called when the reader of the answer leaves. */
  leave(): void;
  /** True where upstream could not be reached until now. */
  isAway(): boolean;
  /** The request, model and key of the latest attempt. */
  outgoing(): OutgoingMessage;
};

/** The events of an answer for which nothing was sent: no token was read, and none was written. */
const NOTHING: readonly TurnEvent[] = [
  { type: 'usage', usage: { promptTokenCount: 0 } },
  { type: 'finish', finish: { kind: 'finished', reason: 'MAX_TOKENS' } },
];

/** Answers `max_tokens: 0`, which only warms a cache: the answer is an empty message, and upstream is not asked. */
function emptyAnswer(outgoing: OutgoingMessage): MessageAnswer {
  const left = [...NOTHING];
  return {
    next: async () => (left.length > 0 ? left.splice(0) : undefined),
    leave() {},
    isAway: () => false,
    outgoing: () => outgoing,
  };
}

/**
 * Opens the answer. Its failures are counted for `asker`. Nothing is sent before the first `next`. A reader that stops
 * early calls `leave`, or aborts the job.
 */
export async function openAnswer(
  request: MessagesRequest,
  asker: string,
  job: Job,
  ports: AnswerPorts,
): Promise<MessageAnswer> {
  const caller = callerClass(request, {
    userAgent: job.headers.get('user-agent') ?? undefined,
    agentId: job.headers.get(AGENT_HEADER) ?? undefined,
  });
  tellAsked(request, caller, asker, job);
  const media = new RequestMedia(request.messages, job, ports);
  const outgoingFor = (model: GeminiModel) => prepare({ request, caller, asker, media }, model, job, ports);
  const wanted: Wanted = { requested: request.model, asker, isTakenBy: (model) => media.areTakenBy(model) };
  const outgoing = await outgoingFor(chooseModel(wanted, job, ports));
  if (request.max_tokens === 0) return emptyAnswer(outgoing);
  return answerOf({ request, asker, wanted, outgoing, outgoingFor }, job, ports);
}

type Asking = {
  request: MessagesRequest;
  asker: string;
  wanted: Wanted;
  outgoing: OutgoingMessage;
  outgoingFor(model: GeminiModel): Promise<OutgoingMessage>;
};

function answerOf(
  { request, asker, wanted, outgoing, outgoingFor }: Asking,
  job: Job,
  ports: AnswerPorts,
): MessageAnswer {
  const { clock, random, settings, streaming } = ports;
  const streamed = request.stream === true;
  const models = new ModelChoice(wanted, outgoing.model, ports);
  const left = () => job.startedAt + settings.requestTimeoutMs - clock.monotonic();
  const patience = (sent: OutgoingMessage): Patience => ({
    limitMs: Math.min(LONGEST_WAIT_MS, left()),
    forBreaker: () => models.next() === undefined,
    tokens: () => estimateBodyTokens(sent.body),
  });
  const ceiling = streamed ? settings.maxRetries.stream : settings.maxRetries.unary;
  const retries = new Retries({ ticket: ports.budget.begin(asker), ceiling, clock, random });
  const mayAskAgain = once(() => retries.reserve());
  const answer = new Answer<TurnEvent, OutgoingMessage>(
    {
      outgoing,
      models,
      purse: retries,
      patience,
      attempt: (sent, whole, signal) =>
        new AnswerAttempt(
          {
            outgoing: sent,
            reader: openReader({ plan: sent.plan, warn: job.warn, mayAskAgain }),
            stream: settings.upstreamStreaming && !whole ? streaming.pass(sent.model.id, asker) : undefined,
            whole: !streamed,
            signal,
          },
          job,
        ),
      isContent,
      asAnswer: (error, sent) => refusedSearch(error, sent.plan, (said) => toldText(said, settings.secrets)),
      onCommit: () => job.letBodyGo(),
      explain: (error, sent) => withOverflowCounted(error, sent, job, ports),
      deadline: { ms: left(), late: () => tooLate(settings.requestTimeoutMs) },
    },
    outgoingFor,
    job,
    ports,
  );
  return {
    next: () => answer.next(),
    leave: () => answer.leave(),
    isAway: () => retries.isAway(),
    outgoing: () => answer.outgoing(),
  };
}

/**
 * Allows something at most once in each answer: a model that calls an undeclared tool a second time means that call.
 */
function once(allow: () => boolean): () => boolean {
  let asked = false;
  return () => {
    if (asked) return false;
    asked = allow();
    return asked;
  };
}

const tooLate = (ms: number) =>
  new UpstreamError('timeout', `nothing usable within ${Math.round(ms / 1000)} s (REQUEST_TIMEOUT)`);
