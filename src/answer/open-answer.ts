/**
 * Opens the answer to a message, as turn events. This file gives the loop everything that it needs for such an answer.
 */
import type { ContentBlock } from '../anthropic/content.ts';
import type { AnswerCompaction } from '../anthropic/message.ts';
import type { MessagesRequest } from '../anthropic/request.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { Patience } from '../keys/keys.ts';
import type { Clock } from '../lib/ports.ts';
import type { SpentFor } from '../trace/events.ts';
import { type AnsweredCaller, callerClass } from '../translate/caller.ts';
import { toldText } from '../translate/client-error.ts';
import type { PageReading } from '../translate/context.ts';
import { requestAfterSummary, summaryRequest, wording } from '../translate/edits/summary.ts';
import { localAnswer } from '../translate/local-answer.ts';
import { refuseCompaction } from '../translate/request/refusals/refused-edits.ts';
import { toolChanges } from '../translate/request/tools/tool-visibility.ts';
import { refusedSearch } from '../translate/response/hosted/search-refused.ts';
import { openReader } from '../translate/response/open-reader.ts';
import { isContent, type TurnEvent } from '../translate/response/turn.ts';
import { openQuestions } from '../translate/safeguards/questions.ts';
import { Answer } from './answer.ts';
import { AnswerAttempt } from './attempt.ts';
import { CompactedAnswer, summaryAlone } from './compaction.ts';
import { tellSpent } from './cost/spending.ts';
import { ModelChoice, type Wanted } from './fallback-model.ts';
import type { Job } from './job.ts';
import { RequestMedia } from './media/request-media.ts';
import type { MessageAnswer } from './message-answer.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { AnswerPorts } from './ports.ts';
import { chooseModel, prepare, tellNotice } from './prepare.ts';
import { Retries } from './retries.ts';
import { ServedAnswer } from './served/served-answer.ts';
import { goingOn, hasOwnTools, servedTools } from './served/served-tools.ts';
import { withOverflowCounted } from './sizes/overflow.ts';
import { AGENT_HEADER, callerHeaders, tellAsked } from './story.ts';
import { aside, Judge, MOST_MS } from './verdicts/judge.ts';
import { JudgedAnswer } from './verdicts/judged-answer.ts';

/**
 * The most milliseconds that a request waits in the proxy for a key. A client that would have to wait longer is told so
 * at once.
 */
const LONGEST_WAIT_MS = 30_000;

/** Nothing was sent: no token was read, and none was written by a model. */
const NO_USAGE: TurnEvent = { type: 'usage', usage: { promptTokenCount: 0 } };
const ended = (reason: string): TurnEvent => ({ type: 'finish', finish: { kind: 'finished', reason } });

/** An answer for which upstream is not asked. Without a text it is the empty message of one that was cut at once. */
function ownAnswer(outgoing: OutgoingMessage, text?: string): MessageAnswer {
  const left: TurnEvent[] =
    text === undefined ? [NO_USAGE, ended('MAX_TOKENS')] : [NO_USAGE, { type: 'text', text }, ended('STOP')];
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
  const answer = await openUnjudged(request, asker, job, ports);
  const isSubagent = job.headers.has(AGENT_HEADER);
  const questions = ports.settings.autoModeClassifier ? openQuestions(request, isSubagent) : undefined;
  if (!questions) return answer;
  const ask = (question: MessagesRequest, since: number) =>
    openOwn(question, asker, { caller: 'action-check', since, limitMs: MOST_MS }, job, ports);
  return new JudgedAnswer(answer, new Judge({ questions, ask }, job, ports));
}

/** What the questions of the proxy's own are for. */
const OWN_PURPOSES = { 'action-check': 'check', 'web-search': 'search' } as const satisfies Partial<
  Record<AnsweredCaller, SpentFor>
>;
type OwnCaller = keyof typeof OWN_PURPOSES;

/** Opens the answer to a question of the proxy's own about the client's request. */
async function openOwn(
  question: MessagesRequest,
  asker: string,
  { caller, since, limitMs }: { caller: OwnCaller; since: number; limitMs?: number },
  client: Job,
  ports: AnswerPorts,
): Promise<MessageAnswer> {
  const job = aside(client, ports);
  const media = new RequestMedia(question.messages, job, ports);
  const wanted: Wanted = { requested: question.model, caller, asker, isTakenBy: () => true };
  const outgoingFor = (model: GeminiModel) =>
    prepare({ request: question, caller, conversation: caller, asker, media }, model, job, ports);
  const outgoing = await outgoingFor(chooseModel(wanted, job, ports));
  return answerOf(
    {
      request: question,
      asker,
      wanted,
      outgoing,
      outgoingFor,
      since,
      purpose: OWN_PURPOSES[caller],
      ...(limitMs === undefined ? {} : { limitMs }),
    },
    job,
    ports,
  );
}

async function openUnjudged(
  request: MessagesRequest,
  asker: string,
  job: Job,
  ports: AnswerPorts,
): Promise<MessageAnswer> {
  const caller = callerClass(request, callerHeaders(job));
  tellAsked(request, caller, asker, job);
  const media = new RequestMedia(request.messages, job, ports);
  const wantedBy = (as: AnsweredCaller): Wanted => ({
    requested: request.model,
    caller: as,
    asker,
    isTakenBy: (model) => media.areTakenBy(model),
  });
  tellNotice(wantedBy(caller), job, ports);
  const asked = async (
    changed: MessagesRequest,
    as: AnsweredCaller,
    readsPages?: PageReading,
  ): Promise<Asking> => {
    const wanted = wantedBy(as);
    const whose = { request: changed, caller: as, conversation: caller, asker, media, readsPages };
    const outgoingFor = (model: GeminiModel) => prepare(whose, model, job, ports);
    const outgoing = await outgoingFor(chooseModel(wanted, job, ports));
    return { request: changed, asker, wanted, outgoing, outgoingFor, since: job.startedAt };
  };
  if (request.compaction) {
    refuseCompaction(request);
    const summary = await asked(
      summaryRequest(request, wording(request.compaction.instructions)),
      'compaction',
    );
    if (request.max_tokens === 0) return ownAnswer(summary.outgoing);
    return summaryAlone(answerOf({ ...summary, isSummary: true }, job, ports), toolChanges(request));
  }
  const asking = await asked(request, caller);
  // `max_tokens: 0` only warms a cache.
  if (request.max_tokens === 0) return ownAnswer(asking.outgoing);
  const local = ports.settings.localAnswers ? localAnswer(request, caller) : undefined;
  if (local) {
    job.trace.tell({ type: 'answered-here', what: local.kind });
    return ownAnswer(asking.outgoing, local.kind === 'title' ? local.text : undefined);
  }
  const { compactFirst } = asking.outgoing.plan;
  const served = (given: Asking): MessageAnswer =>
    servedAnswer(given, (changed, readsPages) => asked(changed, caller, readsPages), job, ports);
  if (!compactFirst) return served(asking);
  const summary = await asked(summaryRequest(request, compactFirst.instructions), 'compaction');
  const goOn = async (block: AnswerCompaction) => {
    const next = await asked(requestAfterSummary(request, block), caller);
    return served({ ...next, since: ports.clock.monotonic() });
  };
  return new CompactedAnswer(
    {
      summary: answerOf({ ...summary, isSummary: true }, job, ports),
      toolChanges: toolChanges(request),
      goOn,
      pauses: compactFirst.pause,
      until: { outgoing: () => asking.outgoing },
    },
    job,
  );
}

/** The answer, in which the model may call tools that this process runs. */
function servedAnswer(
  given: Asking,
  asked: (changed: MessagesRequest, readsPages?: PageReading) => Promise<Asking>,
  job: Job,
  ports: AnswerPorts,
): MessageAnswer {
  const tools = servedTools(given.request, {
    ask: (search) =>
      openOwn(search, given.asker, { caller: 'web-search', since: ports.clock.monotonic() }, job, ports),
    pages: ports.pages,
    urlFetch: ports.settings.urlFetch,
    signal: job.signal,
  });
  if (tools.size === 0) return answerOf(given, job, ports);
  const goOn = async (said: ContentBlock[], tokens: number, isTakenOver: boolean) => {
    const next = await asked(goingOn(given.request, said, tokens), isTakenOver ? 'always' : undefined);
    return answerOf({ ...next, since: ports.clock.monotonic(), mayFollow: true }, job, ports);
  };
  const first = answerOf({ ...given, mayFollow: true }, job, ports);
  return new ServedAnswer({
    first,
    tools,
    hasOwnTools: hasOwnTools(given.request),
    newId: () => ports.ids.next('srvtoolu_'),
    warn: job.warn,
    goOn,
  });
}

type Asking = {
  request: MessagesRequest;
  asker: string;
  wanted: Wanted;
  outgoing: OutgoingMessage;
  outgoingFor(model: GeminiModel): Promise<OutgoingMessage>;
  /** When the time for this answer began, and how long it is in milliseconds (by default REQUEST_TIMEOUT). */
  since: number;
  limitMs?: number;
  /** What it is for, where it is a question of the proxy's own. */
  purpose?: SpentFor;
  /** Another answer may follow, which needs the request. */
  mayFollow?: boolean;
  /** Nothing of a summary is given out before its end, and another answer may follow it. */
  isSummary?: boolean;
};

function answerOf(
  {
    request,
    asker,
    wanted,
    outgoing,
    outgoingFor,
    since,
    limitMs,
    purpose,
    isSummary = false,
    mayFollow = false,
  }: Asking,
  job: Job,
  ports: AnswerPorts,
): MessageAnswer {
  const { clock, random, settings, streaming } = ports;
  const most = limitMs ?? settings.requestTimeoutMs;
  const streamed = request.stream === true;
  const models = new ModelChoice(wanted, outgoing.model, ports);
  const left = () => since + most - clock.monotonic();
  const patience = (sent: OutgoingMessage): Patience => ({
    limitMs: Math.min(LONGEST_WAIT_MS, left()),
    forBreaker: () => models.next() === undefined,
    tokens: () => sent.tokens(),
  });
  const ceiling = streamed ? settings.maxRetries.stream : settings.maxRetries.unary;
  const retries = new Retries({ ticket: ports.budget.begin(asker), ceiling, clock, random });
  const mayAskAgain = once(() => retries.reserve());
  const mayGoOn = restOfAnswer(job, clock);
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
            reader: openReader({
              plan: sent.plan,
              warn: job.warn,
              mayAskAgain,
              mayGoOn: () => mayGoOn(sent),
            }),
            stream: settings.upstreamStreaming && !whole ? streaming.pass(sent.model.id, asker) : undefined,
            onCounted: (usage, isLost) => {
              const { model, route } = sent;
              const what = purpose ?? (isSummary ? 'summary' : 'answer');
              const purchase = {
                for: what,
                asked: request.model,
                model,
                key: route.backend().keyFingerprint,
              };
              tellSpent(purchase, usage, isLost, job, ports);
            },
            whole: isSummary || !streamed,
            signal,
          },
          job,
        ),
      isContent,
      asAnswer: (error, sent) => refusedSearch(error, sent.plan, (said) => toldText(said, settings.secrets)),
      onCommit: () => {
        if (!isSummary && !mayFollow) job.letBodyGo();
      },
      explain: (error, sent) => withOverflowCounted(error, sent, job, ports),
      deadline: { ms: left(), late: () => tooLate(most) },
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

/** The most requests over which one answer goes on. The longest answer of a million tokens would need sixteen. */
const MOST_RESTS = 32;
/** Milliseconds since the client's request, after which no rest is asked for any more. */
const LAST_REST_MS = 3_600_000;

/** Allows to ask for the rest of a long answer, while its request is kept, and within bounds of number and time. */
function restOfAnswer(job: Job, clock: Clock): (sent: OutgoingMessage) => boolean {
  let rests = 0;
  return ({ body }) =>
    body !== '' && clock.monotonic() - job.startedAt < LAST_REST_MS && rests++ < MOST_RESTS;
}

const tooLate = (ms: number) =>
  new UpstreamError('timeout', `nothing usable within ${Math.round(ms / 1000)} s (REQUEST_TIMEOUT)`);
