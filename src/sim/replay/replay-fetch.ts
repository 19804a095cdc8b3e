/**
 * Plays upstream as it was recorded: the n-th request gets the n-th recorded answer, read for read. It is a `Fetch`
 * without a network. A request that differs from the recorded one is refused, because nobody knows how upstream would
 * have answered. A loose replay says how it differs, and gives the recorded answer all the same.
 */
import type { Fetch } from '../../lib/ports.ts';
import type { RecordedRequest, UpstreamExchange } from '../cassette/types.ts';
import { differenceOf } from '../difference.ts';
import { type Matchable, type Noise, requestKey } from '../match.ts';
import { NameBook } from '../names.ts';
import type { Redactor } from '../redact.ts';
import { upstreamMatchable } from '../upstream-wire.ts';
import { Exchanges } from './exchanges.ts';

export type ReplayTime = {
  waitForUpstream(ms: number, signal: AbortSignal | undefined): Promise<void>;
  setUpstreamOpen(open: boolean): void;
  /** Waits until `signal` aborts, and then rejects. */
  standStill(signal: AbortSignal | undefined): Promise<never>;
};

export type ReplayFetchOptions = {
  recorded: Pick<RecordedRequest, 'upstream'> & { answer?: Pick<RecordedRequest['answer'], 'end'> };
  time: ReplayTime;
  redactor: Redactor;
  /** The noise of upstream requests; by default none. */
  noise?: readonly Noise[];
  /** The pairs of names; by default none. */
  book?: NameBook;
  /** Called for each problem. */
  onMismatch(problem: string): void;
  /** Makes the replay a loose one. Called for each difference. */
  onDifference?(difference: string): void;
  /**
   * False where a loose replay gives no recorded answer twice, because nothing must be kept that upstream did not say.
   */
  givesAgain?: boolean;
  /** What the two sides of a difference are called; by default `recorded ≠ now`. */
  sides?: string | undefined;
};

export function createReplayFetch(options: ReplayFetchOptions): Fetch {
  const {
    recorded,
    time,
    redactor,
    onMismatch,
    onDifference,
    givesAgain = true,
    book = new NameBook(),
  } = options;
  const exchanges = new Exchanges(recorded.upstream, onDifference !== undefined);
  const refuse = (problem: string) => {
    onMismatch(problem);
    return refusal(problem);
  };
  let cut: string | undefined;
  return async (url, init) => {
    if (cut !== undefined) return refusal(cut);
    const sent = upstreamMatchable(new URL(url), init, redactor, []);
    const { number, exchange, isAgain } = exchanges.next(sent.path);
    const beyond = `upstream request ${number}: the recording has only ${recorded.upstream.length}`;
    const hasLeft = recorded.answer?.end === 'client-gone';
    if (hasLeft && (!exchange || isAgain)) return waitForClient(time, init);
    if (!exchange || (isAgain && !givesAgain)) return refuse(beyond);
    if (exchange.truncatedRecording)
      return refuse(`upstream answer ${number} was too large to be recorded whole`);
    const problem = isAgain
      ? `${beyond}, so the last answer is given again`
      : mismatch(number, exchange, { ...sent, body: book.toRecorded(sent.body) }, options);
    if (problem !== undefined && !onDifference) return refuse(problem);
    if (problem !== undefined) onDifference?.(problem);
    time.setUpstreamOpen(true);
    const reads = book.toNow(exchange.reads);
    const { kind, side } = exchange.end;
    // In a strict replay the same code breaks it off at the same place.
    const onEnd = () => {
      if (!onDifference || kind !== 'abort' || side !== 'proxy') return;
      cut = `upstream answer ${number} was broken off by the proxy when it was recorded (max_tokens or a stop sequence was reached), and this request asks for more of it`;
      onMismatch(cut);
    };
    return play({ ...exchange, reads, onEnd }, time, init.signal ?? undefined);
  };
}

/**
 * When the request was recorded, the client had left before upstream was asked, so the answer is not known. Waits for
 * the client to leave again.
 */
function waitForClient(time: ReplayTime, { signal }: RequestInit): Promise<never> {
  time.setUpstreamOpen(true);
  return time.standStill(signal ?? undefined).finally(() => time.setUpstreamOpen(false));
}

function mismatch(
  number: number,
  { request }: UpstreamExchange,
  actual: Matchable,
  { noise = [], sides = 'recorded ≠ now' }: ReplayFetchOptions,
): string | undefined {
  if (requestKey(actual, noise) === requestKey(request, noise)) return undefined;
  const { lines } = differenceOf(request, actual, noise);
  return `upstream request ${number} is not the recorded one (${sides}):\n  ${lines.join('\n  ')}`;
}

/** The refusal, in Google's form, with a status after which no further attempt is made. */
const refusal = (message: string): Response =>
  Response.json({ error: { code: 400, message, status: 'FAILED_PRECONDITION' } }, { status: 400 });

type Played = UpstreamExchange & {
  /** Called when all that was recorded has been read, and more is wanted. */
  onEnd(): void;
};

/** Plays the recorded connection, including the way in which it failed. */
async function play(exchange: Played, time: ReplayTime, signal: AbortSignal | undefined): Promise<Response> {
  const { head } = exchange;
  if (!head) {
    await playEnd(exchange, time, signal).finally(() => {
      time.setUpstreamOpen(false);
    });
    throw new Error('the recorded connection had no response');
  }
  await time.waitForUpstream(head.ms, signal);
  const { status, statusText, headers } = head;
  const hasBody = status !== 204 && status !== 304;
  const body = hasBody ? bodyOf(exchange, time, signal) : null;
  if (!hasBody) time.setUpstreamOpen(false);
  return new Response(body, { status, statusText, headers: { ...headers } });
}

function bodyOf(
  exchange: Played,
  time: ReplayTime,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  let next = 0;
  const left = new AbortController();
  const stop = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
  const over = () => {
    time.setUpstreamOpen(false);
  };
  stop.addEventListener('abort', over, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const read = exchange.reads[next];
        next++;
        if (read) {
          await time.waitForUpstream(read.ms, stop);
          controller.enqueue(read.bytes);
          return;
        }
        exchange.onEnd();
        await playEnd(exchange, time, stop).finally(over);
        controller.close();
      },
      cancel() {
        left.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Plays the end of a body. Resolves at a clean end. Otherwise rejects like the recorded connection, or waits for our
 * own deadline, or for the client to leave again.
 */
async function playEnd(
  { end, error }: UpstreamExchange,
  time: ReplayTime,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (end.kind === 'timeout') await time.waitForUpstream(Number.POSITIVE_INFINITY, signal);
  await time.waitForUpstream(end.ms, signal);
  if (end.kind === 'eof') return;
  if (end.kind === 'abort' && end.side === 'client') await time.standStill(signal);
  const { message, code } = error ?? {
    message: `the recording ends here: the ${end.side} had left`,
    code: undefined,
  };
  throw Object.assign(new Error(message), code === undefined ? {} : { code });
}
