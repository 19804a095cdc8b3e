/** What Google keeps by name (`cachedContents`): made, read, listed, kept on and let go, each by the key that made it. */
import type { ModelTable } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { tryParseJson } from '../../lib/json.ts';
import { type Clock, createIds, type Random } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import { type ApiKept, readKeptContents } from '../validator/kept-contents.ts';
import { parseMessage } from '../validator/parse.ts';
import { badRequest, invalidArgument } from '../validator/refusal.ts';
import { errorReply, jsonReply, modelNotFound } from './replies.ts';
import { countPrompt } from './tokens.ts';

const ROUTE = /\/v1(?:alpha|beta)?\/cachedContents(?:\/([^/:]+))?$/;
const MOST = 1_000;
const USUAL_TTL = 3_600;
const ID_LENGTH = 40;

const NOT_FOUND: GoogleError = {
  code: 403,
  message: 'CachedContent not found (or permission denied)',
  status: 'PERMISSION_DENIED',
};

export type KeptEntry = {
  name: string;
  key: string;
  kept: ApiKept;
  tokens: number;
  createdAt: Date;
  until: Date;
};

export type KeptCall = { pathname: string; method: string; key: string; text: string; models: ModelTable };

export class KeptContents {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #kept = new RecentMap<string, KeptEntry>(MOST);

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Undefined for a path of something else. */
  answer(call: KeptCall): Response | undefined {
    const [path, id] = ROUTE.exec(call.pathname) ?? [];
    if (path === undefined) return undefined;
    if (id === undefined) return call.method === 'POST' ? this.#create(call) : this.#list(call);
    const entry = this.find(`cachedContents/${id}`, call.key);
    if (!entry) return errorReply(NOT_FOUND, false);
    if (call.method === 'PATCH') return this.#patch(entry, call);
    if (call.method !== 'DELETE') return jsonReply(shown(entry));
    this.#kept.delete(entry.name);
    return jsonReply({});
  }

  find(name: string, key: string): KeptEntry | undefined {
    const entry = this.#kept.get(name);
    return entry && entry.key === key && entry.until > this.#clock.wall() ? entry : undefined;
  }

  notFound(): GoogleError {
    return NOT_FOUND;
  }

  #create({ key, text, models }: KeptCall): Response {
    const body = tryParseJson(text);
    const id = String((body as ApiKept | undefined)?.model ?? '').replace(/^models\//, '');
    const model = models.row(id);
    if (!models.isKnown(id) || !model.caching)
      return errorReply(modelNotFound(id, 'v1beta', 'createCachedContent'), false);
    const read = readKeptContents(model, body);
    if (!read.ok) return errorReply(read.error, false);
    const tokens = countPrompt(read.kept);
    const least = model.caching.minTokens;
    if (tokens < least) {
      const figures = `total_token_count=${tokens}, min_total_token_count=${least}`;
      return errorReply(invalidArgument(`Cached content is too small. ${figures}`), false);
    }
    const name = `cachedContents/${createIds(this.#random).next('', ID_LENGTH).toLowerCase()}`;
    const createdAt = this.#clock.wall();
    const entry = { name, key, kept: read.kept, tokens, createdAt, until: this.#after(read.kept.ttl) };
    this.#kept.set(name, entry);
    return jsonReply(shown(entry));
  }

  #patch(entry: KeptEntry, { text }: KeptCall): Response {
    const parsed = parseMessage('CachedContent', tryParseJson(text));
    if (parsed.violations.length > 0) return errorReply(badRequest(parsed.violations), false);
    const changed = { ...entry, until: this.#after((parsed.value as ApiKept).ttl) };
    this.#kept.set(entry.name, changed);
    return jsonReply(shown(changed));
  }

  #list({ key }: KeptCall): Response {
    const own = [...this.#kept].flatMap(([name]) => this.find(name, key) ?? []);
    return jsonReply(own.length > 0 ? { cachedContents: own.map(shown) } : {});
  }

  #after(ttl: string | undefined): Date {
    const seconds = ttl === undefined ? USUAL_TTL : Number(ttl.replace(/s$/, ''));
    return new Date(this.#clock.wall().getTime() + seconds * 1000);
  }
}

const shown = ({ name, kept, tokens, createdAt, until }: KeptEntry) => ({
  name,
  model: kept.model ?? '',
  createTime: createdAt.toISOString(),
  updateTime: createdAt.toISOString(),
  expireTime: until.toISOString(),
  displayName: kept.displayName ?? '',
  usageMetadata: { totalTokenCount: tokens },
});
