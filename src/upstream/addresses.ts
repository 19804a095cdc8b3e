/**
 * Where the official SDK sends each kind of call, and with which headers. It is called with a stub, and the closure that it takes for
 * `fetch` sends nothing: it notes what was to be sent. Why: docs/decisions/0003-sdk-sends-we-read.md
 */
import { GoogleGenAI } from '@google/genai/web';
import { RecentMap } from '../lib/recent-map.ts';

export type Action = 'generateContentStream' | 'generateContent' | 'countTokens';

/** All of a request but its body. */
export type Address = { url: string; init: Readonly<RequestInit> };

/** What the SDK would send is thrown away; it only has to be something that it accepts. */
const STUB = '.';
/** Google has some fifty models; clients may ask for any name. */
const MOST_KNOWN = 1_000;

type SdkFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Everything is said outright: what is left open, the SDK fills from the environment or from its version's taste. */
const createModels = (apiKey: string, baseUrl: string) =>
  new GoogleGenAI({
    apiKey,
    vertexai: false,
    apiVersion: 'v1beta',
    httpOptions: { baseUrl, headers: { 'accept-encoding': 'identity' } },
  }).models;

/** Read by the SDK as a unary answer without fields; a stream's is never read. */
const emptyAnswer = () => new Response('{}', { headers: { 'content-type': 'application/json' } });

/** Of one key, which does not age: what the SDK says once of a model holds as long as the key does. */
export class Addresses {
  readonly #models: ReturnType<typeof createModels>;
  readonly #known = new RecentMap<string, Address>(MOST_KNOWN);

  constructor(apiKey: string, baseUrl: string) {
    this.#models = createModels(apiKey, baseUrl);
  }

  async of(action: Action, model: string): Promise<Address> {
    const name = `${action} ${model}`;
    const known = this.#known.get(name);
    if (known) return known;
    const address = await this.#ask(action, model);
    this.#known.set(name, address);
    return address;
  }

  async #ask(action: Action, model: string): Promise<Address> {
    let address: Address | undefined;
    const fetch: SdkFetch = async (url, { method, headers } = {}) => {
      address = {
        url: String(url),
        init: { method: method ?? 'POST', headers: Object.fromEntries(new Headers(headers)) },
      };
      return emptyAnswer();
    };
    // The SDK puts the id into the URL as it is.
    const request = { model: encodeURIComponent(model), contents: STUB };
    const config = { httpOptions: { fetch }, automaticContinuation: false };
    // A stream that the SDK returns is never begun: that costs nothing and leaves nothing open.
    if (action === 'countTokens') await this.#models.countTokens({ ...request, config });
    else await this.#models[action]({ ...request, config });
    if (!address) throw new Error(`@google/genai sends nothing for ${action}`);
    return address;
  }
}
