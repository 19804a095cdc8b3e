/** A client of the fault bench: it sends one request, and notes what comes and when. */

import type { ManualClock } from '../manual-clock.ts';
import type { FaultTurn } from './turns.ts';

export type Mode = 'stream' | 'whole';

/** Times are milliseconds. */
export type Client = {
  mode: Mode;
  /** Since the beginning of the scene; at once if not set. */
  startsAt?: number;
  /** Leaves so long after its start, whatever it has received. */
  leavesAfter?: number;
  session?: string;
};

/** Times are those of the scene. */
export type Heard = {
  head?: { at: number; status: number; headers: Headers };
  reads: { at: number; bytes: Uint8Array }[];
  end: { at: number; how: string };
};

export type Hearing = {
  clock: ManualClock;
  /** Milliseconds since the scene began. */
  now(): number;
  handle(request: Request): Promise<Response>;
  onNews(): void;
};

export async function hear(turn: FaultTurn, client: Client, hearing: Hearing): Promise<Heard> {
  const { clock, now } = hearing;
  if (client.startsAt) await clock.sleep(client.startsAt);
  const over = new AbortController();
  const leaving = new AbortController();
  const left = Promise.withResolvers<'left'>();
  const leave = () => {
    leaving.abort();
    left.resolve('left');
  };
  if (client.leavesAfter !== undefined) clock.sleep(client.leavesAfter, over.signal).then(leave, () => {}); // it has stayed to the end
  const answering = hearing.handle(requestOf(turn, client, leaving.signal));
  const response = await Promise.race([answering, left.promise]);
  if (response === 'left') return { reads: [], end: { at: now(), how: 'left before the head' } };
  const head = { at: now(), status: response.status, headers: response.headers };
  const { reads, how } = await readAll(response, left.promise, hearing);
  over.abort();
  return { head, reads, end: { at: now(), how } };
}

function requestOf(turn: FaultTurn, { mode, session }: Client, signal: AbortSignal): Request {
  const { path = '/v1/messages', request } = turn;
  const isMessage = path === '/v1/messages';
  return new Request(`http://127.0.0.1${path}`, {
    method: 'POST',
    body: JSON.stringify(isMessage ? { ...request, stream: mode === 'stream' } : request),
    headers: {
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'x-claude-code-session-id': session }),
      ...turn.headers,
    },
    signal,
  });
}

async function readAll(response: Response, left: Promise<'left'>, { now, onNews }: Hearing) {
  const reads: Heard['reads'] = [];
  const reader = response.body?.getReader();
  for (;;) {
    const next = await Promise.race([reader?.read().catch(String), left]);
    onNews();
    if (next === 'left') await reader?.cancel();
    if (typeof next === 'string') return { reads, how: next === 'left' ? 'left' : `broke: ${next}` };
    if (!next?.value) return { reads, how: 'whole' };
    reads.push({ at: now(), bytes: next.value });
  }
}
