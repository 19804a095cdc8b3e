/**
 * Upstream as it was recorded: the n-th request gets the n-th recorded answer, read for read. It is a `Fetch` that
 * reaches nothing. A request that differs from the recorded one is refused: nobody knows what upstream would have
 * answered.
 */
import type { Fetch } from '../../lib/ports.ts';
import type { RecordedRequest, UpstreamExchange } from '../cassette/types.ts';
import { differenceOf } from '../difference.ts';
import { type Noise, requestKey } from '../match.ts';
import { NameBook } from '../names.ts';
import type { Redactor } from '../redact.ts';
import { upstreamMatchable } from '../upstream-wire.ts';

export type ReplayTime = {
  waitForUpstream(ms: number, signal: AbortSignal | undefined): Promise<void>;
  setUpstreamOpen(open: boolean): void;
  /** Waits until `signal` aborts, and rejects then. */
  standStill(signal: AbortSignal | undefined): Promise<never>;
};

export type ReplayFetchOptions = {
  recorded: Pick<RecordedRequest, 'upstream'> & { answer?: Pick<RecordedRequest['answer'], 'end'> };
  time: ReplayTime;
  redactor: Redactor;
  /** Default: none. */
  noise?: readonly Noise[];
  /** Default: an empty one. */
  book?: NameBook;
  /** Told about each problem. */
  onMismatch(problem: string): void;
};

export function createReplayFetch(options: ReplayFetchOptions): Fetch {
  const { recorded, time, onMismatch, book = new NameBook() } = options;
  let played = 0;
  return async (url, init) => {
    const exchange = recorded.upstream[played];
    played++;
    if (!exchange && recorded.answer?.end === 'client-gone') return waitForClient(time, init);
    const problem = exchange
      ? mismatch(played, exchange, url, init, options)
      : `upstream request ${played}: the recording has only ${recorded.upstream.length}`;
    if (!exchange || problem !== undefined) {
      onMismatch(problem ?? 'no recorded exchange');
      return refusal(problem ?? '');
    }
    time.setUpstreamOpen(true);
    const reads = book.toNow(exchange.reads);
    return play({ ...exchange, reads }, time, init.signal ?? undefined);
  };
}

/** When it was recorded, the client had left before upstream was asked, so nobody knows the answer. */
function waitForClient(time: ReplayTime, { signal }: RequestInit): Promise<never> {
  time.setUpstreamOpen(true);
  return time.standStill(signal ?? undefined).finally(() => time.setUpstreamOpen(false));
}

function mismatch(
  number: number,
  exchange: UpstreamExchange,
  url: string,
  init: RequestInit,
  { redactor, book, noise = [] }: ReplayFetchOptions,
): string | undefined {
  if (exchange.truncatedRecording) return `upstream answer ${number} was too large to be recorded whole`;
  const sent = upstreamMatchable(new URL(url), init, redactor, []);
  const actual = { ...sent, body: book?.toRecorded(sent.body) ?? sent.body };
  if (requestKey(actual, noise) === requestKey(exchange.request, noise)) return undefined;
  const { lines } = differenceOf(exchange.request, actual, noise);
  return `upstream request ${number} is not the recorded one (recorded ≠ now):\n  ${lines.join('\n  ')}`;
}

/** In Google's form, with a status that is not tried again. */
const refusal = (message: string): Response =>
  Response.json({ error: { code: 400, message, status: 'FAILED_PRECONDITION' } }, { status: 400 });

/** The recorded connection, with the way it failed. */
async function play(
  exchange: UpstreamExchange,
  time: ReplayTime,
  signal: AbortSignal | undefined,
): Promise<Response> {
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
  exchange: UpstreamExchange,
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
 * Resolves at a clean end. Otherwise it rejects as the connection did, or waits for our own deadline, or for the client
 * to leave again.
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
