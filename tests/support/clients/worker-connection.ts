/** A connection to one of several processes that serve a port: the system deals connections out, so a test takes those that it gets. */
import { openRaw, type RawAnswer } from './raw-client.ts';

/** By chance all of so many connections end at one of two processes once in 2^63 runs. */
const MOST_TRIES = 64;

export type WorkersHealth = {
  status: string;
  answered_by: number;
  workers: { worker: number; streams_in_flight: number; requests: number }[];
  shared: { kind: string; state: string };
  keys: { fingerprint: string; models: { model: string; state: string }[] }[];
  models: { big: string };
  streams_in_flight: number;
  requests: number;
  errors: Record<string, number>;
  recent_errors: { type: string }[];
};

export type WorkerConnection = {
  readonly worker: number;
  /** One request after the other. */
  ask(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<RawAnswer>;
  /** Begins a request whose answer is not waited for. */
  begin(path: string, body: object): void;
  seen(): string;
  closed: Promise<string>;
  health(): Promise<WorkersHealth>;
  leave(): void;
};

async function connectToAny(port: number): Promise<WorkerConnection> {
  const client = await openRaw(port);
  let asked = 0;
  const write = (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    asked++;
    const text = body === undefined ? '' : JSON.stringify(body);
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'host: localhost',
      'anthropic-version: 2023-06-01',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `content-length: ${Buffer.byteLength(text)}`,
    ];
    client.write(`${lines.join('\r\n')}\r\n\r\n${Buffer.from(text).toString('latin1')}`);
  };
  const ask: WorkerConnection['ask'] = async (...request) => {
    write(...request);
    const answer = (await client.answers(asked))[asked - 1];
    if (!answer) throw new Error(`closed without an answer:\n${client.seen()}`);
    return answer;
  };
  const health = async (): Promise<WorkersHealth> => JSON.parse((await ask('GET', '/health')).body);
  return {
    worker: (await health()).answered_by,
    ask,
    begin: (path, body) => write('POST', path, body),
    seen: client.seen,
    closed: client.closed,
    health,
    leave: () => client.socket.destroy(),
  };
}

/** One connection to each of the workers 1 to `count`. */
export async function connectToEach(url: string, count: number): Promise<WorkerConnection[]> {
  const port = Number(new URL(url).port);
  const found = new Map<number, WorkerConnection>();
  for (let tries = 0; tries < MOST_TRIES && found.size < count; tries++) {
    const connection = await connectToAny(port);
    if (found.has(connection.worker)) connection.leave();
    else found.set(connection.worker, connection);
  }
  const sorted = [...found.values()].sort((a, b) => a.worker - b.worker);
  if (sorted.length < count) throw new Error(`only ${sorted.map(({ worker }) => worker)} of ${count} answer`);
  return sorted;
}
