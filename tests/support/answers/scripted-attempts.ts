/** The loop of an answer over attempts that do what a script says. */
import { Answer, type AnswerOptions } from '../../../src/answer/answer.ts';
import type { Attempt } from '../../../src/answer/attempt.ts';
import type { Job } from '../../../src/answer/job.ts';
import { Lessons } from '../../../src/answer/lessons.ts';
import { createUploads } from '../../../src/answer/media/uploads.ts';
import { Outgoing } from '../../../src/answer/outgoing.ts';
import { QuarantineMemory } from '../../../src/answer/quarantine-memory.ts';
import type { Purse } from '../../../src/answer/retries.ts';
import { PromptSizes } from '../../../src/answer/sizes/prompt-sizes.ts';
import { Quarantine } from '../../../src/answer/tool-quarantine.ts';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { singleKey } from '../../../src/keys/single-key.ts';
import type { Logger } from '../../../src/lib/log.ts';
import type { Random } from '../../../src/lib/ports.ts';
import type { TraceEvent } from '../../../src/trace/events.ts';
import { Trace } from '../../../src/trace/trace.ts';
import type { Backend } from '../../../src/upstream/backend.ts';
import { ManualClock } from '../manual-clock.ts';

export class Flaky extends Error {}
export class Final extends Error {}

export const always = (value: number): Random => ({ next: () => value });

/** One attempt: events in order; an Error is thrown, `hang` waits for the signal. */
export type Script = readonly (string | Error | 'hang')[];

type Seen = { opened: number[]; pulled: string[]; closed: number[]; retries: number[] };

class ScriptedAttempt implements Attempt<string> {
  readonly streamed = true;
  readonly #number: number;
  readonly #script: Iterator<string | Error>;
  readonly #signal: AbortSignal;
  readonly #seen: Seen;

  constructor(number: number, script: Script, signal: AbortSignal, seen: Seen) {
    this.#number = number;
    this.#script = script[Symbol.iterator]();
    this.#signal = signal;
    this.#seen = seen;
  }

  isBegun(): boolean {
    return true;
  }

  async next(): Promise<string[] | undefined> {
    const { done, value } = this.#script.next();
    if (done) return undefined;
    if (value instanceof Error) throw value;
    if (value === 'hang') {
      await new Promise((_, reject) =>
        this.#signal.addEventListener('abort', () => reject(this.#signal.reason)),
      );
    }
    this.#seen.pulled.push(value);
    return [value];
  }

  failed(): boolean {
    return false;
  }

  close(): void {
    if (!this.#seen.closed.includes(this.#number)) this.#seen.closed.push(this.#number);
  }
}

const NOBODY: Backend = {
  kind: 'mock',
  keyFingerprint: 'mock',
  generate: () => Promise.reject(new Error('the attempts are scripted')),
  countTokens: () => Promise.reject(new Error('the attempts are scripted')),
};

const SILENT: Logger = {
  debugging: false,
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  hide() {},
};

export function outgoing(job: Job, backend: Backend = NOBODY): Outgoing {
  const model = modelRow('gemini-3-pro-preview');
  const memory = new QuarantineMemory();
  return new Outgoing(
    {
      model,
      request: { contents: [] },
      exchange: { id: job.id, labels: {}, note() {} },
      route: singleKey(backend).route(model.id, undefined),
      quarantine: new Quarantine({ memory, family: model.family, job, logger: SILENT }),
      lessons: new Lessons(new ManualClock()),
      media: { mendedRequest: async () => undefined, letGo() {} },
      uploads: createUploads(new ManualClock()),
      sizes: new PromptSizes(),
      session: undefined,
    },
    job,
  );
}

/** Retries what is flaky, `maxAttempts` in all. */
function purse(maxAttempts: number, seen: Seen): Purse {
  return {
    pay(cost) {
      if (cost === 'nothing') return true;
      if (seen.opened.length >= maxAttempts) return false;
      seen.retries.push(seen.opened.length);
      return true;
    },
    areSpent: () => false,
    left: () => 1,
    isWorthwhile: (error) => error instanceof Flaky,
    mostWait: () => Infinity,
    explain: (error) => error,
    roundBegins() {},
    end() {},
  };
}

export type ScriptedOptions = {
  maxAttempts?: number;
  random?: Random;
  signal?: AbortSignal;
  purse?: Partial<Purse>;
};

export function scripted(scripts: readonly Script[], options: ScriptedOptions = {}) {
  const clock = new ManualClock();
  const abort = new AbortController();
  const seen: Seen = { opened: [], pulled: [], closed: [], retries: [] };
  const story: TraceEvent[] = [];
  const job: Job = {
    id: 'req_1',
    headers: new Headers(),
    startedAt: clock.monotonic(),
    signal: options.signal ?? abort.signal,
    trace: new Trace({
      id: 'req_1',
      startedAt: clock.monotonic(),
      clock,
      subscribers: [() => (event) => void story.push(event)],
      onFailure: (error) => {
        throw error;
      },
    }),
    warn() {},
    letBodyGo() {},
  };
  const sent = outgoing(job);
  const loop: AnswerOptions<string, Outgoing> = {
    outgoing: sent,
    models: { ask() {}, replacement: () => undefined, told: (error) => error },
    purse: { ...purse(options.maxAttempts ?? 3, seen), ...options.purse },
    patience: () => ({ limitMs: 0, forBreaker: () => false, tokens: () => 0 }),
    attempt(_outgoing, _whole, signal) {
      const number = seen.opened.length + 1;
      seen.opened.push(number);
      return new ScriptedAttempt(number, scripts[number - 1] ?? [], signal, seen);
    },
    isContent: (event) => event.startsWith('text'),
    deadline: { ms: 1_000_000, late: () => new UpstreamError('timeout', 'too late') },
  };
  const ports = { clock, random: options.random ?? always(1) };
  const answer = new Answer(loop, async () => sent, job, ports);
  return { answer, clock, abort, seen, story, job };
}

/** Reads to the end while time passes. */
export async function drain(answer: Answer<string>, clock: ManualClock) {
  const got: string[] = [];
  let error: unknown;
  let done = false;
  const reading = (async () => {
    try {
      for (let some = await answer.next(); some; some = await answer.next()) got.push(...some);
    } catch (caught) {
      error = caught;
    }
    done = true;
  })();
  for (let i = 0; i < 20 && !done; i++) await clock.advance(10_000);
  await reading;
  return { got, error };
}
