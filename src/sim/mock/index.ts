/**
 * Gemini without Gemini: a `Fetch` that refuses what Google refuses and answers the rest from scenarios, in the bytes of
 * Google's wire. Deterministic but for ids and pace, which come from `random`.
 */
import { type GeminiModel, isKnownModel, modelRow } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { tryParseJson } from '../../lib/json.ts';
import { type Clock, createIds, type Exchange, type Fetch, type Random } from '../../lib/ports.ts';
import type { Scenario } from '../scenarios.ts';
import { readCountRequest } from '../validator/count-tokens.ts';
import { type ReadRequest, readRequest, type ValidateOptions } from '../validator/index.ts';
import { invalidArgument } from '../validator/refusal.ts';
import type { ApiRequest } from '../validator/request.ts';
import { answerParts } from './answer-parts.ts';
import { chooseAnswer } from './choose.ts';
import { type ChunkOptions, streamChunks, unaryChunk } from './chunks.ts';
import { readConversation } from './conversation.ts';
import { modelEntry, modelPage } from './model-list.ts';
import { errorReply, jsonReply, modelNotFound, streamReply } from './replies.ts';
import { countSignatures } from './signature-count.ts';
import { isIssued } from './signing.ts';
import { type Pace, streamBody } from './stream-body.ts';
import { countPrompt, PrefixMemory } from './tokens.ts';

export type MockOptions = {
  /** In the order in which they are asked. */
  scenarios: readonly Scenario[];
  random: Random;
  clock: Clock;
  /** Default `instant`. */
  pace?: Pace;
};

const PREFIXES_REMEMBERED = 4_096;
/** Tokens of the shortest prompt that the implicit cache keeps. */
const CACHE_MINIMUM = { 'gemini-2.5': 2_048 } as const;
const CACHE_MINIMUM_DEFAULT = 4_096;

const ROUTE = /\/(v1(?:alpha|beta)?)\/models(?:\/([^/:]+)(?::(\w+))?)?$/;

type Call = {
  model: GeminiModel;
  method: string;
  text: string;
  signal: AbortSignal | undefined;
  exchange: Exchange;
};

/**
 * Resolves with Google's answer or refusal; rejects only with the reason of `init.signal`. Notes on the exchange:
 * `scenario` (which rule answered), `signatures` (`real`, `sentinel`, `moved`) and `refusal` (Google's message).
 */
export function createMockFetch(options: MockOptions): Fetch {
  const mock = new Mock(options);
  return (url, init, exchange) => mock.fetch(url, init, exchange);
}

class Mock {
  readonly #options: MockOptions;
  readonly #prefixes = new PrefixMemory(PREFIXES_REMEMBERED);
  readonly #asides: readonly string[];

  constructor(options: MockOptions) {
    this.#options = options;
    this.#asides = [...new Set(options.scenarios.flatMap((scenario) => scenario.asides))];
  }

  async fetch(url: string, init: RequestInit, exchange: Exchange): Promise<Response> {
    const signal = init.signal ?? undefined;
    signal?.throwIfAborted();
    const { pathname, searchParams } = new URL(url);
    const [, version = '', id, method] = ROUTE.exec(pathname) ?? [];
    if (version === '')
      return errorReply(
        { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' },
        false,
      );
    if (id === undefined) return jsonReply(modelPage(searchParams));
    const name = decodeURIComponent(id);
    const streams = method === 'streamGenerateContent';
    if (!isKnownModel(name)) {
      const error = modelNotFound(name, version, streams ? 'generateContent' : (method ?? 'generateContent'));
      return refuse(error, streams, exchange);
    }
    const model = modelRow(name);
    if (method === undefined) return jsonReply(modelEntry(model));
    const text = await new Response(init.body).text();
    return this.#answer({ model, method, text, signal, exchange });
  }

  #answer(call: Call): Response {
    const { model, method, text, exchange } = call;
    const streams = method === 'streamGenerateContent';
    const counts = method === 'countTokens';
    if (!streams && !counts && method !== 'generateContent') {
      return refuse(modelNotFound(model.id, 'v1beta', method), false, exchange);
    }
    const read = readBody(model, text, counts ? readCountRequest : readRequest);
    if (!read.ok) return refuse(read.error, streams, exchange);
    if (counts) return countReply(read.request);
    const prompt = this.#prefixes.count(model.id, read.request, cacheMinimum(model));
    if (prompt.prompt > model.inputTokens) return refuse(overflow(prompt.prompt, model), streams, exchange);
    return this.#generate(call, read.request, prompt, streams);
  }

  #generate(call: Call, request: ApiRequest, prompt: ChunkOptions['prompt'], streams: boolean): Response {
    const { model, exchange, signal } = call;
    const { scenarios, random, clock, pace = 'instant' } = this.#options;
    const ids = createIds(random);
    const conversation = readConversation(request, this.#asides);
    const answer = chooseAnswer(scenarios, conversation, exchange.labels['caller'] ?? '');
    exchange.note('scenario', { source: answer.source });
    exchange.note('signatures', countSignatures(request));
    const parts = answerParts(answer, request, model, ids);
    const seed = JSON.stringify([request.contents, answer]);
    const options = { model, prompt, seed, responseId: ids.next('', 23) };
    if (!streams) return jsonReply(unaryChunk(parts, options));
    return streamReply(streamBody(streamChunks(parts, options), { pace, clock, random, signal }));
  }
}

const cacheMinimum = ({ family }: GeminiModel): number =>
  family === 'gemini-2.5' ? CACHE_MINIMUM[family] : CACHE_MINIMUM_DEFAULT;

function readBody(
  model: GeminiModel,
  text: string,
  read: (model: GeminiModel, body: unknown, options: ValidateOptions) => ReadRequest,
): ReadRequest {
  const body = tryParseJson(text);
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
