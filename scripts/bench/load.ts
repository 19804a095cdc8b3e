/** Clients: they send the requests of a row, read every answer to its end, and check that it is complete. */
import { MODEL_PREFIX, type Row, SILENT_MODEL, tinyBody } from './rows.ts';

export type Target = {
  name: 'raw' | 'proxy';
  url: string;
};

const HEADERS = {
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
  'x-api-key': 'dummy',
};

const addressOf = ({ name, url }: Target, model: string) =>
  name === 'raw' ? `${url}/v1/messages?model=${model}` : `${url}/v1/messages`;

/** The end of every complete answer. */
const END = { raw: '"finishReason":"STOP"', proxy: 'event: message_stop' } as const;
const LONGEST_END = 400;

/** Milliseconds to the first byte of the body. Throws where the answer is incomplete. */
export async function ask(target: Target, row: Row, nth: number): Promise<number> {
  const body = row.body(nth);
  const begun = performance.now();
  const reply = await fetch(addressOf(target, `${MODEL_PREFIX}${row.name}`), {
    method: 'POST',
    headers: HEADERS,
    body,
  });
  if (!reply.ok || !reply.body)
    throw new Error(`${target.name}, ${row.name}: ${reply.status} ${await reply.text()}`);
  const decoder = new TextDecoder();
  let first: number | undefined;
  let end = '';
  for await (const bytes of reply.body) {
    first ??= performance.now() - begun;
    end = (end + decoder.decode(bytes.subarray(-LONGEST_END))).slice(-LONGEST_END);
  }
  if (!end.includes(END[target.name]))
    throw new Error(`${target.name}, ${row.name}: the answer is not whole: ${end}`);
  return first ?? Number.NaN;
}

/**
 * Requests a second of `clients` that each ask one after the other, until `count` requests are answered. `from`: the
 * number of the first request.
 */
export async function drive(
  target: Target,
  row: Row,
  count: number,
  clients: number,
  from: number,
): Promise<number> {
  let next = from;
  const client = async () => {
    while (next < from + count) await ask(target, row, next++);
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: Math.min(clients, count) }, client));
  return count / ((performance.now() - begun) / 1_000);
}

/** Opens `count` streams that are silent after their first bytes. The returned function closes them. */
export async function openSilent(target: Target, count: number): Promise<() => void> {
  const leaving = new AbortController();
  const body = tinyBody('silent');
  const open = async () => {
    const reply = await fetch(addressOf(target, SILENT_MODEL), {
      method: 'POST',
      headers: HEADERS,
      body,
      signal: leaving.signal,
    });
    const first = await reply.body?.getReader().read();
    if (!first?.value) throw new Error(`${target.name}: a silent stream ended`);
  };
  await Promise.all(Array.from({ length: count }, open));
  return () => leaving.abort();
}
