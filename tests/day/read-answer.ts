/** Reads an answer as a strict client does, and notes what came when. */
import type { MessageEvent } from '../../src/anthropic/events.ts';
import type { AnswerMessage } from '../../src/anthropic/message.ts';
import { ignoreFailure } from '../../src/lib/async.ts';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { Asked } from './asked.ts';

const EVENT = /^event: ([a-z_]+)\ndata: (.+)$/;

type Reader = {
  time(): number;
  onEvents(): void;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
};

function readError(asked: Asked, response: { status: number; headers: Headers }, body: unknown): void {
  const error = isObject(body) ? body['error'] : undefined;
  if (!isObject(body) || body['type'] !== 'error' || !isObject(error)) {
    asked.broken.push(`not an error body: ${JSON.stringify(body)?.slice(0, 100)}`);
    return;
  }
  if (!String(body['request_id']).startsWith('req_')) asked.broken.push('an error without a request id');
  const retryAfter = response.headers.get('retry-after');
  asked.error = {
    status: response.status,
    type: String(error['type']),
    message: String(error['message'] ?? ''),
    retryAfter: retryAfter === null ? undefined : Number(retryAfter),
    shouldRetry: response.headers.get('x-should-retry'),
  };
}

function take(asked: Asked, block: string, time: number, headers: Headers): void {
  const [, name, data] = EVENT.exec(block) ?? [];
  const event = tryParseJson(data ?? '') as MessageEvent | undefined;
  if (event === undefined || event.type !== name) {
    asked.broken.push(`not an event: ${block.slice(0, 100)}`);
    return;
  }
  asked.events.push(event);
  if (event.type === 'content_block_start' && event.content_block.type !== 'thinking')
    asked.contentAt ??= time;
  if (event.type !== 'error') return;
  if (asked.error) asked.broken.push('a second error');
  readError(asked, { status: 200, headers }, event);
}

async function readStream(asked: Asked, response: Response, given: Reader): Promise<void> {
  const { time, onEvents, signal } = given;
  const { body, headers } = response;
  if (!body) {
    asked.broken.push('no body');
    return;
  }
  const reader = body.getReader();
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  // A server notices that the connection is gone; here the stream must be told.
  const leave = () => ignoreFailure(reader.cancel());
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  let rest = '';
  let last = time();
  for (;;) {
    const { value, done } = await reader.read();
    asked.silentMs = Math.max(asked.silentMs, time() - last);
    last = time();
    if (done) break;
    const blocks = (rest + utf8.decode(value, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) take(asked, block, last, headers);
    onEvents();
  }
  if (rest !== '' && !signal.aborted)
    asked.broken.push(`the stream ends in the middle of an event: ${rest.slice(0, 100)}`);
}

export async function readAnswer(asked: Asked, response: Response, reader: Reader): Promise<void> {
  asked.headAt = reader.time();
  asked.status = response.status;
  asked.headers = response.headers;
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (streamed) {
    if (!asked.stream || response.status !== 200)
      asked.broken.push(`a stream with status ${response.status}`);
    await readStream(asked, response, reader);
    return;
  }
  const body = tryParseJson(await response.text());
  if (response.status !== 200) readError(asked, response, body);
  else if (asked.stream || !isObject(body)) asked.broken.push('no stream came');
  else asked.message = body as AnswerMessage;
}
