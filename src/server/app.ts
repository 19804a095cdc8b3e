/** The routes. Elysia matches paths; what happens on one is `run-call`'s and the handler's. */
import { Elysia } from 'elysia';
import { testConnection } from './connection-test.ts';
import { countTokens } from './count-tokens.ts';
import type { ServerDeps } from './deps.ts';
import { answerHealth, answerHello, answerLive, answerReady, answerRoot } from './health.ts';
import { answerMessages } from './messages.ts';
import { answerModel, answerModels } from './models.ts';
import { methodNotAllowed, notFound } from './responses.ts';
import { type Handler, type RouteContext, runCall } from './run-call.ts';
import { answerSwaggerAsset, answerSwaggerPage, openApiAnswer } from './swagger.ts';

type Route = {
  method: 'GET' | 'POST';
  path: string;
  handler: Handler;
  /** Open to everyone unless it serves a model. */
  needsKey?: true;
  /** Recorded, and answered by a replay. */
  asksModel?: true;
  /** For the API description. */
  summary: string;
  tag: 'Messages' | 'Models' | 'Operation';
};

/** HEAD is answered wherever GET is. */
const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/messages',
    handler: answerMessages,
    needsKey: true,
    asksModel: true,
    summary: 'Create a message, streamed or whole',
    tag: 'Messages',
  },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    handler: countTokens,
    needsKey: true,
    asksModel: true,
    summary: 'Count the input tokens of a message',
    tag: 'Messages',
  },
  {
    method: 'GET',
    path: '/v1/models',
    handler: answerModels,
    needsKey: true,
    summary: 'List models',
    tag: 'Models',
  },
  {
    method: 'GET',
    path: '/v1/models/:id',
    handler: answerModel,
    needsKey: true,
    summary: 'One model',
    tag: 'Models',
  },
  { method: 'GET', path: '/', handler: answerRoot, summary: 'What this is', tag: 'Operation' },
  {
    method: 'GET',
    path: '/api/hello',
    handler: answerHello,
    summary: 'Start-up probe of Claude Code',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/health',
    handler: answerHealth,
    summary: 'State, counts, recent errors',
    tag: 'Operation',
  },
  { method: 'GET', path: '/livez', handler: answerLive, summary: 'The process runs', tag: 'Operation' },
  {
    method: 'GET',
    path: '/readyz',
    handler: answerReady,
    summary: 'New requests are welcome',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/test-connection',
    handler: testConnection,
    needsKey: true,
    summary: 'One tiny live call with the small model and each key',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/swagger',
    handler: answerSwaggerPage,
    summary: 'This documentation',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/swagger/:asset',
    handler: answerSwaggerAsset,
    summary: 'Its assets',
    tag: 'Operation',
  },
];

const serves = (route: Route, path: string) => {
  const pattern = route.path.split('/').map((step) => (step.startsWith(':') ? '[^/]+' : step));
  return new RegExp(`^${pattern.join('/')}/?$`).test(path);
};

/** 405 where the path exists under another method, else 404. */
function unknownAnswer(routes: readonly Route[]): Handler {
  return (call) => {
    const known = routes.filter((route) => serves(route, call.url.pathname));
    if (known.length === 0) throw notFound(call.url.pathname);
    const methods = new Set(known.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
    throw methodNotAllowed([...methods].join(', '));
  };
}

type Server = { timeout(request: Request, seconds: number): void };
type Context = { request: Request; params: Record<string, string>; server: Server | null };

export function createApp(deps: ServerDeps) {
  const run = (handler: Handler, { needsKey = false, asksModel = false } = {}) => {
    return ({ request, params, server }: Context) => {
      const keepOpen = () => server?.timeout(request, 0);
      const route: RouteContext = { request, params, needsKey, asksModel, keepOpen };
      return runCall(handler, route, deps);
    };
  };
  // The raw body is ours to read and to check: Elysia's own parsing and normalising drop unknown fields.
  const app = new Elysia({ normalize: false });
  const openApi = openApiAnswer(() => app);
  const routes: readonly Route[] = [
    ...ROUTES,
    { method: 'GET', path: '/swagger/json', handler: openApi, summary: 'OpenAPI', tag: 'Operation' },
  ];
  for (const { method, path, handler, summary, tag, ...needs } of routes) {
    const answer = run(handler, needs);
    app.route(method, path, answer, { parse: 'none', detail: { summary, tags: [tag] } });
    if (method === 'GET') app.route('HEAD', path, answer, { parse: 'none', detail: { hide: true } });
  }
  app.all('/*', run(unknownAnswer(routes)), { parse: 'none', detail: { hide: true } });
  // Only what Elysia itself throws gets here; handlers' errors end in `runCall`.
  app.onError(({ request, error }) => {
    const fail: Handler = () => {
      throw error;
    };
    return run(fail)({ request, params: {}, server: app.server });
  });
  return app;
}

export type App = ReturnType<typeof createApp>;
