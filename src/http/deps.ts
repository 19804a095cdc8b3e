/** What the server is given: settings, the way to Gemini, and the doors to the outside. */

import type { AnswerPorts, AnswerSettings } from '../answer/ports.ts';
import type { MessagesError } from '../anthropic/errors.ts';
import type { BatchStore } from '../batches/store.ts';
import type { Colleagues } from '../cluster/colleagues.ts';
import type { Instances } from '../cluster/instances.ts';
import type { Questions } from '../cluster/questions.ts';
import type { SharedState } from '../cluster/shared.ts';
import type { ToldMetrics } from '../cluster/told-metrics.ts';
import type { FileStore } from '../files/store.ts';
import type { ModelTable } from '../gemini/models.ts';
import type { Elsewhere } from '../inspector/elsewhere.ts';
import type { Inspector } from '../inspector/inspector.ts';
import type { KeptRequest } from '../inspector/kept-request.ts';
import type { ClientKey } from '../limits/client-key.ts';
import type { SpendingLimits } from '../limits/spending-limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { CarriedOver } from '../sim/cassette/types.ts';
import type { Again } from '../sim/record/request-recording.ts';
import type { Counters } from '../trace/counters.ts';
import type { Subscriber } from '../trace/trace.ts';
import type { UsageReader } from '../usage/reader.ts';
import type { BodyBudget } from './body-budget.ts';
import type { ClientRequest } from './client-request.ts';
import type { Mocking } from './mocking/mocking.ts';

/** Times are milliseconds. */
export type ServerSettings = AnswerSettings & {
  version: string;
  /** The address that the server listens on. It decides whether foreign Host and Origin headers are refused. */
  host: string;
  allowedHosts: readonly string[];
  /** Origins of the pages that may use the API, in lower case; `*` for all. */
  corsOrigins: readonly string[];
  /** The key that clients must send; undefined lets every client in. */
  proxyApiKey: string | undefined;
  /** The clients that have keys of their own. */
  clients: readonly ClientKey[];
  /** The dollars that may be spent in a day. */
  dailyBudget: number | undefined;
  /** The most requests a minute of each key. */
  keyRpm: number | undefined;
  /** True where answers tell in headers which model has answered, and what was changed. */
  responseHeaders: boolean;
  /** How long an attempt waits for its response head, and then for more of its answer. */
  headTimeoutMs: number;
  idleTimeoutMs: number;
  /** The most answers that may be under way at once. Beyond that, a new request gets a 529. */
  streamsMax: number;
  /** The variables of settings that were changed while serving, and that need a restart. */
  awaitRestart: readonly string[];
  /** Of each setting, so that somebody with other settings can see which of them differ; none is of a secret. */
  digests: Readonly<Record<string, string>>;
};

export type ServerDeps = Omit<AnswerPorts, 'settings'> & {
  settings: ServerSettings;
  /** What other instances know and share. */
  shared: Pick<SharedState, 'status'>;
  /** The proxies with which this one shares them. */
  instances: Pick<Instances, 'place'>;
  /** The memory for the bodies of all requests together. */
  bodies: BodyBudget;
  /** The files that clients have uploaded. */
  files: FileStore;
  /** Batches, and the function that has work on them looked for. */
  batches: { store: BatchStore; wake(): void };
  admission: Admission;
  /** The processes that serve the same port. */
  colleagues: Colleagues;
  /** The models, with those of Google's list. Resolves at once; the first time it waits for that list a moment. */
  modelsForShowing(): Promise<ModelTable>;
  /** Why there was no way to upstream when one was last tried. */
  upstreamProblem(): string | undefined;
  /** Counts of what succeeded and failed lately. */
  counters: Counters;
  /** Counts for Prometheus, of this process and of the others that serve the same port. */
  metrics: Metrics;
  toldMetrics: ToldMetrics;
  /** What requests have used and cost, from the first one that was counted. */
  usage: UsageReader;
  /** What may be spent, and how fast clients may ask. */
  limits: SpendingLimits;
  /** Keeps requests for people who want to see them. Undefined with `INSPECTOR=false`. */
  inspector: Inspector | undefined;
  /** What tests may ask. Undefined where neither the mock nor a replay answers. */
  mocking: Mocking | undefined;
  /** What the other processes that serve the port are asked. */
  questions: Questions;
  /** The rows of their requests. */
  elsewhere: Elsewhere;
  /** What the page of the inspector can have done. */
  inspecting: InspectorActions;
  /** The listeners that hear the story of each request. */
  subscribers: readonly Subscriber[];
  /** Requests under way. When the server has to close, their clients are told to come back. */
  openRequests: Set<ClientRequest>;
  /** Set while recording or replaying: wraps each request that asks a model. */
  openScope?: OpenScope;
};

export type Saved = { name: string; folder: string; replayCommand: string; adoptCommand: string };

export type InspectorActions = {
  /** Answers a request once more: with Gemini, or with the mock. */
  answerAgain(request: Request, to: 'gemini' | 'mock'): Promise<Response>;
  /** What `save` writes, and where. */
  wouldSave(request: KeptRequest): Saved;
  /** Keeps a request as a recording. */
  save(request: KeptRequest): Promise<Saved>;
};

/** What decides, with what colleagues tell, whether this process accepts one more message. */
export type Admission = {
  /** The number of answers under way in this process. */
  answersOpen: number;
  /** How many of these are requests of batches. */
  ofBatches: number;
  /** The requests of batches. */
  batched: WeakSet<Request>;
  /** True once the process is about to end, and accepts no more messages. */
  draining: boolean;
};

/**
 * A response, and a promise that resolves when its body has ended: a streamed body goes on after the response was
 * returned.
 */
export type Reply = { response: Response; ended: Promise<void> };

/**
 * What one recorded or replayed request is served with in place of the server's own parts, and the functions that watch
 * it.
 */
export type RequestScope = {
  request: Request;
  deps: ServerDeps;
  /** The error that the client gets at once, in place of an answer. */
  refusal?: unknown;
  begin?(client: ClientRequest): void;
  /** The unpacked body of a request that is refused, where it was read. */
  body?: Uint8Array;
  /** Gets the unpacked body. */
  keepBody?: (bytes: Uint8Array) => void;
  /** The error for the client in place of the error that ended the request; undefined keeps that error. */
  failure?(): MessagesError | undefined;
  /** Set by a replay that is recorded. */
  carried?: {
    again: Again;
    /** What has come of the request, to be asked when its answer has ended. */
    outcome(): CarriedOver | { problem: string };
  };
  /** Gets the reply, and resolves with the reply that is sent to the client. */
  watch?(reply: Reply, client: ClientRequest): Promise<Reply>;
};

/**
 * Opens the scope of a request. `path` is the served path. Rejects with the error for the client where the request
 * itself cannot be read.
 */
export type OpenScope = (
  request: Request,
  path: string,
  deps: ServerDeps,
) => RequestScope | Promise<RequestScope>;
