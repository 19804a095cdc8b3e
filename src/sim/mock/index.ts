/**
 * The mock of Gemini: a `Fetch` that refuses what Google refuses and answers all other requests from scenarios, in the
 * bytes of Google's wire. It is deterministic, except for ids, which come from `random`.
 */
import type { SharedState } from '../../cluster/shared.ts';
import { BUILT_IN } from '../../gemini/model-rows.ts';
import type { GeminiModel, ModelTable } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { contentHash } from '../../lib/hash.ts';
import { tryParseJson } from '../../lib/json.ts';
import { type Clock, createIds, type Exchange, type Fetch, type Random, today } from '../../lib/ports.ts';
import { createFaultFetch, RuleMemory, refuseBy } from '../faults/index.ts';
import { googleErrorFor } from '../faults/status.ts';
import { nearestRow, noScenario } from '../scenario/nearest.ts';
import { USUAL_SPEED } from '../scenario/pace.ts';
import type { Scenario } from '../scenario/types.ts';
import { readCountRequest } from '../validator/count-tokens.ts';
import { type ReadRequest, readRequest, type ValidateOptions } from '../validator/index.ts';
import { keptNameIn, withKept } from '../validator/kept-contents.ts';
import { invalidArgument } from '../validator/refusal.ts';
import type { ApiRequest } from '../validator/request.ts';
import { type AnswerParts, answerParts } from './answer-parts.ts';
import { Chance, type DrawnSpeed, drawSpeed } from './chance.ts';
import { type Answer, chooseAnswer, NO_SOURCE, type Spoken, spokenCalls } from './choose.ts';
import { blockedChunk, type Chunk, type ChunkOptions, streamChunks, unaryChunk } from './chunks.ts';
import { type Asides, readConversation } from './conversation.ts';
import { GoogleFiles } from './google-files.ts';
import { hostedData } from './hosted.ts';
import { KeptContents } from './kept-contents.ts';
import { modelEntry, modelPage } from './model-list.ts';
import { errorReply, jsonReply, modelNotFound, streamReply } from './replies.ts';
import { RequestCount, stepKey } from './request-count.ts';
import { Rests } from './rests.ts';
import type { MockSelf } from './self.ts';
import { countSignatures } from './signature-count.ts';
import { isIssued } from './signing.ts';
import { type Pace, streamBody } from './stream-body.ts';
import { countPrompt, PrefixMemory } from './tokens.ts';

export type MockOptions = {
  /** The scenarios, in the order in which they are asked. A function is called for every request. */
  scenarios: readonly Scenario[] | (() => readonly Scenario[]);
  /** The name of a scenario that is asked before all others, whatever the prompt. */
  chosen?: string;
  random: Random;
  clock: Clock;
  /** How it counts together with the mocks of other processes. By default it counts alone. */
  shared?: SharedState;
  /** The models that there are. The default is the built-in table. */
  models?: () => ModelTable;
  /** What it says of itself. By default it is the mock in the proxy. */
  self?: MockSelf;
  /** False: nothing comes from a cache but what is kept by name. Google's implicit cache gives no promise, either. */
  implicitCache?: boolean;
  /** The seed of all chance in scenarios. The default is 1. */
  seed?: number;
  /**
   * True for a scenario that answers whatever is asked. With this test the mock is strict: it asks no such scenario for
   * the words of a user, and refuses words that no other row fits with a 404.
   */
  isCatchAll?: (scenario: Scenario) => boolean;
  /** Called with the reason where words are refused because no scenario has an answer. */
  onMissing?: (why: string) => void;
  /** Called with each rule and state that answers or spoils an answer, as `scenario/rule`. */
  onPlayed?: (source: string) => void;
  /** The pace of answers. The default is `instant`, which no scenario changes. */
  pace?: Pace;
};

/** The callers that pass on the words of a user or a program. The client or the proxy makes all other requests by itself. */
const SPEAKERS: ReadonlySet<string> = new Set(['main', 'sdk', 'subagent']);
const USUAL_SEED = 1;
const RESPONSE_ID_LENGTH = 23;
const PREFIXES_REMEMBERED = 4_096;
/** The least tokens of a prompt that the implicit cache keeps. */
const CACHE_MINIMUM = { 'gemini-2.5': 2_048 } as const;
const CACHE_MINIMUM_DEFAULT = 4_096;

const ROUTE = /\/(v1(?:alpha|beta)?)\/models(?:\/([^/:]+)(?::(\w+))?)?$/;

type Incoming = {
  url: string;
  init: RequestInit;
  model: GeminiModel;
  method: string;
  text: string;
  exchange: Exchange;
};

/**
 * Resolves with Google's answer or refusal; rejects only with the reason of `init.signal`. It notes on the exchange:
 * `scenario` (`source`: which rule or state answered; `caller`: whom; `nth`: which request of the turn it was), `fault`,
 * `signatures` (`real`, `sentinel`, `moved`) and `refusal` (Google's message).
 */
export function createMockFetch(options: MockOptions): Fetch {
  const mock = new Mock(options);
  return (url, init, exchange) => mock.fetch(url, init, exchange);
}

class Mock {
  readonly #options: MockOptions;
  readonly #prefixes = new PrefixMemory(PREFIXES_REMEMBERED);
  readonly #requests: RequestCount;
  readonly #rests = new Rests();
  readonly #faults: RuleMemory;
  readonly #seed: number;
  readonly #files: GoogleFiles;
  readonly #kept: KeptContents;

  constructor(options: MockOptions) {
    this.#options = options;
    this.#requests = new RequestCount(options.clock, options.shared);
    this.#faults = new RuleMemory(options.clock.monotonic());
    this.#seed = options.seed ?? USUAL_SEED;
    this.#files = new GoogleFiles(options.clock, options.random);
    this.#kept = new KeptContents(options.clock, options.random);
  }

  async fetch(url: string, init: RequestInit, exchange: Exchange): Promise<Response> {
    init.signal?.throwIfAborted();
    const address = new URL(url);
    const ofFiles = await this.#files.answer(address, init);
    if (ofFiles) return ofFiles;
    const { pathname, searchParams } = address;
    const models = (this.#options.models?.() ?? BUILT_IN).on(today(this.#options.clock));
    const [, version = '', id, method] = ROUTE.exec(pathname) ?? [];
    if (version === '')
      return (await this.#aboutKept(pathname, init, models)) ?? errorReply(googleErrorFor(404), false);
    if (id === undefined) return jsonReply(modelPage(models.rows, searchParams));
    const name = decodeURIComponent(id);
    const streams = method === 'streamGenerateContent';
    if (!models.isKnown(name)) {
      const error = modelNotFound(name, version, streams ? 'generateContent' : (method ?? 'generateContent'));
      return refuse(error, streams, exchange);
    }
    const model = models.row(name);
    if (method === undefined) return jsonReply(modelEntry(model));
    const text = await new Response(init.body).text();
    return this.#answer({ url, init, model, method, text, exchange });
  }

  async #answer(incoming: Incoming): Promise<Response> {
    const { model, method, init, exchange } = incoming;
    const streams = method === 'streamGenerateContent';
    const counts = method === 'countTokens';
    if (!streams && !counts && method !== 'generateContent') {
      return refuse(modelNotFound(model.id, 'v1beta', method), false, exchange);
    }
    const whole = this.#whole(incoming);
    if ('error' in whole) return refuse(whole.error, streams, exchange);
    const read = readBody(model, whole, counts ? readCountRequest : readRequest);
    if (!read.ok) return refuse(read.error, streams, exchange);
    const missing = this.#files.refusal(read.request, init);
    if (missing) return refuse(missing, streams, exchange);
    if (counts) return countReply(read.request);
    const counted = this.#prefixes.count(model.id, read.request, cacheMinimum(model));
    const implicit = this.#options.implicitCache === false ? 0 : counted.cached;
    const prompt = { ...counted, cached: Math.max(implicit, whole.kept) };
    if (prompt.prompt > model.inputTokens) return refuse(overflow(prompt.prompt, model), streams, exchange);
    return this.#generate(incoming, read.request, prompt, streams);
  }

  async #aboutKept(pathname: string, init: RequestInit, models: ModelTable): Promise<Response | undefined> {
    if (!pathname.includes('/cachedContents')) return undefined;
    const text = await new Response(init.body).text();
    return this.#kept.answer({ pathname, method: init.method ?? 'GET', key: keyOf(init), text, models });
  }

  /** The request together with what is kept that it names, and the tokens of that. */
  #whole({
    model,
    text,
    init,
  }: Incoming): { text: string; body: unknown; kept: number } | { error: GoogleError } {
    const body = tryParseJson(text);
    const name = keptNameIn(body);
    if (name === undefined) return { text, body, kept: 0 };
    const entry = this.#kept.find(name, keyOf(init));
    if (!entry) return { error: this.#kept.notFound() };
    const joined = withKept(body, entry.kept, model.id);
    return 'error' in joined ? joined : { text, body: joined.body, kept: entry.tokens };
  }

  async #generate(
    incoming: Incoming,
    request: ApiRequest,
    prompt: ChunkOptions['prompt'],
    streams: boolean,
  ): Promise<Response> {
    const { url, init, exchange } = incoming;
    if (request.continuationToken !== undefined) return this.#rest(incoming, request, { prompt, streams });
    const chosen = this.#choose(request, exchange);
    if ('missing' in chosen) return refuse(chosen.missing, streams, exchange);
    const { answer, chance } = chosen;
    exchange.note('signatures', countSignatures(request));
    const whole = async () => this.#reply(incoming, request, { answer, chance, prompt, streams });
    if (answer.faults.length === 0) return whole();
    const ports = { clock: this.#options.clock, seed: chance.number('faults'), memory: this.#faults };
    return createFaultFetch(whole, answer.faults, ports)(url, init, exchange);
  }

  #reply(
    { model, init, exchange }: Incoming,
    request: ApiRequest,
    { answer, chance, prompt, streams }: { answer: Answer; chance: Chance } & Asked,
  ): Response {
    const { reply, pace = USUAL_SPEED } = answer;
    if (reply.kind === 'refusal') {
      const { error, response } = refuseBy(reply.refusal, model.id, streams);
      exchange.note('refusal', { code: error.code, message: error.message });
      return response;
    }
    const ids = createIds(this.#options.random);
    const sending = { init, speed: drawSpeed(pace, chance), streams };
    const common = { model, prompt, seed: JSON.stringify([request.contents, reply]) };
    if (reply.kind === 'blocked') {
      const body = blockedChunk(reply.block, { ...common, responseId: ids.next('', RESPONSE_ID_LENGTH) });
      return this.#send([{ body, tokens: 0 }], body, sending);
    }
    const parts = answerParts(reply, request, model, ids);
    const options = {
      ...common,
      responseId: ids.next('', RESPONSE_ID_LENGTH),
      ...endOptions(reply, request),
    };
    return this.#say(parts, options, sending);
  }

  /** The rest of a long answer: of the request with this token nothing else is read. */
  async #rest(
    { init, model, exchange }: Incoming,
    { continuationToken = '' }: ApiRequest,
    { prompt, streams }: Asked,
  ): Promise<Response> {
    const parts = this.#rests.get(continuationToken);
    if (!parts) return refuse(invalidArgument('Invalid continuation token.'), streams, exchange);
    exchange.note('rest', { pieces: parts.pieces.length });
    const responseId = createIds(this.#options.random).next('', RESPONSE_ID_LENGTH);
    const options = { model, prompt, seed: continuationToken, responseId };
    const speed = drawSpeed(USUAL_SPEED, new Chance(this.#seed, continuationToken));
    return this.#say(parts, options, { init, speed, streams });
  }

  /** Says as much of the answer as one request gives. */
  #say(answer: AnswerParts, options: ChunkOptions, sending: Sending): Response {
    const { longAnswers, outputTokens } = options.model;
    const newToken = () => btoa(createIds(this.#options.random).next('rest-', 12));
    const parts = longAnswers ? this.#rests.cut(answer, outputTokens, newToken) : answer;
    const [chunks, whole] = sending.streams
      ? [streamChunks(parts, options), undefined]
      : [[], unaryChunk(parts, options)];
    return this.#send(chunks, whole, sending);
  }

  #send(chunks: readonly Chunk[], whole: unknown, { init, speed, streams }: Sending): Response {
    const { clock, pace = 'instant' } = this.#options;
    if (!streams) return jsonReply(whole);
    return streamReply(streamBody(chunks, { pace, speed, clock, signal: init.signal ?? undefined }));
  }

  #choose(
    request: ApiRequest,
    exchange: Exchange,
  ): { answer: Answer; chance: Chance } | { missing: GoogleError } {
    const { scenarios: given, chosen, onPlayed, isCatchAll, onMissing } = this.#options;
    const scenarios = typeof given === 'function' ? given() : given;
    const conversation = readConversation(request, asidesOf(scenarios, exchange), this.#options.self);
    const caller = exchange.labels['caller'] ?? '';
    const nth = this.#requests.next(conversation, caller);
    const failures = this.#requests.failures(conversation, caller);
    const chance = new Chance(this.#seed, `${stepKey(conversation, caller)}/${failures}`);
    const isStrict = isCatchAll !== undefined && SPEAKERS.has(caller);
    const asked = isStrict ? scenarios.filter((scenario) => !isCatchAll(scenario)) : scenarios;
    const answer = chooseAnswer(asked, { conversation, caller, nth, chance }, chosen);
    if (isStrict && answer.source === NO_SOURCE) {
      this.#requests.end(conversation, caller);
      const { words } = conversation;
      const missing = noScenario(words, nearestRow(asked, { words, caller }));
      onMissing?.(missing.message);
      return { missing };
    }
    exchange.note('scenario', { source: answer.source, caller, nth });
    for (const source of [answer.source, ...answer.spoilers]) onPlayed?.(source);
    const { reply, faults } = answer;
    const failed = reply.kind === 'refusal' || faults.length > 0;
    this.#requests.stepEnded(conversation, caller, failures, failed);
    const isEnd = reply.kind === 'blocked' || (reply.kind === 'speech' && spokenCalls(reply).length === 0);
    if (isEnd && !failed) this.#requests.end(conversation, caller);
    return { answer, chance };
  }
}

/** What a request asks for, and the tokens of its prompt. */
type Asked = { prompt: ChunkOptions['prompt']; streams: boolean };
type Sending = { init: RequestInit; speed: DrawnSpeed; streams: boolean };

/** What comes with the last chunk. */
function endOptions(spoken: Spoken, request: ApiRequest): Pick<ChunkOptions, 'data' | 'usage' | 'more'> {
  const { safety, usage, extra } = spoken;
  return {
    data: {
      ...hostedData(spoken, request),
      ...(safety ? { safetyRatings: safety.map((rating) => ({ ...rating })) } : {}),
      ...extra?.candidate,
    },
    usage,
    more: extra?.response,
  };
}

/**
 * The texts of the user's side that the user did not say. `labels.foreign` has the hashes of such texts, separated by
 * blanks.
 */
function asidesOf(scenarios: readonly Scenario[], { labels }: Exchange): Asides {
  const all = (pick: (scenario: Scenario) => readonly string[]) => [...new Set(scenarios.flatMap(pick))];
  const foreign = new Set(labels['foreign']?.split(' '));
  return {
    tags: all(({ asides }) => asides),
    texts: all(({ asideTexts }) => asideTexts),
    isForeign: (text) => foreign.size > 0 && foreign.has(contentHash(text)),
  };
}

const cacheMinimum = ({ family }: GeminiModel): number =>
  family === 'gemini-2.5' ? CACHE_MINIMUM[family] : CACHE_MINIMUM_DEFAULT;

/** What is kept belongs to the key. */
const keyOf = ({ headers }: RequestInit): string => new Headers(headers).get('x-goog-api-key') ?? '';

function readBody(
  model: GeminiModel,
  { text, body }: { text: string; body: unknown },
  read: (model: GeminiModel, body: unknown, options: ValidateOptions) => ReadRequest,
): ReadRequest {
  if (body === undefined) {
    const message = `Invalid JSON payload received. Unexpected token.\n${text.slice(0, 40)}\n^`;
    return { ok: false, error: invalidArgument(message) };
  }
  return read(model, body, { bytes: Buffer.byteLength(text), knownSignature: isIssued });
}

function countReply(request: ApiRequest): Response {
  const totalTokens = countPrompt(request);
  return jsonReply({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] });
}

const overflow = (tokens: number, { inputTokens }: GeminiModel): GoogleError =>
  invalidArgument(
    `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${inputTokens}).`,
  );

function refuse(error: GoogleError, streams: boolean, exchange: Exchange): Response {
  exchange.note('refusal', { code: error.code, message: error.message });
  return errorReply(error, streams);
}
