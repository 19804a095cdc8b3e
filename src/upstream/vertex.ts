/**
 * Vertex AI as a host: addresses with a project and a place, and credentials that expire. The SDK's build for Node finds
 * the credentials (application default credentials) and keeps their token fresh. It is loaded with the first request, so
 * whoever does not use Vertex AI does not pay for it.
 */
import { readFile } from 'node:fs/promises';
import type { GoogleGenAI } from '@google/genai/node';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import { vertexCountBody, vertexMeaning } from '../gemini/vertex.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Clock, Exchange, Fetch } from '../lib/ports.ts';
import { type Address, askSdk } from './addresses.ts';
import { geminiHost, type Host } from './host.ts';
import { describeUnreachable } from './unreachable.ts';

export type VertexOptions = {
  project: string;
  /** `global`, or a region. */
  location: string;
  /** A file of credentials; undefined where Google's library is to look for them in the usual places. */
  credentialsFile: string | undefined;
  /** An address in place of Google's. */
  baseUrl: string | undefined;
  /** The way to the server of tokens. It must not be recorded. */
  fetch: Fetch;
  clock: Clock;
};

/** Milliseconds that a token may take. It comes within one second; a new one is made once an hour. */
const TOKEN_MS = 20_000;
/** Where Google's library asks for tokens, whatever a file of credentials says. */
const GOOGLES_TOKENS = 'https://oauth2.googleapis.com/token';
const TOKEN_EXCHANGE: Exchange = { id: 'token', labels: { caller: 'token' }, note() {} };

type Models = GoogleGenAI['models'];

/** A client of the SDK with the credentials that it has found. Another client looks for them anew. */
type Client = { models: Promise<Models> };

/** Places of several regions, whose addresses have another form. */
const OF_REGIONS: ReadonlySet<string> = new Set(['us', 'eu']);

export function vertexOrigin(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  return OF_REGIONS.has(location)
    ? `https://aiplatform.${location}.rep.googleapis.com`
    : `https://${location}-aiplatform.googleapis.com`;
}

export function vertexHost(options: VertexOptions): Host {
  let client: Client | undefined;
  const madeBy = new WeakMap<Address, Client>();
  return {
    async address(action, model, signal) {
      client ??= { models: createModels(options) };
      const used = client;
      try {
        // Asked for each request: the token in the headers may have expired since the last one.
        const asking = used.models.then((models) => askSdk(models, action, model));
        const address = await inTime(asking, options.clock, signal);
        madeBy.set(address, used);
        return address;
      } catch (error) {
        // The next request looks for credentials anew: somebody may have mended them.
        if (client === used) client = undefined;
        throw signal.aborted ? signal.reason : credentialsError(error);
      }
    },
    countBody: (_model, body) => vertexCountBody(body),
    explained,
    renew(address) {
      if (madeBy.get(address) === client) client = undefined;
      return true;
    },
  };
}

/** Vertex AI as recordings have it: with the addresses of the Gemini API, and without credentials. */
export const replayedVertexHost = (): Host => ({
  ...geminiHost('no-key', GEMINI),
  countBody: (_model, body) => vertexCountBody(body),
  explained,
  renew: () => true,
});

/** Nobody is asked in a replay. */
const GEMINI = 'https://generativelanguage.googleapis.com';

/** What to do with media that the Gemini API would take as files of its own. */
const NO_FILES =
  ' (Vertex AI has no Files API: put large media into Cloud Storage, and name them by their gs:// URLs)';

function explained(error: UpstreamError, { init }: Address): UpstreamError {
  const token = new Headers(init.headers).get('authorization')?.replace(/^Bearer /, '');
  const said = token ? error.message.replaceAll(token, '***') : error.message;
  const message = failureClass(error) === 'too-large' ? `${said.replace(/\.?\s*$/, '')}${NO_FILES}` : said;
  const means = vertexMeaning(error) ?? error.means;
  const { kind, status, google, retryAfter, cause } = error;
  return new UpstreamError(kind, message, { status, google, retryAfter, means, cause });
}

async function createModels(options: VertexOptions): Promise<Models> {
  const { project, location, credentialsFile, baseUrl } = options;
  const { GoogleGenAI } = await import('@google/genai/node');
  const tokenUri = credentialsFile === undefined ? undefined : await tokenUriIn(credentialsFile);
  return new GoogleGenAI({
    vertexai: true,
    project,
    location,
    apiVersion: 'v1beta1',
    googleAuthOptions: {
      // Without it the library starts `gcloud` to ask for the project.
      projectId: project,
      ...(credentialsFile === undefined ? {} : { keyFilename: credentialsFile }),
      clientOptions: { transporterOptions: { fetchImplementation: tokenFetch(options, tokenUri) } },
    },
    httpOptions: {
      headers: { 'accept-encoding': 'identity' },
      baseUrl: baseUrl ?? vertexOrigin(location),
    },
  }).models;
}

/** The server of tokens that a file of credentials names. Google's library does not read this field. */
async function tokenUriIn(file: string): Promise<string | undefined> {
  const credentials = tryParseJson(await readFile(file, 'utf8'));
  const uri = isObject(credentials) ? credentials['token_uri'] : undefined;
  return typeof uri === 'string' ? uri : undefined;
}

function tokenFetch({ fetch }: VertexOptions, tokenUri = GOOGLES_TOKENS): typeof globalThis.fetch {
  const send = (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = input instanceof Request ? input.url : String(input);
    return fetch(url === GOOGLES_TOKENS ? tokenUri : url, init, TOKEN_EXCHANGE);
  };
  return Object.assign(send, { preconnect: globalThis.fetch.preconnect });
}

/** Google's library has no limit of time of its own, and hears no signal. */
function inTime<T>(work: Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const late = () =>
    new UpstreamError('timeout', `no token of Google Cloud came within ${TOKEN_MS / 1000} s`);
  const cancel = clock.after(TOKEN_MS, () => reject(late()));
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  work.then(resolve, reject);
  return promise.finally(() => {
    cancel();
    signal.removeEventListener('abort', onAbort);
  });
}

const NOT_FOUND = /^Could not load the default credentials/;

/** What kept the library from giving a token. Of a refusal only the two fields are told that the standard has for it. */
function credentialsError(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const { response } = error as { response?: { status?: number; data?: unknown } };
  const status = response?.status;
  if (status === undefined) return unanswered(error);
  const { error: code, error_description: described } = isObject(response?.data) ? response.data : {};
  const said = [code, described].filter((text) => typeof text === 'string').join(': ') || `HTTP ${status}`;
  if (status >= 500 || status === 429)
    return new UpstreamError('status', `the server of tokens failed: ${said}`, { status, cause: error });
  return refused(`the server of tokens refuses them: ${said}`, error);
}

function unanswered(error: unknown): UpstreamError {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const unreachable = describeUnreachable(GOOGLES_TOKENS, cause);
  if (unreachable !== undefined) return new UpstreamError('unreachable', unreachable, { cause: error });
  return refused(NOT_FOUND.test(message) ? 'there are none' : `they cannot be used: ${message}`, error);
}

const refused = (message: string, cause: unknown): UpstreamError =>
  new UpstreamError('status', message, { status: 401, means: 'credentials', cause });
