/** `GET /ui/api/live`: the rows of the list, as they come and change. */
import { MessagesError } from '../../anthropic/errors.ts';
import { keysSign, noticeOf } from '../../inspector/figures/keys-page.ts';
import type { Inspector } from '../../inspector/inspector.ts';
import { type Hello, Live, type State } from '../../inspector/live.ts';
import { costOf } from '../../usage/counts.ts';
import { spanOfDay } from '../../usage/reader.ts';
import { isLocked } from '../client-key.ts';
import type { ClientRequest } from '../client-request.ts';
import type { Reply, ServerDeps } from '../deps.ts';
import { keysFacts } from './keys-facts.ts';

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

/** Milliseconds for which what is summed up holds for all who look. */
const SUMMED_MS = 1_000;

type Summed = Pick<State, 'notice' | 'keysSign' | 'today'>;

const summed = new WeakMap<Inspector, { at: number; told: Summed }>();

function sumsOf(inspector: Inspector, deps: ServerDeps): Summed {
  const { usage, keys, settings, clock } = deps;
  const before = summed.get(inspector);
  const at = clock.monotonic();
  if (before && at - before.at < SUMMED_MS) return before.told;
  const facts = keysFacts(deps, inspector);
  const used = usage.total({ ...spanOfDay(clock.wall().getTime()), upstreams: [keys.kind] });
  const { in: fresh, cached } = used;
  const told: Summed = {
    notice: noticeOf(facts) ?? null,
    keysSign: keysSign(facts),
    today: { ...costOf(used), budget: settings.dailyBudget, in: fresh + cached, cached },
  };
  summed.set(inspector, { at, told });
  return told;
}

function stateOf(inspector: Inspector, deps: ServerDeps): State {
  const { streaming, kept, passedOver, bytes } = deps.elsewhere.sums();
  return {
    type: 'state',
    streaming: inspector.streaming + streaming,
    kept: inspector.kept + kept,
    passedOver: inspector.passedOver + passedOver,
    bytes: inspector.bytes + bytes,
    instance: deps.instances.place(),
    ...sumsOf(inspector, deps),
  };
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
    elsewhere: deps.elsewhere,
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
