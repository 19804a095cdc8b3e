/**
 * Upstream as it was recorded, for requests that may differ today: the n-th attempt gets the n-th answer, read for
 * read. A replay would refuse such a request; here the difference is the result.
 */
import type { Fetch } from '../../../src/lib/ports.ts';
import type { RecordedRequest, UpstreamExchange } from '../../../src/sim/cassette/types.ts';
import type { Redactor } from '../../../src/sim/redact.ts';
import { createReplayFetch } from '../../../src/sim/replay/replay-fetch.ts';
import type { VirtualClock } from '../../../src/sim/replay/virtual-clock.ts';
import { upstreamMatchable } from '../../../src/sim/upstream-wire.ts';

export type UpstreamOptions = {
  clock: VirtualClock;
  redactor: Redactor;
  /** The client leaves at the moment when it left in the recording. */
  leave(): void;
};

export function recordedUpstream({ upstream }: RecordedRequest, options: UpstreamOptions): Fetch {
  const { clock, redactor } = options;
  let attempts = 0;
  return (url, init, exchange) => {
    const recorded = upstream[attempts++];
    if (!recorded)
      throw new Error(`upstream is asked for the ${attempts}. time, ${upstream.length} are recorded`);
    const request = { ...upstreamMatchable(new URL(url), init, redactor, []), headers: {} };
    const play = createReplayFetch({
      recorded: { upstream: [{ ...withClient(recorded, options), request }] },
      time: clock,
      redactor,
      onMismatch(problem) {
        throw new Error(problem);
      },
    });
    return play(url, init, exchange);
  };
}

/** Where the client left: upstream goes silent, and the client leaves again. */
function withClient(exchange: UpstreamExchange, { clock, leave }: UpstreamOptions): UpstreamExchange {
  const { head, reads, end } = exchange;
  if (end.kind !== 'abort' || end.side !== 'client') return exchange;
  const after = (head?.ms ?? 0) + reads.reduce((ms, read) => ms + read.ms, 0) + end.ms;
  void clock.sleep(after).then(leave);
  return { ...exchange, end: { ...end, kind: 'timeout' } };
}
