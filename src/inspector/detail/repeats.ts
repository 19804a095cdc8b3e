/** The client's own retries: a request that failed, and the same request once more, sent by the client after that. */
import { isObject, tryParseJson } from '../../lib/json.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { Detail, Row } from '../shapes.ts';

/** A request of a conversation, and its row. */
export type Turn = { request: KeptRequest; row: Row };

/** How many of the last messages are compared, beside the number of all. */
const LAST = 2;

/** Clients move the marks of their caches from message to message. */
const withoutMarks = (key: string, value: unknown): unknown => (key === 'cache_control' ? undefined : value);

function messagesIn(bytes: Uint8Array): string | undefined {
  const body = tryParseJson(new TextDecoder().decode(bytes));
  const messages = isObject(body) ? body['messages'] : undefined;
  return Array.isArray(messages)
    ? JSON.stringify([messages.length, ...messages.slice(-LAST)], withoutMarks)
    : undefined;
}

const sizeOf = ({ events }: KeptRequest): number | undefined => {
  const read = events.find((event) => event.type === 'read');
  return read?.type === 'read' ? read.bytes : undefined;
};

/** Once the texts were let go, what is left tells: the beginning of what was new, and the size of the body. */
function asksTheSame(one: KeptRequest, other: KeptRequest): boolean {
  if (!Bun.deepEquals(one.news, other.news)) return false;
  const [bytes, others] = [one.clientBytes(), other.clientBytes()];
  if (!bytes || !others) return sizeOf(one) !== undefined && sizeOf(one) === sizeOf(other);
  if (Buffer.compare(bytes, others) === 0) return true;
  const messages = messagesIn(bytes);
  return messages !== undefined && messages === messagesIn(others);
}

/** The moment of a request's error. The client learns of the error later, and sends again only then. */
const failedAt = ({ events, startedAt }: KeptRequest): number | undefined => {
  const error = events.findLast(({ type }) => type === 'error');
  return error && startedAt + error.ms;
};

function isRepeat(later: KeptRequest, earlier: KeptRequest): boolean {
  const failed = failedAt(earlier);
  return failed !== undefined && later.startedAt >= failed && asksTheSame(later, earlier);
}

function howItEnded({ request, row: { state, ending } }: Turn): 'answered' | 'failed' | 'left' | 'under way' {
  if (state !== 'ended') return 'under way';
  if (failedAt(request) !== undefined) return 'failed';
  return ending === 'client left' ? 'left' : 'answered';
}

/** `conversation`: all requests of the same thread, agent and kind, the oldest first. */
export function repeatsOf(own: Turn, conversation: readonly Turn[]): Pick<Detail, 'repeats' | 'repeatedBy'> {
  const at = conversation.findIndex(({ request }) => request === own.request);
  // A row is there already; what else is compared has to be unpacked.
  const mayBeSame = ({ row }: Turn) => row.says === own.row.says;
  const before = conversation
    .slice(0, at)
    .filter(mayBeSame)
    .findLast(({ request }) => isRepeat(own.request, request));
  const after = conversation
    .slice(at + 1)
    .filter(mayBeSame)
    .find(({ request }) => isRepeat(request, own.request));
  return {
    repeats: before && { id: before.row.id, status: before.row.status, ending: before.row.ending },
    repeatedBy: after && {
      id: after.row.id,
      afterMs: after.request.startedAt - (failedAt(own.request) ?? after.request.startedAt),
      end: howItEnded(after),
      status: after.row.status,
    },
  };
}
