/**
 * One recorded client request, run again through the real parts: handlers, translation, loop, backend and the SDK, over
 * an upstream that says what was recorded; and recorded anew, by the recorder, while it runs. Ids, chance, time and
 * signatures are the recording's, so the same code gives the same bytes.
 */

import { createPictureConverter } from '../../src/answer/media/picture-converter.ts';
import { QuarantineMemory } from '../../src/answer/quarantine-memory.ts';
import { ThinkingMemory } from '../../src/answer/thinking-memory.ts';
import { aloneState } from '../../src/cluster/shared.ts';
import { serverSettings } from '../../src/compose/settings.ts';
import { readConfig } from '../../src/config/config.ts';
import { BodyBudget } from '../../src/http/body-budget.ts';
import { ClientGone } from '../../src/http/client-request.ts';
import type { ServerDeps } from '../../src/http/deps.ts';
import { type Handler, runCall } from '../../src/http/handle-request.ts';
import { countTokens } from '../../src/http/routes/count-tokens.ts';
import { answerMessages } from '../../src/http/routes/messages.ts';
import { CLIENT_WIRE } from '../../src/http/taping/client-wire.ts';
import { recordedFetcher } from '../../src/http/taping/recorded-fetcher.ts';
import { seeded } from '../../src/http/taping/seeded.ts';
import { singleKey } from '../../src/keys/keys.ts';
import { UNLIMITED } from '../../src/keys/retry-budget.ts';
import { ALWAYS_STREAMING } from '../../src/keys/stream-breakers.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { Logger } from '../../src/lib/log.ts';
import { type Clock, type Fetch, systemClock } from '../../src/lib/ports.ts';
import { bytesOf } from '../../src/sim/cassette/escape.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { finishRequest } from '../../src/sim/record/finish.ts';
import { RequestRecording } from '../../src/sim/record/request-recording.ts';
import { createRedactor } from '../../src/sim/redact.ts';
import { VirtualClock } from '../../src/sim/replay/virtual-clock.ts';
import { Counters } from '../../src/trace/counters.ts';
import type { TraceEvent } from '../../src/trace/events.ts';
import type { Subscriber } from '../../src/trace/trace.ts';
import type { PromptSize } from '../../src/translate/response/usage.ts';
import { createGenaiBackend } from '../../src/upstream/genai.ts';
import { readAnswer } from './read-answer.ts';
import { type RecordedStore, recordedStore } from './signatures.ts';
import { recordedUpstream } from './upstream.ts';

type Warning = Extract<TraceEvent, { type: 'warning' }>;

export type TurnRun = {
  /** What a recorder would have written about this run. */
  recorded: RecordedRequest;
  warnings: readonly Warning[];
  /** Our own errors, which no request should cause. */
  bugs: readonly unknown[];
  /** Keys and envelopes that were stored for later turns. */
  remembered: ReadonlyMap<string, string>;
  /** Keys and envelopes that were looked up and found. */
  found: ReadonlyMap<string, string>;
};

type Notes = { warnings: Warning[]; bugs: unknown[]; caller: string };

const MAX_BYTES = 64 * 1024 * 1024;
/** Too short to count as a secret; it would be searched for in every text. */
const NO_KEY = 'none';

const PICTURES = createPictureConverter();
const REDACTOR = createRedactor([]);

/** `store` answers instead of the look-ups in the recording. */
export async function runTurn(
  recorded: RecordedRequest,
  store: RecordedStore = recordedStore(recorded.signatures),
): Promise<TurnRun> {
  const clock = new VirtualClock(recorded.clockStart, () => 0, systemClock);
  const client = new AbortController();
  const recording = openRecording(recorded, clock);
  const leave = () => client.abort();
  const upstream = recordedUpstream(recorded, { clock, redactor: REDACTOR, leave });
  const watched: Fetch = async (url, init, exchange) => {
    const watching = recording.exchange(url, init);
    try {
      return watching.answer(await upstream(url, init, exchange));
    } catch (error) {
      watching.fail(error);
      throw error;
    }
  };
  const notes: Notes = { warnings: [], bugs: [], caller: recorded.caller };
  const deps = {
    ...depsFor(recorded, watched, clock, store, notes),
    promptTold(size: () => PromptSize) {
      const told = recorded.promptTold ?? size();
      recording.promptTold(told);
      return told;
    },
  };
  const request = clientRequest(recorded, client.signal);
  recording.keepBody(bytesOf(recorded.request.body));
  const response = await serve(request, deps);
  const { bytes, end } = await readAnswer(response, recorded.answer, client);
  recording.answer.add(bytes);
  for (const lookup of store.lookups) recording.lookedUp(lookup);
  const { status, headers } = response;
  const outcome = { caller: notes.caller, keyFingerprint: recorded.keyFingerprint, status, headers, end };
  return {
    recorded: finishRequest(recording.raw(outcome), REDACTOR, CLIENT_WIRE),
    warnings: notes.warnings,
    bugs: notes.bugs,
    remembered: store.remembered,
    found: store.found,
  };
}

function openRecording(recorded: RecordedRequest, clock: Clock): RequestRecording {
  const { origin, recordedAt, clockStart, seed, versions } = recorded;
  return new RequestRecording(
    1,
    clientRequest(recorded),
    recorded.request.path,
    { origin, recordedAt, clockStart, seed, versions },
    {
      now: () => clock.monotonic(),
      maxBytes: MAX_BYTES,
      isClientGone: (reason) => reason instanceof ClientGone,
    },
  );
}

function clientRequest({ request }: RecordedRequest, signal?: AbortSignal): Request {
  const { method, path, query, headers, body } = request;
  return new Request(`http://localhost${path}${query ? `?${query}` : ''}`, {
    method,
    headers: { ...headers },
    body: new Uint8Array(bytesOf(body)),
    ...(signal ? { signal } : {}),
  });
}

/** The routes that ask upstream. Their handlers are run directly: to build a web server would take most of the time. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  '/v1/messages': answerMessages,
  '/v1/messages/count_tokens': countTokens,
};

async function serve(request: Request, deps: ServerDeps): Promise<Response> {
  const { pathname: path } = new URL(request.url);
  const handler = HANDLERS[path];
  if (!handler) throw new Error(`${path} is no route of a turn`);
  return runCall(handler, { request, path, asked: path, params: {}, keepOpen() {} }, deps);
}

/** A case shows one retry at most: its upstream has no further answers. */
const RETRIES = 1;

function depsFor(
  recorded: RecordedRequest,
  fetch: Fetch,
  clock: VirtualClock,
  signatures: RecordedStore,
  notes: Notes,
): ServerDeps {
  // After a broken stream a later attempt asks for a whole answer.
  const unary = recorded.upstream[0]?.request.path.endsWith(':generateContent') === true;
  const config = readConfig({ BACKEND: 'mock', FORCE_DISABLE_STREAMING: String(unary) }, []);
  const { headTimeoutMs, idleTimeoutMs } = config;
  const backend = createGenaiBackend({
    kind: 'gemini',
    apiKey: NO_KEY,
    fetch,
    headTimeoutMs,
    idleTimeoutMs,
    clock,
  });
  return {
    settings: {
      ...serverSettings(config),
      modelMap: { ...config.modelMap, patterns: modelPatterns(recorded) },
      maxRetries: { unary: RETRIES, stream: RETRIES },
      modelFallbacks: [],
      streamsMax: 1,
      // This process reads what it read when it was recorded; other media Google reads.
      urlFetch: recorded.fetched ? { google: false, proxy: true } : config.urlFetch,
    },
    keys: singleKey({ ...backend, keyFingerprint: recorded.keyFingerprint }),
    budget: UNLIMITED,
    streaming: ALWAYS_STREAMING,
    shared: aloneState(clock.wall()),
    signatures,
    promptTold: (size) => size(),
    urlFetcher: recordedFetcher(recorded.fetched ?? []),
    pictures: { convert: (picture, signal) => clock.during(PICTURES.convert(picture, signal)) },
    quarantine: new QuarantineMemory(),
    thinking: new ThinkingMemory(),
    clock,
    ...seeded(recorded.seed),
    logger: SILENT,
    stats: { answersOpen: 0, draining: false },
    counters: new Counters(clock),
    subscribers: [noting(notes)],
    openCalls: new Set(),
    bodies: new BodyBudget(clock),
  };
}

/** Whatever the settings were: the client's id was mapped to the model that was asked. */
function modelPatterns({ upstream, request }: RecordedRequest): [pattern: string, target: string][] {
  const model = upstream[0]?.model;
  const body = tryParseJson(request.body);
  const requested = isObject(body) ? body['model'] : undefined;
  return model && typeof requested === 'string' ? [[requested, model]] : [];
}

const noting =
  (notes: Notes): Subscriber =>
  () =>
  (event) => {
    if (event.type === 'warning') notes.warnings.push(event);
    if (event.type === 'error' && event.bug !== undefined) notes.bugs.push(event.bug);
    if (event.type === 'asked') notes.caller = event.caller;
  };

const SILENT: Logger = {
  debugging: false,
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  hide() {},
};
