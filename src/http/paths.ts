/** Decides which route a path means, however a base URL and a client have put it together. */

/** The part of the API's paths that a base URL may already contain. */
const VERSION = 'v1';

export const isApiPath = (path: string): boolean => path.startsWith(`/${VERSION}/`);

type Served = { path: string };

export type Place<Route extends Served> = {
  /** The path as everything behind the door sees it: the guard, recordings, the log. */
  path: string;
  params: Readonly<Record<string, string>>;
  /** The routes by method; empty where nothing is served. */
  routes: readonly Route[];
};

const stepsOf = (path: string): string[] => path.split('/').filter((step) => step !== '');

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** A base URL may end in a slash or in `/v1`, and a client may leave out `/v1`: the meaning is the same. */
function meantBy(steps: readonly string[]): string[] {
  const first = steps.findIndex((step) => step !== VERSION);
  return first < 0 ? [] : steps.slice(first);
}

function matches(route: Served, meant: readonly string[]): boolean {
  const pattern = meantBy(stepsOf(route.path));
  return (
    pattern.length === meant.length &&
    pattern.every((step, index) => step.startsWith(':') || step === meant[index])
  );
}

/** The only place that reads a path. A path that is not served keeps its form, with single slashes. */
export function placeOf<Route extends Served>(pathname: string, routes: readonly Route[]): Place<Route> {
  const steps = stepsOf(pathname);
  const meant = meantBy(steps);
  const found = routes.filter((route) => matches(route, meant));
  const [first] = found;
  if (!first) return { path: `/${steps.join('/')}`, params: {}, routes: [] };
  const pattern = stepsOf(first.path);
  const given = [...pattern.slice(0, pattern.length - meant.length), ...meant];
  const named = pattern.flatMap((step, index) =>
    step.startsWith(':') ? [[step.slice(1), decoded(given[index] ?? '')]] : [],
  );
  return { path: `/${given.join('/')}`, params: Object.fromEntries(named), routes: found };
}

/**
 * What stands in `pathname` before a path of the API: `/anthropic` in `/anthropic/v1/messages`, or a repeated `/v1`.
 * Most likely it is the end of a base URL. Undefined where there is nothing like that.
 */
export function baseUrlSlip(pathname: string, routes: readonly Served[]): string | undefined {
  const steps = stepsOf(pathname);
  const isApi = (rest: readonly string[]) =>
    rest.length > 0 && placeOf(`/${rest.join('/')}`, routes).routes.some(({ path }) => isApiPath(path));
  // Looks for the longest end of the path that is served by itself, with its own `/v1`.
  const at = steps.findIndex((_step, index) => index > 0 && isApi(steps.slice(index)));
  if (at > 0) return `/${steps.slice(0, at).join('/')}`;
  return steps[0] === VERSION && steps[1] === VERSION ? `/${VERSION}` : undefined;
}
