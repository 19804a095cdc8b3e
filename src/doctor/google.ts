/** Gemini as the proxy would ask it: one tiny request for each key and model, however many checks want to know. */
import { createBackend } from '../compose/keys.ts';
import { isViaHttpProxy, upstreamUrl } from '../compose/reaching.ts';
import { openVertexHost, vertexFingerprint } from '../compose/vertex.ts';
import type { Config } from '../config/config.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Exchange, Fetch } from '../lib/ports.ts';
import { mapModel } from '../translate/model-map.ts';
import type { Backend } from '../upstream/backend.ts';
import { Connection } from '../upstream/connection.ts';
import { GOOGLE } from '../upstream/genai.ts';
import type { Host } from '../upstream/host.ts';
import { failingUnreached, Reach } from '../upstream/reach.ts';
import { statusError } from '../upstream/status-error.ts';
import type { DoctorPorts } from './ports.ts';

/** Milliseconds. */
const HEAD_MS = 20_000;
const SILENCE_MS = 10_000;

export type Thinking = NonNullable<NonNullable<GenerateContentRequest['generationConfig']>['thinkingConfig']>;

export type Listed = {
  /** Ids that the key may ask for; undefined where the list was refused. */
  models: ReadonlySet<string> | undefined;
  error: unknown;
  /** Milliseconds by which this machine's clock is ahead of the answer's `date`; undefined where nobody told the time. */
  ahead: number | undefined;
};

const EXCHANGE: Exchange = { id: 'doctor', labels: { caller: 'sdk' }, note() {} };

const body = (thinkingConfig: Thinking | undefined): string =>
  JSON.stringify({
    contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
    generationConfig: { maxOutputTokens: 16, ...(thinkingConfig ? { thinkingConfig } : {}) },
  } satisfies GenerateContentRequest);

const modelsIn = (text: string): ReadonlySet<string> | undefined => {
  const answer = tryParseJson(text);
  const list = isObject(answer) && Array.isArray(answer['models']) ? answer['models'] : undefined;
  return list && new Set(list.filter(isObject).map(({ name }) => String(name).replace(/^models\//, '')));
};

export class Google {
  readonly #config: Config;
  readonly #ports: DoctorPorts;
  readonly #fetch: Fetch;
  readonly #host: Host | undefined;
  readonly #lists = new Map<string, Promise<Listed>>();
  readonly #tries = new Map<string, Promise<unknown>>();

  constructor(config: Config, ports: DoctorPorts) {
    const { fetch, connect, clock } = ports;
    this.#config = { ...config, headTimeoutMs: HEAD_MS, idleTimeoutMs: SILENCE_MS };
    this.#ports = ports;
    // As for the proxy: with an HTTP proxy the way is that proxy's business.
    this.#fetch = isViaHttpProxy(config)
      ? fetch
      : failingUnreached(fetch, new Reach({ connect, clock }), clock);
    this.#host = openVertexHost(this.#config, this.#fetch, clock);
  }

  get baseUrl(): string {
    return upstreamUrl(this.#config) ?? this.#config.baseUrl ?? GOOGLE;
  }

  /** The keys to try. Vertex AI has none, but credentials: they are tried as one nameless key. */
  get keys(): readonly string[] {
    const { backend, apiKeys } = this.#config;
    if (backend === 'vertex') return [''];
    return backend === 'gemini' ? apiKeys : [];
  }

  /** What stands for a key in what is told. */
  nameOf(apiKey: string): string {
    const { vertex } = this.#config;
    return vertex ? `${vertex.project} in ${vertex.location}` : this.fingerprintOf(apiKey);
  }

  fingerprintOf(apiKey: string): string {
    return `#${this.#backend(apiKey).keyFingerprint}`;
  }

  list(apiKey: string, signal: AbortSignal): Promise<Listed> {
    const ask = () => (this.#host ? this.#unlisted(apiKey, signal) : this.#list(apiKey, signal));
    const known = this.#lists.get(apiKey) ?? ask();
    this.#lists.set(apiKey, known);
    return known;
  }

  /** Undefined where the model answers to the key; else the error. */
  tried(
    apiKey: string,
    model: string,
    signal: AbortSignal,
    thinking: Thinking | undefined = undefined,
  ): Promise<unknown> {
    const name = JSON.stringify([apiKey, model, thinking]);
    const known = this.#tries.get(name) ?? this.#try(apiKey, model, thinking, signal);
    this.#tries.set(name, known);
    return known;
  }

  #backend(apiKey: string): Backend {
    const [host, keyFingerprint] = [this.#host, vertexFingerprint(this.#config)];
    const more = host ? { host, keyFingerprint } : { apiKey };
    return createBackend(this.#config, this.#fetch, this.#ports.clock, more);
  }

  /** In place of a list: Vertex AI has none of the models that a project may use. */
  async #unlisted(apiKey: string, signal: AbortSignal): Promise<Listed> {
    const { modelMap, models } = this.#config;
    const error = await this.tried(apiKey, mapModel(modelMap.small, modelMap, models).id, signal);
    return { models: undefined, error, ahead: undefined };
  }

  async #list(apiKey: string, signal: AbortSignal): Promise<Listed> {
    const { clock } = this.#ports;
    const { headTimeoutMs, idleTimeoutMs } = this.#config;
    const connection = new Connection(signal, { clock, headTimeoutMs, idleTimeoutMs });
    const url = `${this.baseUrl}/v1beta/models?pageSize=1000`;
    const headers = { 'x-goog-api-key': apiKey, 'accept-encoding': 'identity' };
    try {
      const response = await connection.send(this.#fetch, url, { headers }, EXCHANGE);
      const now = clock.wall().getTime();
      const date = Date.parse(response.headers.get('date') ?? '');
      const ahead = Number.isNaN(date) ? undefined : now - date;
      const text = await connection.readText();
      if (response.ok) return { models: modelsIn(text), error: undefined, ahead };
      return { models: undefined, error: statusError(response, text, now), ahead };
    } catch (error) {
      return { models: undefined, error, ahead: undefined };
    } finally {
      connection.close();
    }
  }

  async #try(
    apiKey: string,
    model: string,
    thinking: Thinking | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    const backend = this.#backend(apiKey);
    try {
      const call = { model, body: body(thinking), stream: false };
      const { frames } = await backend.generate(call, EXCHANGE, signal);
      for await (const batch of frames) {
        for (const frame of batch) {
          if (frame.kind !== 'error') continue;
          const { code, message } = frame.error;
          return new UpstreamError('stream', message ?? 'an error object', {
            status: code,
            google: frame.error,
          });
        }
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
