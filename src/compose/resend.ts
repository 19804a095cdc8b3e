/** Sends the client requests of a recording again, to a proxy of this process that replays it. */

import { readConfig } from '../config/config.ts';
import type { Environment } from '../config/env-files.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import { createLogger } from '../lib/log.ts';
import { systemClock, systemRandom } from '../lib/ports.ts';
import { bytesOf } from '../sim/cassette/escape.ts';
import type { RecordedRequest } from '../sim/cassette/types.ts';
import { compose, type System } from './compose.ts';

export type Named = { name: string; recorded: RecordedRequest };

/** A proxy for this process alone: no key, no file but those of `env`, no network. */
async function openReplay(folder: string, env: Environment) {
  const settings = { BACKEND: 'replay', REPLAY: folder, PORT: '0', LOG_LEVEL: 'CRITICAL', ...env };
  const read = readConfig(settings, []);
  const config = { ...read, replay: read.replay && { ...read.replay, alone: true } };
  const logger = await createLogger({ level: 'critical', format: 'json', write: () => {} });
  const system = compose(config, { clock: systemClock, random: systemRandom, logger });
  return { system, listening: system.listen() };
}

/** Sends `requests` one after the other, and calls `hear` with what is answered to each. `env` has further settings. */
export async function resend(
  folder: string,
  requests: readonly Named[],
  hear: (request: Named, received: Received) => void,
  env: Environment = {},
): Promise<void> {
  const { system, listening } = await openReplay(folder, env);
  try {
    for (const request of requests) {
      hear(request, await send(listening.url, request.recorded));
      await untilIdle(system);
    }
  } finally {
    await listening.close(0);
    await system.close();
  }
}

/** That a client has left is heard a moment later, and the next request must not come, or the end, before that. */
async function untilIdle({ answering }: System): Promise<void> {
  const end = systemClock.monotonic() + UNTIL_LEFT_MS;
  while (answering() > 0 && systemClock.monotonic() < end) await systemClock.sleep(1);
}

export type Received = { status: number; requestId: string | null; bytes: Uint8Array };

/**
 * Milliseconds within which a replay must send the bytes that the client had when it left. A replay has these at once,
 * and then sends nothing.
 */
const UNTIL_LEFT_MS = 20_000;

/** For a client that had left before it got anything: the request has to arrive, and no more will come. */
const SILENT_MS = 1_000;
const NOTHING: Received = { status: 0, requestId: null, bytes: new Uint8Array() };

async function send(url: string, { request, answer }: RecordedRequest): Promise<Received> {
  const { method, path, query, headers, body } = request;
  const target = `${url}${path}${query === '' ? '' : `?${query}`}`;
  const leaves = answer.end === 'client-gone';
  const patience = answer.bytes.length === 0 ? SILENT_MS : UNTIL_LEFT_MS;
  const asked = fetch(target, {
    method,
    headers: { ...headers },
    body: new Uint8Array(bytesOf(body)),
    ...(leaves ? { signal: AbortSignal.timeout(patience) } : {}),
  });
  const response = await asked.catch((error: unknown) => {
    if (leaves) return undefined;
    throw error;
  });
  if (!response) return NOTHING;
  const requestId = response.headers.get('request-id');
  const bytes = leaves
    ? await firstBytes(response, answer.bytes.length)
    : new Uint8Array(await response.arrayBuffer());
  return { status: response.status, requestId, bytes };
}

/** The message of an answer that is an error; undefined where it is none. */
export function errorIn({ bytes }: Received): string | undefined {
  const told = tryParseJson(new TextDecoder().decode(bytes));
  const error = isObject(told) ? told['error'] : undefined;
  return isObject(error) ? String(error['message']) : undefined;
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
