/**
 * Makes a backend for Gemini. The official SDK gives the addresses and credentials (`addresses.ts`); the proxy itself
 * writes and reads the bytes. Why: docs/decisions/0003-sdk-sends-we-read.md
 */
import { UpstreamError } from '../gemini/errors.ts';
import { payloadRefusal } from '../gemini/payload.ts';
import { tokenCount } from '../gemini/token-counts.ts';
import { keyFingerprint } from '../lib/hash.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Clock, Exchange, Fetch } from '../lib/ports.ts';
import type { Action, Address } from './addresses.ts';
import type { Backend, Files } from './backend.ts';
import { Connection } from './connection.ts';
import { uploadFile } from './file-upload.ts';
import { FrameStream } from './frame-stream.ts';
import { geminiHost, type Host } from './host.ts';
import { createPromptKeeper } from './prompt-keeper.ts';
import { googleError, statusError } from './status-error.ts';

export type GenaiOptions = {
  kind: Backend['kind'];
  apiKey: string;
  /** What serves the models; by default Google's Gemini API, with `apiKey` and at `baseUrl`. */
  host?: Host;
  /** A name that tells the key's signatures from those of other keys. By default it is made from the key. */
  keyFingerprint?: string;
  /** The base URL, without a path. By default it is Google's. */
  baseUrl?: string;
  fetch: Fetch;
  /** Milliseconds from the send to the response head. */
  headTimeoutMs: number;
  /** Milliseconds without progress in the body. */
  idleTimeoutMs: number;
  clock: Clock;
};

export const GOOGLE = 'https://generativelanguage.googleapis.com';

/** The name of a key. What stands in for Gemini has one key, by the name of its kind. */
export const fingerprintOf = (kind: Backend['kind'], apiKey: string): string =>
  kind === 'gemini' ? keyFingerprint(apiKey) : kind;

/**
 * The backend of one key. Its functions reject with an UpstreamError, or with the signal's reason once that has
 * aborted.
 */
export function createGenaiBackend(options: GenaiOptions): Backend {
  const { kind, apiKey } = options;
  const way: Way = {
    ...options,
    host: options.host ?? geminiHost(apiKey, options.baseUrl ?? GOOGLE),
    hasKnownLimit: kind !== 'vertex' && isGoogles(options.baseUrl),
  };

  const { baseUrl = GOOGLE, fetch, clock } = options;
  const files: Files = {
    isCertain: way.hasKnownLimit,
    upload: (content, signal) => uploadFile({ apiKey, baseUrl, fetch, clock }, content, signal),
  };

  return {
    kind,
    ...(options.host ? {} : { files }),
    keyFingerprint: options.keyFingerprint ?? fingerprintOf(kind, apiKey),

    async generate({ model, body, stream }, exchange, signal) {
      const action = stream ? 'generateContentStream' : 'generateContent';
      return { frames: new FrameStream(await open(way, { action, model, body }, exchange, signal)) };
    },

    async countTokens(model, body, exchange, signal) {
      const request: Request = { action: 'countTokens', model, body: way.host.countBody(model, body) };
      const connection = await open(way, request, exchange, signal);
      return totalTokens(await connection.readText());
    },

    ...(way.host.keeper ? { keeper: createPromptKeeper(way.host.keeper, way) } : {}),
  };
}

/** True where the Gemini API itself answers. At any other address a gateway answers, which has limits of its own. */
const isGoogles = (baseUrl: string | undefined): boolean =>
  baseUrl === undefined || /(?:^|\.)googleapis\.com$/.test(URL.parse(baseUrl)?.hostname ?? '');

type Way = GenaiOptions & { host: Host; hasKnownLimit: boolean };
type Request = { action: Action; model: string; body: string };

/**
 * Resolves with the connection once a 2xx head has come. A request that Google would certainly refuse for its size is
 * not sent. Where the host refuses credentials that can be renewed, the request is sent once more.
 */
async function open(
  way: Way,
  request: Request,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<Connection> {
  const refusal = way.hasKnownLimit ? payloadRefusal(request.body) : undefined;
  if (refusal) throw refusal;
  const address = await way.host.address(request.action, request.model, signal);
  try {
    return await send(way, address, request.body, exchange, signal);
  } catch (error) {
    const isRefused = error instanceof UpstreamError && error.status === UNAUTHENTICATED;
    if (!isRefused || !way.host.renew(address)) throw error;
  }
  const renewed = await way.host.address(request.action, request.model, signal);
  return await send(way, renewed, request.body, exchange, signal);
}

const UNAUTHENTICATED = 401;

async function send(
  way: Way,
  address: Address,
  body: string,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<Connection> {
  const connection = new Connection(signal, way);
  try {
    const { url, init } = address;
    const response = await connection.send(way.fetch, url, { ...init, body }, exchange);
    if (response.ok) return connection;
    const error = await failedHead(connection, response, way.clock.wall().getTime());
    throw error instanceof UpstreamError ? way.host.explained(error, address) : error;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * The error for a head whose status is not 2xx. If its body breaks off, the status still counts; an abort stays an
 * abort.
 */
async function failedHead(connection: Connection, response: Response, now: number): Promise<unknown> {
  try {
    return statusError(response, await connection.readText(), now);
  } catch (error) {
    if (!(error instanceof UpstreamError)) return error;
    const { status, statusText } = response;
    return new UpstreamError('status', `HTTP ${status} ${statusText}`.trim(), { status, cause: error });
  }
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
