/** Tells the story events of an answer. */
import type { CountTokensRequest, MessagesRequest } from '../anthropic/request.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { KeyRoute, Patience } from '../keys/keys.ts';
import type { Trace } from '../trace/trace.ts';
import type { CallerClass, CallerHeaders } from '../translate/caller.ts';
import type { Job } from './job.ts';
import { toldWait } from './retries.ts';
import { sessionOf } from './session.ts';

export const AGENT_HEADER = 'x-claude-code-agent-id';
const PARENT_HEADER = 'x-claude-code-parent-agent-id';

/** What the headers say of the kind of request. */
export const callerHeaders = ({ headers }: Pick<Job, 'headers'>): CallerHeaders => ({
  userAgent: headers.get('user-agent') ?? undefined,
  agentId: headers.get(AGENT_HEADER) ?? undefined,
});

export function tellAsked(
  request: MessagesRequest | CountTokensRequest,
  caller: CallerClass,
  asker: string | undefined,
  { headers, trace, kept, client }: Job,
): void {
  kept?.asked(request);
  const userId = 'metadata' in request ? request.metadata?.['user_id'] : undefined;
  const resends = kept?.resends?.of;
  // A request that somebody sends again to look at it is no part of the user's conversation.
  const conversation =
    resends === undefined
      ? {
          session: sessionOf(headers, userId),
          agent: headers.get(AGENT_HEADER) ?? undefined,
          parentAgent: headers.get(PARENT_HEADER) ?? undefined,
        }
      : { resends };
  trace.tell({
    type: 'asked',
    model: request.model,
    stream: 'stream' in request && request.stream === true,
    caller,
    asker,
    client,
    ...conversation,
  });
}

/** Tells which key was chosen, also when the route has another key now than before. */
export function tellChosen(
  model: GeminiModel,
  route: Pick<KeyRoute, 'backend' | 'chosen'>,
  { trace }: Pick<Job, 'trace'>,
): void {
  trace.tell({ type: 'chosen', model: model.id, key: route.backend().keyFingerprint, ...route.chosen() });
}

/** `patience` that also tells each of its waits as a story event. */
export const toldPatience = (patience: Patience, { startedAt, trace }: Job): Patience => ({
  ...patience,
  onWait({ until, ...wait }) {
    trace.tell({ type: 'wait', ...wait, until: until - startedAt });
    return () => trace.tell({ type: 'waited', for: wait.for });
  },
});

/** True where the message of `error` may contain words of the model. */
export const quotesAnswer = ({ kind }: UpstreamError): boolean => kind === 'malformed' || kind === 'unusable';

/**
 * Tells a failure of upstream as a story event. A mistake of our own is not told here: it ends the request, and is told
 * at that end.
 */
export function tellFailure(error: unknown, trace: Trace): void {
  if (!(error instanceof UpstreamError)) return;
  const { status, message } = error;
  trace.tell({
    type: 'failure',
    class: failureClass(error),
    status,
    message,
    quotesAnswer: quotesAnswer(error),
    toldWaitMs: toldWait(error) || undefined,
  });
}
