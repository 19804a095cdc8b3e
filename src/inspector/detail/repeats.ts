/** The client's own retries: a request that failed, and the same request once more, sent by the client after that. */
import { isObject, tryParseJson } from '../../lib/json.ts';
import type { Inspector } from '../inspector.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { Detail, Row } from '../shapes.ts';

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

const failedAt = (request: KeptRequest): number | undefined => {
  const { events, startedAt } = request;
  const end = events.findLast((event) => event.type === 'end');
  return end && events.some(({ type }) => type === 'error') ? startedAt + end.ms : undefined;
};

function howItEnded(
  request: KeptRequest,
  { state, ending }: Row,
): 'answered' | 'failed' | 'left' | 'under way' {
  if (state !== 'ended') return 'under way';
  if (failedAt(request) !== undefined) return 'failed';
  return ending === 'client left' ? 'left' : 'answered';
}

/** `conversation`: all requests of the same thread, agent and kind, the oldest first. */
export function repeatsOf(
  request: KeptRequest,
  conversation: readonly Row[],
  inspector: Inspector,
): Pick<Detail, 'repeats' | 'repeatedBy'> {
  const at = conversation.findIndex(({ id }) => id === request.id);
  const isRepeat = (later: KeptRequest, earlier: KeptRequest): boolean => {
    const failed = failedAt(earlier);
    return failed !== undefined && later.startedAt >= failed && asksTheSame(later, earlier);
  };
  const kept = (row: Row) => inspector.request(row.id);
  const before = conversation.slice(0, at).findLast((row) => {
    const earlier = kept(row);
    return earlier !== undefined && isRepeat(request, earlier);
  });
  const after = conversation.slice(at + 1).find((row) => {
    const later = kept(row);
    return later !== undefined && isRepeat(later, request);
  });
  const later = after && kept(after);
  return {
    repeats: before && { id: before.id, status: before.status, ending: before.ending },
    repeatedBy: after &&
      later && {
        id: after.id,
        afterMs: later.startedAt - (failedAt(request) ?? later.startedAt),
        end: howItEnded(later, after),
        status: after.status,
      },
  };
}
