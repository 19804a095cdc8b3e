/** The server's routes. Elysia lists them; `paths.ts` decides which route a path means. */
import { Elysia } from 'elysia';
import { RecentMap } from '../lib/recent-map.ts';
import { allowedOrigin, answerPreflight, isPreflight } from './cors.ts';
import type { ServerDeps } from './deps.ts';
import { type Handler, handleRequest, type RouteContext } from './handle-request.ts';
import { baseUrlSlip, isApiPath, type Place, placeOf } from './paths.ts';
import { baseUrlHint, methodNotAllowed, notFound } from './responses.ts';
import { ROUTES, type Route } from './route-table.ts';
import { openApiAnswer } from './routes/openapi.ts';

type Server = {
  timeout(request: Request, seconds: number): void;
  requestIP(request: Request): { address: string } | null;
};
type Context = { request: Request; server: Server | null };
type Answering = Pick<Route, 'handler' | 'needsKey' | 'isOperators' | 'asksModel' | 'spends' | 'isLocal'>;

/** The path of a request whose Host makes no URL. Such a request is refused. */
const NO_PATH = '/';

/** How many paths are remembered. Nearly all requests ask for one of a few paths. */
const MOST_PATHS = 100;

/**
 * The answer on a path that is not served with this method: 405 where the path is served with another method, else 404.
 */
const unknownAnswer =
  (place: Place<Route>, asked: string, routes: readonly Route[]): Handler =>
  (client) => {
    if (place.routes.length === 0) {
      const slip = baseUrlSlip(asked, routes);
      throw notFound(asked, slip && baseUrlHint(client.url.origin, slip));
    }
    const methods = place.routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    throw methodNotAllowed([...new Set(methods)].join(', '));
  };

/** The handler for a request. HEAD is answered wherever GET is. */
function answeringOf(request: Request, place: Place<Route>, unknown: Handler, deps: ServerDeps): Answering {
  const origin = request.headers.get('origin');
  if (isPreflight(request) && allowedOrigin(origin, place.path, deps.settings) !== undefined) {
    return { handler: answerPreflight(place.routes.map(({ method }) => method)) };
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = place.routes.find((one) => one.method === method);
  return route ?? { handler: unknown };
}

/** What is known of the connection on which a request came. */
export type Socket = Pick<RouteContext, 'keepOpen' | 'peer'>;

/** For a request of this process itself. */
const NO_SOCKET: Socket = { keepOpen() {}, peer: () => undefined };

const socketOf = (request: Request, server: Server | null): Socket => ({
  keepOpen: () => server?.timeout(request, 0),
  peer: () => server?.requestIP(request)?.address,
});

/**
 * Answers a request, whichever server received it. Where `fail` is given, `fail` answers in place of the route's
 * handler.
 */
export type Door = (request: Request, socket?: Socket, fail?: Handler) => Promise<Response>;

const routesOf = (openApi: Handler, isMocked: boolean): readonly Route[] => [
  // Comes before the other assets of `/swagger`, so that it is found first.
  { method: 'GET', path: '/swagger/json', handler: openApi, isPage: true },
  ...ROUTES.filter(({ ofMock = false }) => isMocked || !ofMock),
];

function createDoor(routes: readonly Route[], current: (request: Request) => ServerDeps): Door {
  const places = new RecentMap<string, Place<Route>>(MOST_PATHS);
  const placeIn = (asked: string): Place<Route> => {
    const known = places.get(asked);
    if (known) return known;
    const place = placeOf(asked, routes);
    places.set(asked, place);
    return place;
  };
  return (request, socket = NO_SOCKET, fail) => {
    const deps = current(request);
    const asked = URL.parse(request.url)?.pathname ?? NO_PATH;
    const place = placeIn(asked);
    const unknown = unknownAnswer(place, asked, routes);
    const { handler, ...marks } = answeringOf(request, place, unknown, deps);
    const { path, params } = place;
    const route: RouteContext = {
      request,
      path,
      asked,
      params,
      needsKey: marks.needsKey,
      isOperators: marks.isOperators,
      asksModel: marks.asksModel,
      spends: marks.spends,
      isLocal: marks.isLocal,
      isClients: isApiPath(path) || place.routes.length === 0,
      keepOpen: socket.keepOpen,
      peer: socket.peer,
    };
    return handleRequest(fail ?? handler, route, deps);
  };
}

/**
 * `current` gives the parts that serve a new request. The request keeps these parts to its end. `isMocked`: tests may ask
 * what came.
 */
export function createApp(current: (request: Request) => ServerDeps, isMocked: boolean) {
  // We read and check the raw body ourselves: Elysia's own parsing drops unknown fields.
  const app = new Elysia({ normalize: false });
  const routes = routesOf(
    openApiAnswer(() => app),
    isMocked,
  );
  const door = createDoor(routes, current);
  const answer = ({ request, server }: Context) => door(request, socketOf(request, server));
  // Elysia reads the source text of a handler to find out what the handler needs. For a handler that names nothing,
  // Elysia would parse headers, query and cookies, and copy the response.
  for (const { method, path, isPage = false } of routes) {
    app.route(method, path, ({ request, server }) => answer({ request, server }), {
      parse: 'none',
      detail: { hide: isPage },
    });
  }
  app.all('/*', ({ request, server }) => answer({ request, server }), {
    parse: 'none',
    detail: { hide: true },
  });
  // Only Elysia's own errors get here; errors of handlers are handled in `handleRequest`.
  app.onError(({ request, error }) =>
    door(request, socketOf(request, app.server), () => {
      throw error;
    }),
  );
  return {
    app,
    door,
    /** Another door to the same routes, behind which other parts serve. */
    doorFor: (others: () => ServerDeps): Door => createDoor(routes, others),
  };
}

export type App = ReturnType<typeof createApp>['app'];
