/** Sends the client requests of a recording again, to a proxy that replays it, and compares the answers. */

import { readConfig } from '../config/config.ts';
import { createLogger } from '../lib/log.ts';
import { systemClock, systemRandom } from '../lib/ports.ts';
import { bytesOf } from '../sim/cassette/escape.ts';
import { readEach } from '../sim/cassette/read.ts';
import type { RecordedRequest } from '../sim/cassette/types.ts';
import { createRedactor } from '../sim/redact.ts';
import { compose } from './compose.ts';

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

type Named = { name: string; recorded: RecordedRequest };

/** A proxy for this process alone: no key, no file, no network. */
async function openReplay(folder: string) {
  const read = readConfig({ BACKEND: 'replay', REPLAY: folder, PORT: '0', LOG_LEVEL: 'CRITICAL' }, []);
  const config = { ...read, replay: read.replay && { ...read.replay, alone: true } };
  const logger = await createLogger({ level: 'critical', format: 'json', write: () => {} });
  const system = compose(config, { clock: systemClock, random: systemRandom, logger });
  return { system, listening: system.listen() };
}

async function playOnce(folder: string, requests: readonly Named[]): Promise<string[]> {
  const { system, listening } = await openReplay(folder);
  const problems: string[] = [];
  try {
    for (const { name, recorded } of requests) {
      // The client left before it got anything: there is nothing to compare, and no head to wait for.
      if (recorded.answer.end === 'client-gone' && recorded.answer.bytes.length === 0) continue;
      const problem = compare(recorded, await send(listening.url, recorded));
      if (problem !== undefined) problems.push(`${name}: ${problem}`);
    }
  } finally {
    await listening.close(0);
    await system.close();
  }
  return problems;
}

type Received = { status: number; requestId: string | null; bytes: Uint8Array };

/**
 * Milliseconds within which a replay must send the bytes that the client had when it left. A replay has these at once,
 * and then sends nothing.
 */
const UNTIL_LEFT_MS = 20_000;

async function send(url: string, { request, answer }: RecordedRequest): Promise<Received> {
  const { method, path, query, headers, body } = request;
  const target = `${url}${path}${query === '' ? '' : `?${query}`}`;
  const leaves = answer.end === 'client-gone';
  const response = await fetch(target, {
    method,
    headers: { ...headers },
    body: new Uint8Array(bytesOf(body)),
    ...(leaves ? { signal: AbortSignal.timeout(UNTIL_LEFT_MS) } : {}),
  });
  const requestId = response.headers.get('request-id');
  const bytes = leaves
    ? await firstBytes(response, answer.bytes.length)
    : new Uint8Array(await response.arrayBuffer());
  return { status: response.status, requestId, bytes };
}

/** Reads this number of bytes, or those that come in time, and then leaves. */
async function firstBytes(response: Response, length: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const pieces: Uint8Array[] = [];
  try {
    for (let had = 0; had < length; ) {
      const next = await reader?.read();
      if (!next?.value) break;
      pieces.push(next.value);
      had += next.value.length;
    }
  } catch {
    // The time is over: missing bytes show as a difference.
  }
  await reader?.cancel().catch(() => {});
  return new Uint8Array(Buffer.concat(pieces));
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
  if (received.status !== answer.status) return `status ${received.status}, recorded was ${answer.status}`;
  const requestId = answer.headers['request-id'] ?? null;
  if (received.requestId !== requestId) return `request-id ${received.requestId}, recorded was ${requestId}`;
  const actual = Buffer.from(received.bytes);
  if (actual.equals(expected)) return undefined;
  const clean = redacted(actual);
  if (clean.equals(expected) || withoutKeys(clean) === withoutKeys(expected)) return undefined;
  return firstDifference(expected, clean);
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
