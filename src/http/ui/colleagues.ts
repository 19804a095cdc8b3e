/** Answers what other processes that serve the port ask for their pages, and asks them for their rows. */
import type { Questions } from '../../cluster/questions.ts';
import type { AskRows, Told } from '../../inspector/elsewhere.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { openRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import { tell } from '../handle-request.ts';
import { placeOf } from '../paths.ts';
import { errorResponse, notFound } from '../responses.ts';
import { ROUTES } from '../route-table.ts';
import { ofColleagues, type Passed, type PassedAnswer } from './api.ts';

/** Asks for rows; no address of the page. */
const ROWS = '/ui/api/rows';

const answerOf = async (response: Response): Promise<PassedAnswer> => ({
  status: response.status,
  type: response.headers.get('content-type') ?? 'application/json',
  base64: Buffer.from(await response.arrayBuffer()).toString('base64'),
});

/** The rows that have changed since the number that the question has for this worker. */
function rowsFor(search: string, { inspector, colleagues }: ServerDeps): Response {
  const since = new URLSearchParams(search).get(String(colleagues.worker));
  return Response.json(inspector?.toldSince(Number(since ?? 0)) ?? null);
}

async function answerTo({ method, path, body }: Passed, deps: ServerDeps): Promise<Response> {
  const url = new URL(path, 'http://localhost');
  if (url.pathname === ROWS) return rowsFor(url.search, deps);
  const place = placeOf(url.pathname, ROUTES);
  const route = place.routes.find((one) => one.method === method);
  const headers = { 'x-inspector': '1', 'content-type': 'application/json' };
  const request = new Request(url, { method, headers, ...(method === 'POST' ? { body } : {}) });
  ofColleagues.add(request);
  const client = openRequest({
    request,
    path: place.path,
    asked: url.pathname,
    params: place.params,
    ids: deps.ids,
    clock: deps.clock,
    keepOpen() {},
    subscribers: [],
    secrets: deps.settings.secrets,
    logger: deps.logger,
  });
  try {
    if (!route) throw notFound(url.pathname);
    const answer = await route.handler(client, deps);
    return answer instanceof Response ? answer : answer.response;
  } catch (error) {
    return errorResponse(tell(error, client, deps), client.id);
  }
}

/** Who asks was let in by another process: the question has come through the parent of both. */
export const answersColleagues =
  (deps: () => ServerDeps) =>
  async (text: string): Promise<string> =>
    JSON.stringify(await answerOf(await answerTo(JSON.parse(text) as Passed, deps())));

/** Asks the other processes for their rows. */
export const asksForRows =
  (questions: Questions): AskRows =>
  async (since) => {
    const search = new URLSearchParams(
      [...since].map(([worker, number]) => [String(worker), String(number)]),
    );
    const passed: Passed = { method: 'GET', path: `${ROWS}?${search}`, body: '' };
    const answers = await questions.ask(JSON.stringify(passed));
    const told = new Map<number, Told>();
    for (const [worker, text] of answers) {
      const { status, base64 } = JSON.parse(text) as PassedAnswer;
      const rows = status === 200 ? tryParseJson(Buffer.from(base64, 'base64').toString()) : undefined;
      // Another version of the program, after an update, may tell something else.
      if (isObject(rows) && Array.isArray(rows['rows'])) told.set(worker, rows as Told);
    }
    return told;
  };
