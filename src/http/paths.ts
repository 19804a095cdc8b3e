/**
 * Decides which route a path means. A path is made of a client's base URL and of what the client adds to it, and both
 * differ between clients.
 */

/** The beginning of the API's paths. Some base URLs already end in it. */
const VERSION = 'v1';

export const isApiPath = (path: string): boolean => path.startsWith(`/${VERSION}/`);

type Served = { path: string };

export type Place<Route extends Served> = {
  /** The path in the form that the guard, recordings and the log see. */
  path: string;
  params: Readonly<Record<string, string>>;
  /** The routes of the path, one for each method. Empty where the path is not served. */
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

/**
 * The path that `steps` mean. A base URL may end in a slash or in `/v1`, and a client may leave out `/v1`: the meaning
 * is the same.
 */
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

/**
 * Finds the routes of a path. No other code reads a path. A path that is not served keeps its form, with single
 * slashes.
 */
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
 * The part of `pathname` before a path of the API: `/anthropic` in `/anthropic/v1/messages`, or a repeated `/v1`. Most
 * likely this part is the end of a client's base URL. Undefined where `pathname` has no such part.
 */
export function baseUrlSlip(pathname: string, routes: readonly Served[]): string | undefined {
  const steps = stepsOf(pathname);
  const isApi = (rest: readonly string[]) =>
    rest.length > 0 && placeOf(`/${rest.join('/')}`, routes).routes.some(({ path }) => isApiPath(path));
  // Looks for the longest end of the path that is a served path, including its own `/v1`.
  const at = steps.findIndex((_step, index) => index > 0 && isApi(steps.slice(index)));
  if (at > 0) return `/${steps.slice(0, at).join('/')}`;
  return steps[0] === VERSION && steps[1] === VERSION ? `/${VERSION}` : undefined;
}
