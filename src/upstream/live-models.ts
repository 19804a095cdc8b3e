/**
 * Keeps Google's own list of models. It is read in the background, and nothing ever waits for it: until it has come, and
 * where it does not come, the table of models is all there is.
 */
import { type ListedModel, listedModels } from '../gemini/listed-models.ts';
import type { Clock, Exchange, Fetch } from '../lib/ports.ts';
import { Connection } from './connection.ts';

/** Milliseconds for which a list counts as new, and after which a list that could not be read is tried again. */
const FRESH_MS = 3_600_000;
const AGAIN_MS = 60_000;
const HEAD_MS = 10_000;
const SILENCE_MS = 5_000;
/** Google has about a hundred models, and gives up to a thousand on a page. */
const MOST_PAGES = 5;
const MOST_MODELS = 1_000;

export type LiveModelsOptions = {
  fetch: Fetch;
  baseUrl: string;
  /** A key that Google takes; undefined where there is none. */
  apiKey(): string | undefined;
  clock: Clock;
  /** Runs when a list has come. */
  onList(models: readonly ListedModel[]): void;
  /** Runs where the list could not be read. */
  onFailure(error: unknown): void;
};

const EXCHANGE: Exchange = { id: 'models', labels: { caller: 'models' }, note() {} };

export class LiveModels {
  readonly #options: LiveModelsOptions;
  readonly #stop = new AbortController();
  #triedAt: number | undefined;
  #isFresh = false;
  #reading: Promise<void> | undefined;

  constructor(options: LiveModelsOptions) {
    this.#options = options;
  }

  /**
   * Reads the list, unless it was read or tried lately. Nobody needs to wait for the promise, which resolves when that is
   * done, and never rejects.
   */
  refresh(): Promise<void> {
    const { clock } = this.#options;
    const now = clock.monotonic();
    const isLate =
      this.#triedAt === undefined || now - this.#triedAt >= (this.#isFresh ? FRESH_MS : AGAIN_MS);
    if (isLate && !this.#stop.signal.aborted) {
      this.#triedAt = now;
      this.#reading = this.#read();
    }
    return this.#reading ?? Promise.resolve();
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(): Promise<void> {
    const { apiKey, onFailure, onList } = this.#options;
    const key = apiKey();
    if (key === undefined) return;
    this.#isFresh = false;
    try {
      const models = await this.#pages(key);
      this.#isFresh = true;
      onList(models);
    } catch (error) {
      if (!this.#stop.signal.aborted) onFailure(error);
    }
  }

  async #pages(key: string): Promise<ListedModel[]> {
    const models: ListedModel[] = [];
    let page: string | undefined = '';
    for (let read = 0; page !== undefined && read < MOST_PAGES && models.length < MOST_MODELS; read++) {
      const found = listedModels(await this.#page(key, page));
      if (!found) throw new Error('no list of models came');
      models.push(...found.models);
      page = found.nextPage;
    }
    return models.slice(0, MOST_MODELS);
  }

  async #page(key: string, token: string): Promise<string> {
    const { fetch, baseUrl, clock } = this.#options;
    const limits = { clock, headTimeoutMs: HEAD_MS, idleTimeoutMs: SILENCE_MS };
    const connection = new Connection(this.#stop.signal, limits);
    const query = token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`;
    const headers = { 'x-goog-api-key': key, 'accept-encoding': 'identity' };
    try {
      const url = `${baseUrl}/v1beta/models?pageSize=1000${query}`;
      const response = await connection.send(fetch, url, { headers }, EXCHANGE);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return await connection.readText();
    } finally {
      connection.close();
    }
  }
}
