/** Puts the results of a run into a recorded request, as what is expected from now on. */
import { type Frame, framesIn } from '../../../src/gemini/frames.ts';
import type { RecordedRequest, UpstreamExchange } from '../../../src/sim/cassette/types.ts';

/**
 * Replaces the answer, the requests that were sent, and the signatures that were looked up. What upstream said stays.
 */
export function withGoldens(recorded: RecordedRequest, now: RecordedRequest): RecordedRequest {
  return {
    ...recorded,
    caller: now.caller,
    answer: now.answer,
    signatures: now.signatures,
    upstream: recorded.upstream.map((exchange, index) => {
      const { request, model, anomalies } = now.upstream[index] ?? exchange;
      return { ...exchange, request, model, anomalies };
    }),
  };
}

/** Upstream is asked more or less often than was recorded: no golden can mend that. */
export function missingAttempts({ upstream }: RecordedRequest, now: RecordedRequest): string | undefined {
  const [was, is] = [upstream.length, now.upstream.length];
  if (was === is) return undefined;
  const asked = `upstream is asked ${is} times, and ${was} answers of it are recorded`;
  return is < was
    ? `${asked}: remove the folders that nobody asks for any more`
    : `${asked}: record the turn again, or add what upstream would have said`;
}

/** What upstream said, as frames. */
export const framesOf = ({ reads }: UpstreamExchange): Frame[] => framesIn(reads.map(({ bytes }) => bytes));
