/**
 * Gemini over the official SDK. The SDK knows where to send and with what credentials; the bytes in both directions are
 * ours: it is called with a stub, the closure that it takes for `fetch` puts our body in the stub's place and keeps
 * the response, and the SDK sees an empty one. Why: docs/decisions/0003-sdk-sends-we-read.md
 */
import { GoogleGenAI } from '@google/genai/web';
import { UpstreamError } from '../gemini/errors.ts';
import { payloadRefusal } from '../gemini/payload.ts';
import { tokenCount } from '../gemini/token-counts.ts';
import { shortHash } from '../lib/hash.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Clock, Exchange, Fetch } from '../lib/ports.ts';
import type { Backend } from './backend.ts';
import { Connection } from './connection.ts';
import { FrameStream } from './frame-stream.ts';
import { googleError, statusError } from './status-error.ts';

export type GenaiOptions = {
  kind: 'gemini' | 'mock' | 'replay';
  apiKey: string;
  /** Whose signatures are whose. Default: made of the key. */
  keyFingerprint?: string;
  /** Without a path. Default: Google's. */
  baseUrl?: string;
  fetch: Fetch;
  /** Milliseconds from the send to the response head. */
  headTimeoutMs: number;
  /** Milliseconds of silence between two reads of the body. */
  idleTimeoutMs: number;
  clock: Clock;
};

export const GOOGLE = 'https://generativelanguage.googleapis.com';
const FINGERPRINT_LENGTH = 8;
/** What the SDK sends is thrown away; it only has to be something that it accepts. */
const STUB = '.';

/** One client per key. Its calls reject with an UpstreamError, or with the signal's reason once that has aborted. */
export function createGenaiBackend(options: GenaiOptions): Backend {
  const { kind, apiKey } = options;
  const models = createModels(apiKey, options.baseUrl ?? GOOGLE);

  return {
    kind,
    keyFingerprint:
      options.keyFingerprint ?? (kind === 'gemini' ? shortHash(apiKey, FINGERPRINT_LENGTH) : kind),

    async generate(call, exchange, signal) {
      const connection = await open(options, call.body, exchange, signal, (fetch) => {
        const request = {
          model: modelPath(call.model),
          contents: STUB,
          config: { httpOptions: { fetch }, automaticContinuation: false },
        };
        return call.stream ? models.generateContentStream(request) : models.generateContent(request);
      });
      return { frames: new FrameStream(connection) };
    },

    async countTokens(model, body, exchange, signal) {
      const connection = await open(options, countBody(model, body), exchange, signal, (fetch) =>
        models.countTokens({ model: modelPath(model), contents: STUB, config: { httpOptions: { fetch } } }),
      );
      return totalTokens(await connection.readText());
    },
  };
}

/** Everything is said outright: what is left open, the SDK fills from the environment or from its version's taste. */
function createModels(apiKey: string, baseUrl: string) {
  return new GoogleGenAI({
    apiKey,
    vertexai: false,
    apiVersion: 'v1beta',
    httpOptions: { baseUrl, headers: { 'accept-encoding': 'identity' } },
  }).models;
}

/** Elsewhere a gateway answers, whose limits are its own. */
const isGoogles = (baseUrl: string | undefined): boolean =>
  baseUrl === undefined || /(?:^|\.)googleapis\.com$/.test(URL.parse(baseUrl)?.hostname ?? '');

type SdkFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Resolves with the connection once its head is a good one. What Google is sure to refuse for its size is not sent. `send` lets the SDK send, through the fetch it is given. */
async function open(
  options: GenaiOptions,
  body: string,
  exchange: Exchange,
  signal: AbortSignal,
  send: (fetch: SdkFetch) => Promise<unknown>,
): Promise<Connection> {
  const refusal = isGoogles(options.baseUrl) ? payloadRefusal(body) : undefined;
  if (refusal) throw refusal;
  const connection = new Connection(signal, options);
  let failure: { error: unknown } | undefined;
  const fetch: SdkFetch = async (url, init) => {
    try {
      const response = await connection.send(options.fetch, String(url), { ...init, body }, exchange);
      if (!response.ok) throw await failedHead(connection, response, options.clock.wall().getTime());
      return emptyAnswer();
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    // A stream that the SDK returns is never begun: that costs nothing and leaves nothing open.
    await send(fetch);
  } catch (error) {
    connection.close();
    // The SDK wraps what is no Error; an abort's reason may be anything.
    throw failure ? failure.error : error;
  }
  return connection;
}

/** The error a bad head stands for. A body that breaks off still leaves what its head said; an abort stays an abort. */
async function failedHead(connection: Connection, response: Response, now: number): Promise<unknown> {
  try {
    return statusError(response, await connection.readText(), now);
  } catch (error) {
    if (!(error instanceof UpstreamError)) return error;
    const { status, statusText } = response;
    return new UpstreamError('status', `HTTP ${status} ${statusText}`.trim(), { status, cause: error });
  }
}

/** Read by the SDK as a unary answer without fields; a stream's is never read. */
const emptyAnswer = () => new Response('{}', { headers: { 'content-type': 'application/json' } });

/** The SDK puts the id into the URL as it is. */
const modelPath = (model: string): string => encodeURIComponent(model);

/** Splices, so that a body of megabytes is not parsed again. */
function countBody(model: string, body: string): string {
  return `{"generateContentRequest":{"model":${JSON.stringify(`models/${model}`)},${body.slice(body.indexOf('{') + 1)}}`;
}

function totalTokens(text: string): number {
  const answer = tryParseJson(text);
  const tokens = isObject(answer) ? tokenCount(answer['totalTokens']) : undefined;
  if (tokens !== undefined) return tokens;
  const google = googleError(text);
  if (google)
    throw new UpstreamError('stream', google.message ?? 'an error object', { status: google.code, google });
  throw new UpstreamError('malformed', 'the token count has no totalTokens');
}
