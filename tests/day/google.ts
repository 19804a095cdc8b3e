/**
 * Google for a day: keys with quotas by minute and by day, models that fail by the script, and answers that can be told
 * apart. It keeps a row for everything that was sent to it.
 */
import { modelRow } from '../../src/gemini/model-rows.ts';
import type { Clock, Fetch, Random } from '../../src/lib/ports.ts';
import { readWish, type Wish } from './answer.ts';
import {
  badKey,
  badSignature,
  dayQuota,
  internalError,
  minuteQuota,
  noQuota,
  overloaded,
  type Refusal,
} from './google-errors.ts';
import { type AnswerOptions, type Move, streamMoves, unaryMoves } from './google-stream.ts';
import {
  BIG,
  CAPPED_AT,
  KEYS,
  type KeyName,
  MIDNIGHT,
  type Phase,
  phaseAt,
  REVOKED_AT,
  SMALL,
  SMALL_CAPPED_AT,
  type Trouble,
} from './script.ts';

export type Outcome =
  | 'answered'
  | 'key refused'
  | 'minute quota'
  | 'day quota'
  | 'no access'
  | 'foreign signature'
  | 'outage'
  | Trouble;

/** One request that came. Times are milliseconds since the epoch. */
export type Send = {
  nonce: string;
  /** The attempts of one client request, from 1. */
  attempt: number;
  key: KeyName;
  model: string;
  at: number;
  outcome: Outcome;
  /** When its head went out; undefined where none did. */
  headAt: number | undefined;
  /** For a quota of the minute: when there is some again. */
  freeAt: number | undefined;
  /** When it ended, or the other side left; undefined while it is open. */
  closedAt: number | undefined;
};

/** Changes what leaves Google: to prove that the judge notices. */
export type Tamper = (step: Move) => readonly Move[];

export type GoogleOptions = {
  clock: Clock;
  random: Random;
  script: readonly Phase[];
  tamper?: Tamper | undefined;
  /** A factor for all times; 1 without it. */
  pace?: number;
};

const MINUTE_MS = 60_000;
const DAY_LIMIT = 250;

const encoder = new TextEncoder();
const SIGNATURE = /"thoughtSignature":"([A-Za-z0-9+/=]+)"/g;

const signatureOf = (key: KeyName, model: string, wish: Wish): string =>
  btoa(`made by ${key} ${modelRow(model).family} for ${wish.nonce}`);

/** Whether `body` holds a signature of another key or family, which Google cannot read. */
function holdsForeign(body: string, key: KeyName, model: string): boolean {
  const own = `made by ${key} ${modelRow(model).family} `;
  return [...body.matchAll(SIGNATURE)]
    .map(([, text = '']) => atob(text))
    .some((text) => !text.startsWith(own));
}

const keyNamed = (value: string | null): KeyName => {
  const found = (Object.keys(KEYS) as KeyName[]).find((name) => KEYS[name] === value);
  if (!found) throw new Error(`a key that nobody has: ${value}`);
  return found;
};

export class Google {
  readonly sends: Send[] = [];
  readonly #options: GoogleOptions;
  /** Requests of a key for a model in one minute. */
  readonly #spent = new Map<string, number>();
  readonly #attempts = new Map<string, number>();

  constructor(options: GoogleOptions) {
    this.#options = options;
  }

  /** Requests that have not ended. */
  get open(): readonly Send[] {
    return this.sends.filter(({ closedAt }) => closedAt === undefined);
  }

  readonly fetch: Fetch = async (url, init) => {
    const { signal } = init;
    const [, model = '', method = ''] = /models\/([^/:]+):(\w+)/.exec(url) ?? [];
    const body = String(init.body);
    const wish = readWish(body);
    if (!wish) throw new Error(`nothing is asked: ${body.slice(0, 200)}`);
    const send = this.#begin(wish, keyNamed(new Headers(init.headers).get('x-goog-api-key')), model);
    try {
      const refusal = this.#refusal(send, body);
      if (send.outcome === 'no head') await this.#sleep(Infinity, signal);
      await this.#sleep(refusal ? 150 : 300 + 20 * Math.floor(this.#options.random.next() * 40), signal);
      if (send.outcome === 'reset before the head') throw reset();
      send.headAt = this.#options.clock.monotonic();
      if (refusal) {
        this.#close(send);
        return Response.json(refusal.body, { status: refusal.status });
      }
      return this.#answer(send, wish, method, signal);
    } catch (error) {
      this.#close(send);
      throw error;
    }
  };

  #begin(wish: Wish, key: KeyName, model: string): Send {
    const attempt = (this.#attempts.get(wish.nonce) ?? 0) + 1;
    this.#attempts.set(wish.nonce, attempt);
    const send: Send = {
      nonce: wish.nonce,
      attempt,
      key,
      model,
      at: this.#options.clock.monotonic(),
      outcome: 'answered',
      headAt: undefined,
      freeAt: undefined,
      closedAt: undefined,
    };
    this.sends.push(send);
    return send;
  }

  #close(send: Send): void {
    send.closedAt ??= this.#options.clock.monotonic();
  }

  /** Notes the result of the request. Undefined where an answer begins, or where nothing comes. */
  #refusal(send: Send, body: string): Refusal | undefined {
    const { key, model, at } = send;
    const phase = phaseAt(at, this.#options.script);
    if (key === 'revoked' && at >= REVOKED_AT) return refuse(send, 'key refused', badKey());
    if (key === 'steady' && model === SMALL) return refuse(send, 'no access', noQuota(model));
    const cappedAt = { [BIG]: CAPPED_AT, [SMALL]: SMALL_CAPPED_AT }[model] ?? Infinity;
    if (key === 'capped' && at >= cappedAt && at < MIDNIGHT)
      return refuse(send, 'day quota', dayQuota(model, DAY_LIMIT));
    const { perMinute } = phase;
    if (perMinute !== undefined && !this.#spend(send, perMinute)) {
      const wait = MINUTE_MS - (at % MINUTE_MS);
      send.freeAt = at + wait;
      return refuse(send, 'minute quota', minuteQuota(model, perMinute, wait / 1000));
    }
    if (holdsForeign(body, key, model)) return refuse(send, 'foreign signature', badSignature());
    if (phase.outage === model) return refuse(send, 'outage', overloaded());
    send.outcome = this.#trouble(phase);
    if (send.outcome === 'overloaded') return overloaded();
    return send.outcome === 'internal error' ? internalError() : undefined;
  }

  #spend({ key, model, at }: Send, limit: number): boolean {
    const minute = `${key} ${model} ${Math.floor(at / MINUTE_MS)}`;
    const spent = this.#spent.get(minute) ?? 0;
    if (spent >= limit) return false;
    this.#spent.set(minute, spent + 1);
    return true;
  }

  #trouble({ early, late }: Phase): Outcome {
    const { random } = this.#options;
    const dice = random.next();
    for (const { share, kinds } of [early, late].filter((some) => some !== undefined)) {
      const kind = kinds[Math.floor((dice / share) * kinds.length)];
      if (dice < share && kind !== undefined) return kind;
    }
    return 'answered';
  }

  #answer(send: Send, wish: Wish, method: string, signal: AbortSignal | null | undefined): Response {
    const { random, tamper } = this.#options;
    const { key, model, attempt, outcome } = send;
    const options: AnswerOptions = {
      wish,
      attempt,
      model,
      signature: signatureOf(key, model, wish),
      trouble: outcome === 'answered' ? undefined : (outcome as Trouble),
      random,
    };
    const streamed = method === 'streamGenerateContent';
    const made = streamed ? streamMoves(options) : unaryMoves(options);
    const steps = tamper ? made.flatMap((step) => tamper(step)) : made;
    const type = streamed ? 'text/event-stream' : 'application/json; charset=UTF-8';
    return new Response(this.#body(send, steps, signal), { headers: { 'content-type': type } });
  }

  #body(
    send: Send,
    steps: readonly Move[],
    signal: AbortSignal | null | undefined,
  ): ReadableStream<Uint8Array> {
    const left = new AbortController();
    signal?.addEventListener('abort', () => left.abort(signal.reason), { once: true });
    const play = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      try {
        for (const step of steps) {
          await this.#sleep('over' in step && step.over === 'silence' ? Infinity : step.ms, left.signal);
          if ('text' in step) {
            const bytes = encoder.encode(step.text);
            controller.enqueue(bytes.subarray(0, step.cut ?? bytes.length));
            if (step.cut === undefined) continue;
            await this.#sleep(20, left.signal);
            controller.enqueue(bytes.subarray(step.cut));
          } else if (step.over === 'end') controller.close();
          else throw reset();
        }
      } catch (error) {
        controller.error(error);
      } finally {
        this.#close(send);
      }
    };
    return new ReadableStream({
      start: (controller) => void play(controller),
      cancel: () => left.abort(new Error('left')),
    });
  }

  #sleep(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
    const { clock, pace = 1 } = this.#options;
    if (ms !== Infinity) return clock.sleep(ms * pace, signal ?? undefined);
    return new Promise((_resolve, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}

const reset = () =>
  Object.assign(new Error('The socket connection was closed unexpectedly.'), { code: 'ECONNRESET' });

function refuse(send: Send, outcome: Outcome, refusal: Refusal): Refusal {
  send.outcome = outcome;
  return refusal;
}
