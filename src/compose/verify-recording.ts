/** Sends the client requests of a recording again, to a proxy that replays it, and compares the answers. */

import { readEach } from '../sim/cassette/read.ts';
import type { RecordedRequest } from '../sim/cassette/types.ts';
import { createRedactor } from '../sim/redact.ts';
import { errorIn, type Named, type Received, resend } from './resend.ts';

export type Verification = { requests: number; problems: string[] };

/** A request that cannot be read is a problem, and keeps none of the others from being sent. */
export async function verifyRecording(folder: string, times: number): Promise<Verification> {
  const readings = readEach(folder);
  const requests = readings.filter((reading) => 'recorded' in reading);
  const problems = readings.flatMap((reading) =>
    'problem' in reading ? [`${reading.name} was not sent: ${reading.problem}`] : [],
  );
  for (let run = 1; run <= times; run++) {
    for (const problem of await playOnce(folder, requests)) problems.push(`run ${run}: ${problem}`);
  }
  return { requests: requests.length, problems };
}

async function playOnce(folder: string, requests: readonly Named[]): Promise<string[]> {
  const problems: string[] = [];
  // Where the client left before it got anything, there is nothing to compare, and no head to wait for.
  const answered = requests.filter(
    ({ recorded: { answer } }) => answer.end === 'whole' || answer.bytes.length > 0,
  );
  await resend(folder, answered, ({ name, recorded }, received) => {
    const problem = compare(recorded, received);
    const known = recorded.fails ? `known to fail (${recorded.fails.why}): ` : '';
    if (problem !== undefined) problems.push(`${name}: ${known}${problem}`);
  });
  return problems;
}

const redactor = createRedactor([]);

/** The bytes with all blotted-out places made equal, because upstream's answer has them at other offsets than ours. */
const redacted = (bytes: Uint8Array): Buffer => Buffer.from(redactor.bytes(bytes, '', []));

/**
 * The difference between the answer and the recorded answer; undefined where they are the same, byte for byte. Where
 * the client left, only the bytes that it had are compared.
 */
function compare({ answer }: RecordedRequest, received: Received): string | undefined {
  const expected = Buffer.from(answer.bytes);
  if (answer.end === 'client-gone') {
    const start = redacted(received.bytes).subarray(0, expected.length);
    return start.equals(expected) ? undefined : firstDifference(expected, start);
  }
  if (received.status !== answer.status)
    return `status ${received.status}, recorded was ${answer.status}${reasonIn(received)}`;
  const requestId = answer.headers['request-id'] ?? null;
  if (received.requestId !== requestId) return `request-id ${received.requestId}, recorded was ${requestId}`;
  const actual = Buffer.from(received.bytes);
  if (actual.equals(expected)) return undefined;
  const clean = redacted(actual);
  if (clean.equals(expected) || withoutKeys(clean) === withoutKeys(expected)) return undefined;
  return firstDifference(expected, clean);
}

function reasonIn(received: Received): string {
  const error = errorIn(received);
  return error === undefined ? '' : `: ${error}`;
}

/**
 * The text with keys made equal. Where one of Google's errors quotes a key, the client got three stars, but the
 * recording of upstream has one `x` for each character.
 */
const withoutKeys = (bytes: Buffer): string => bytes.toString('latin1').replace(/\*\*\*|x{6,}/g, '***');

const SHOWN = 120;

function firstDifference(expected: Buffer, actual: Buffer): string {
  let at = 0;
  while (at < expected.length && expected[at] === actual[at]) at++;
  const from = Math.max(0, at - SHOWN / 2);
  const cut = (bytes: Buffer) => JSON.stringify(bytes.subarray(from, from + SHOWN).toString());
  return `byte ${at} of ${expected.length}: recorded ${cut(expected)}, now ${cut(actual)}`;
}
