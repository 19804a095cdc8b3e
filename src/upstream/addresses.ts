/**
 * Finds out to which address, and with which headers, the official SDK would send each kind of request. The SDK is run
 * with a stub as its body and with a `fetch` that sends nothing and only notes address and headers. Why:
 * docs/decisions/0003-sdk-sends-we-read.md
 */
import { GoogleGenAI } from '@google/genai/web';
import { RecentMap } from '../lib/recent-map.ts';

export type Action = 'generateContentStream' | 'generateContent' | 'countTokens';

/** Everything of a request except its body. */
export type Address = { url: string; init: Readonly<RequestInit> };

/** The contents that the SDK is given. Its body is thrown away, so the contents only have to be accepted by the SDK. */
const STUB = '.';
/** Google has about fifty models, but clients may ask for any name. */
const MOST_KNOWN = 1_000;

type SdkFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * The SDK's client. Every option is set: options that are not set the SDK reads from the environment, or gives them its
 * version's default.
 */
const createModels = (apiKey: string, baseUrl: string) =>
  new GoogleGenAI({
    apiKey,
    vertexai: false,
    apiVersion: 'v1beta',
    httpOptions: { baseUrl, headers: { 'accept-encoding': 'identity' } },
  }).models;

/**
 * A stub for the SDK, in place of Google's answer. Where the SDK asks for a whole answer, it reads this as an answer
 * without fields. Where it asks for a stream, it never reads this at all.
 */
const emptyAnswer = () => new Response('{}', { headers: { 'content-type': 'application/json' } });

/** The addresses for one key. What the SDK once said about a model stays true as long as the key is used. */
export class Addresses {
  readonly #models: Models;
  readonly #known = new RecentMap<string, Address>(MOST_KNOWN);

  constructor(apiKey: string, baseUrl: string) {
    this.#models = createModels(apiKey, baseUrl);
  }

  async of(action: Action, model: string): Promise<Address> {
    const name = `${action} ${model}`;
    const known = this.#known.get(name);
    if (known) return known;
    const address = await askSdk(this.#models, action, model);
    this.#known.set(name, address);
    return address;
  }
}

/** The part of the SDK that makes requests. Its builds for browsers and for Node have the same. */
type Models = Pick<ReturnType<typeof createModels>, Action>;

/** Rejects as the SDK does where it has no credentials. */
export async function askSdk(models: Models, action: Action, model: string): Promise<Address> {
  let address: Address | undefined;
  const fetch: SdkFetch = async (url, { method, headers } = {}) => {
    address = {
      url: String(url),
      init: { method: method ?? 'POST', headers: Object.fromEntries(new Headers(headers)) },
    };
    return emptyAnswer();
  };
  // The SDK puts the id into the URL without escaping it, and throws at two dots. Google knows better what it has.
  const request = { model: encodeURIComponent(model).replaceAll('..', '%2E%2E'), contents: STUB };
  const config = { httpOptions: { fetch }, automaticContinuation: false };
  // The stream that the SDK returns is never started, so it costs nothing and leaves nothing open.
  if (action === 'countTokens') await models.countTokens({ ...request, config });
  else await models[action]({ ...request, config });
  if (!address) throw new Error(`@google/genai sends nothing for ${action}`);
  return address;
}
