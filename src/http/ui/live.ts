/** `GET /ui/api/live`: the rows of the list, as they come and change. */
import { MessagesError } from '../../anthropic/errors.ts';
import type { Inspector } from '../../inspector/inspector.ts';
import { type Hello, Live, type State } from '../../inspector/live.ts';
import { isLocked } from '../client-key.ts';
import type { ClientRequest } from '../client-request.ts';
import type { Reply, ServerDeps } from '../deps.ts';

/** Pages that may look at once. Each costs a little with every request. */
const MOST_LOOKERS = 16;

const NDJSON = 'application/x-ndjson; charset=utf-8';

/** How many look now, by what they look at. */
const lookers = new WeakMap<Inspector, number>();

function helloOf({ url }: ClientRequest, { settings, keys, clock }: ServerDeps, memory: number): Hello {
  return {
    type: 'hello',
    now: clock.wall().getTime(),
    version: settings.version,
    upstream: keys.kind,
    baseUrl: url.origin,
    needsKey: isLocked(settings),
    memoryLimit: memory,
  };
}

function stateOf(inspector: Inspector, { keys }: ServerDeps): State {
  const { streaming, kept, bytes } = inspector;
  const states = keys.states();
  const troubled = states.filter(({ state, models }) => state !== 'in use' || models.length > 0);
  const keysSign =
    troubled.length === 0 ? 'good' : states.every(({ state }) => state !== 'in use') ? 'failed' : 'slow';
  return { type: 'state', streaming, kept, bytes, notice: null, keysSign };
}

export function answerLooker(client: ClientRequest, deps: ServerDeps, inspector: Inspector): Reply {
  const looking = lookers.get(inspector) ?? 0;
  if (looking >= MOST_LOOKERS) {
    throw new MessagesError(
      'rate_limit_error',
      `${MOST_LOOKERS} pages look at this proxy already; close some of them`,
    );
  }
  lookers.set(inspector, looking + 1);
  client.keepOpen();
  const ended = Promise.withResolvers<void>();
  const live = new Live({
    inspector,
    clock: deps.clock,
    hello: helloOf(client, deps, inspector.memory),
    state: () => stateOf(inspector, deps),
    onEnd() {
      lookers.set(inspector, (lookers.get(inspector) ?? 1) - 1);
      ended.resolve();
    },
  });
  const body = new ReadableStream(live, { highWaterMark: 1 });
  client.signal.addEventListener('abort', () => live.end(), { once: true });
  return {
    response: new Response(body, { headers: { 'content-type': NDJSON, 'cache-control': 'no-store' } }),
    ended: ended.promise,
  };
}
