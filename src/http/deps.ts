/** What the server is given: settings, the way to Gemini, and the doors to the outside. */

import type { AnswerPorts, AnswerSettings } from '../answer/ports.ts';
import type { MessagesError } from '../anthropic/errors.ts';
import type { SharedState } from '../cluster/shared.ts';
import type { Counters } from '../trace/counters.ts';
import type { Subscriber } from '../trace/trace.ts';
import type { PromptSize } from '../translate/response/usage.ts';
import type { BodyBudget } from './body-budget.ts';
import type { ClientRequest } from './client-request.ts';

/** Times are milliseconds. */
export type ServerSettings = AnswerSettings & {
  version: string;
  /** The address that is bound; decides whether foreign Host and Origin headers are refused. */
  host: string;
  allowedHosts: readonly string[];
  /** Origins of the pages that may use the API, in lower case; `*` for all. */
  corsOrigins: readonly string[];
  /** The key that clients must send; undefined lets every client in. */
  proxyApiKey: string | undefined;
  /** How many answers may be under way at once. One request more is told 529. */
  streamsMax: number;
};

export type ServerDeps = Omit<AnswerPorts, 'settings'> & {
  settings: ServerSettings;
  /** What other instances know. */
  shared: Pick<SharedState, 'status'>;
  /** The prompt's size as the client is told before the answer has ended. Recordings keep it, and replays tell it again. */
  promptTold(size: () => PromptSize): PromptSize;
  /** The memory for the bodies of all requests together. */
  bodies: BodyBudget;
  admission: Admission;
  /** What went well and wrong lately. */
  counters: Counters;
  /** Who hears the story of each request. */
  subscribers: readonly Subscriber[];
  /** Requests under way. When the server has to close, they are told to come back. */
  openRequests: Set<ClientRequest>;
  /** Set while recording or replaying: wraps each request that asks a model. */
  openScope?: OpenScope;
};

/** What decides whether this process takes one more message. */
export type Admission = {
  /** Answers under way. */
  answersOpen: number;
  /** The process is about to end, and takes no more messages. */
  draining: boolean;
};

/** A response, and the promise of the end of its body: a streamed body goes on after the response was returned. */
export type Reply = { response: Response; ended: Promise<void> };

/** What one request is served with in place of the server's own parts, and who looks on. */
export type RequestScope = {
  request: Request;
  deps: ServerDeps;
  /** The error that the client is told at once, in place of an answer. */
  refusal?: unknown;
  begin?(client: ClientRequest): void;
  /** Sees the body, unpacked. */
  keepBody?: (bytes: Uint8Array) => void;
  /** What to tell the client in place of the error that the request ended with. */
  failure?(): MessagesError | undefined;
  /** Sees the reply, and resolves with the reply that is sent. */
  watch?(reply: Reply, client: ClientRequest): Promise<Reply>;
};

/** `path` is the served path. Rejects with the error to tell the client where the request itself cannot be read. */
export type OpenScope = (
  request: Request,
  path: string,
  deps: ServerDeps,
) => RequestScope | Promise<RequestScope>;
