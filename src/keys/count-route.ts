/**
 * The way of one token count through the keys. Google limits counts apart from answers. So a count has quotas of its
 * own, passes no breaker, and leaves keys and sessions as they were: when Google refuses many counts, answers must not
 * suffer.
 */
import { UpstreamError } from '../gemini/errors.ts';
import type { Clock } from '../lib/ports.ts';
import type { Backend } from '../upstream/backend.ts';
import type { CountRoute } from './keys.ts';
import type { Quota, QuotaVerdict } from './quotas.ts';
import { DENIED_MS, type KeyRecord } from './record.ts';
import { keyVerdict } from './verdict.ts';

type Records = readonly [KeyRecord, ...KeyRecord[]];

type CountOptions = {
  model: string;
  /** The keys, in the order in which the count asks them. */
  records: Records;
  clock: Clock;
  onQuota: OnQuota;
};

/** Runs when a count was refused for its quota: the key may count no tokens with the model until the quota is back. */
type OnQuota = (record: KeyRecord, model: string, quota: Quota) => void;

/** Deals the keys of a pool to its counts. The turn of the keys here is not their turn for answers. */
export class CountRoutes {
  readonly #clock: Clock;
  readonly #onQuota: OnQuota;
  #turn = 0;

  constructor(clock: Clock, onQuota: OnQuota) {
    this.#clock = clock;
    this.#onQuota = onQuota;
  }

  /** `first` names the key that is asked first; after it comes the key whose turn it is. */
  route(model: string, all: readonly KeyRecord[], first: string | undefined): CountRoute {
    const [clock, onQuota] = [this.#clock, this.#onQuota];
    const start = this.#turn++ % all.length;
    const inTurn = [...all.slice(start), ...all.slice(0, start)].filter(({ state }) => state !== 'out');
    const isFirst = ({ fingerprint }: KeyRecord) => fingerprint === first;
    const [head, ...rest] = [...inTurn.filter(isFirst), ...inTurn.filter((record) => !isFirst(record))];
    if (!head) throw new Error('a pool without keys');
    return new PoolCountRoute({ model, records: [head, ...rest], clock, onQuota });
  }
}

/** What a failure means for later counts. Undefined where the failure means nothing for them, because the request or the model is at fault. */
function countVerdict(error: unknown): QuotaVerdict | undefined {
  const verdict = keyVerdict(error);
  switch (verdict.kind) {
    case 'blameless':
    case 'trouble':
    case 'unclear':
      return undefined;
    case 'denied':
    case 'invalid':
      return { kind: 'wait', ms: DENIED_MS };
    default:
      return verdict;
  }
}

class PoolCountRoute implements CountRoute {
  readonly #options: CountOptions;
  #record: KeyRecord;
  #sentAt: number;

  constructor(options: CountOptions) {
    this.#options = options;
    this.#sentAt = options.clock.monotonic();
    this.#record = this.#free() ?? options.records[0];
  }

  backend(): Backend {
    return this.#record.backend;
  }

  refusal(): UpstreamError | undefined {
    const { clock, model, records } = this.#options;
    if (this.#free() !== undefined) return undefined;
    const until = Math.min(...records.map((record) => record.countQuotas.of(model)?.until ?? 0));
    const retryAfter = Math.max(1, Math.ceil((until - clock.monotonic()) / 1000));
    return new UpstreamError('not-sent', `No key may count tokens with ${model} for ${retryAfter} s.`, {
      status: 429,
      retryAfter,
    });
  }

  failed(error: unknown): boolean {
    const { model, onQuota } = this.#options;
    const verdict = countVerdict(error);
    if (!verdict) return false;
    const last = error instanceof UpstreamError ? error : undefined;
    const { quota } = this.#record.countQuotas.cool(model, verdict, last);
    onQuota(this.#record, model, quota);
    const next = this.#free();
    this.#sentAt = this.#options.clock.monotonic();
    this.#record = next ?? this.#record;
    return next !== undefined;
  }

  succeeded(): void {
    this.#record.countQuotas.succeeded(this.#options.model, this.#sentAt);
  }

  #free(): KeyRecord | undefined {
    const { clock, model, records } = this.#options;
    const now = clock.monotonic();
    return records.find(({ countQuotas }) => (countQuotas.of(model)?.until ?? 0) <= now);
  }
}
