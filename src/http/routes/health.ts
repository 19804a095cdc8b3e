/** The routes that orchestrators, people and Claude Code ask before they rely on this server. */

import { type Figures, type Health, healthOf, type RecentError, together } from '../../trace/figures.ts';
import type {
  AboutAnswer,
  HealthAnswer,
  HelloAnswer,
  LiveAnswer,
  ReadyAnswer,
} from '../api-description/answers.ts';
import { knowsKey } from '../client-key.ts';
import { type ClientRequest, isBrowser } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import type { Handler } from '../handle-request.ts';
import { jsonResponse } from '../responses.ts';
import { answerPage } from '../ui/answer-page.ts';
import { tellKey } from './key-state.ts';
import { budgetNow, usageNow } from './usage-now.ts';

const SERVICE = 'gemini-claude-proxy';

/** The page for people, and JSON for programs. */
export function answerRoot(client: ClientRequest, deps: ServerDeps): ReturnType<Handler> {
  if (deps.inspector && isBrowser(client.headers)) return answerPage(client, deps);
  const { settings, keys } = deps;
  return jsonResponse<AboutAnswer>({
    service: SERVICE,
    message: 'Gemini for Claude Code: Anthropic Messages API in, Gemini API out',
    version: settings.version,
    backend: keys.kind,
    models: {
      big: settings.modelMap.big,
      small: settings.modelMap.small,
      patterns: settings.modelMap.patterns,
    },
    limits: { max_tokens: settings.maxTokensLimit ?? null, streams: settings.streamsMax },
    endpoints: {
      messages: 'POST /v1/messages',
      count_tokens: 'POST /v1/messages/count_tokens',
      models: 'GET /v1/models',
      health: 'GET /health',
      test_connection: 'GET /test-connection',
      documentation: 'GET /swagger',
    },
  });
}

/**
 * The recent errors without their messages. Messages quote what clients and Gemini said, so not everyone who can reach
 * the port may see them.
 */
const classes = (errors: readonly RecentError[]) => errors.map(({ message: _quoted, ...rest }) => rest);

function tellShared({ shared }: ServerDeps) {
  const { kind, state, since } = shared.status();
  return { kind, state, since: since.toISOString() };
}

/**
 * The state of the proxy. Even if all answers succeed, something may be wrong: a key, a model, or the connection to the
 * other instances.
 */
function healthNow(deps: ServerDeps, { lately }: Figures): Health {
  const { settings, keys, shared } = deps;
  const health = healthOf(lately);
  if (health !== 'healthy') return health;
  const { big, small } = settings.modelMap;
  const well =
    keys.states().every(({ state }) => state === 'in use') &&
    [big, small].every((model) => keys.usable(model)) &&
    shared.status().state !== 'away' &&
    budgetNow(deps)?.state !== 'spent';
  return well ? 'healthy' : 'degraded';
}

/** One row for each process that serves this port; none where there is only one. */
function tellWorkers({ colleagues }: ServerDeps, own: Figures) {
  const rows = [...colleagues.others(), [colleagues.worker, own] as const].filter(([worker]) => worker > 0);
  if (rows.length === 1 && colleagues.others().size === 0) return {};
  const workers = rows
    .sort(([a], [b]) => a - b)
    .map(([worker, { since, open, requests }]) => ({
      worker,
      since: new Date(since).toISOString(),
      streams_in_flight: open,
      requests,
    }));
  return { answered_by: colleagues.worker, workers };
}

/** What strangers need not know: hosts are in it. The digests are for programs, which ask for them. */
function tellKnown({ url }: ClientRequest, deps: ServerDeps) {
  const { settings, upstreamProblem } = deps;
  const problem = upstreamProblem();
  return {
    ...(problem === undefined ? {} : { upstream_problem: problem }),
    usage: usageNow(deps, url.searchParams.get('session')),
    ...(url.searchParams.has('settings') ? { settings: settings.digests } : {}),
  };
}

/** Answers `/health`. The status is 503 only where it is certainly useless to send a request here. */
export function answerHealth(client: ClientRequest, deps: ServerDeps): Response {
  const { settings, keys, admission, counters, colleagues, clock, streaming } = deps;
  const own = counters.figures(admission.answersOpen);
  const all = together([own, ...colleagues.others().values()]);
  const status = healthNow(deps, all);
  const isKnown = knowsKey(client.request.headers, settings);
  const body: HealthAnswer = {
    status,
    service: SERVICE,
    version: settings.version,
    timestamp: clock.wall().toISOString(),
    uptime_seconds: Math.round((clock.wall().getTime() - all.since) / 1000),
    backend: keys.kind,
    draining: admission.draining,
    // A fingerprint names a key without showing any of it.
    keys: keys.states().map((state) => tellKey(state, clock)),
    models: { big: settings.modelMap.big, small: settings.modelMap.small },
    ...(isKnown ? tellKnown(client, deps) : {}),
    // For each model in trouble, the best of its states with all keys. A request for a model that is `open` goes to
    // another model, or is refused.
    breakers: Object.fromEntries(keys.modelStates()),
    asked_unary: streaming.broken(),
    shared: tellShared(deps),
    ...tellWorkers(deps, own),
    streams_in_flight: all.open,
    requests: all.requests,
    retries: all.retries,
    errors: all.errors,
    recent_errors: isKnown ? all.recentErrors : classes(all.recentErrors),
  };
  return jsonResponse(body, status === 'unhealthy' ? 503 : 200);
}

export function answerLive(): Response {
  return jsonResponse<LiveAnswer>({ status: 'alive' });
}

export function answerReady(_client: ClientRequest, deps: ServerDeps): Response {
  const { draining } = deps.admission;
  return jsonResponse<ReadyAnswer>({ status: draining ? 'draining' : 'ready' }, draining ? 503 : 200);
}

/** Answers the request that Claude Code sends when it starts. Claude Code accepts any answer. */
export function answerHello(): Response {
  return jsonResponse<HelloAnswer>({ message: 'hello' });
}
