/** A host that serves Gemini's models: Google's Gemini API, Vertex AI. All that differs between them on the way there. */
import type { UpstreamError } from '../gemini/errors.ts';
import { type Action, type Address, Addresses } from './addresses.ts';
import type { KeeperAddress } from './prompt-keeper.ts';

export type Host = {
  /** Where a request goes, and with which credentials. Rejects with an UpstreamError where there are no credentials. */
  address(action: Action, model: string, signal: AbortSignal): Promise<Address>;
  /** The body of a count of tokens for `body`, which is the body of a request for an answer. */
  countBody(model: string, body: string): string;
  /**
   * The same error, with the meaning that its words have for this host, and without the credentials of `address` that
   * nobody else knows.
   */
  explained(error: UpstreamError, address: Address): UpstreamError;
  /**
   * To be called where the host has refused the credentials of `address`. True where the same request may be sent once
   * more, with new credentials.
   */
  renew(address: Address): boolean;
  /** Where prompts are kept by name; undefined where they are not. */
  keeper?: KeeperAddress;
};

/** Google's Gemini API. The body for a count is joined as text, so that a body of megabytes is not parsed again. */
export function geminiHost(apiKey: string, baseUrl: string): Host {
  const addresses = new Addresses(apiKey, baseUrl);
  return {
    address: (action, model) => addresses.of(action, model),
    countBody: (model, body) =>
      `{"generateContentRequest":{"model":${JSON.stringify(`models/${model}`)},${body.slice(body.indexOf('{') + 1)}}`,
    explained: (error) => error,
    renew: () => false,
    keeper: {
      url: `${baseUrl}/v1beta/cachedContents`,
      headers: { 'x-goog-api-key': apiKey, 'accept-encoding': 'identity' },
    },
  };
}
