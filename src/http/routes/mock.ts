/** What a test can ask of the mock, or of a replay. */
import { MessagesError } from '../../anthropic/errors.ts';
import type { JournalAnswer } from '../api-description/mock-answers.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import type { Handler } from '../handle-request.ts';
import type { Mocking } from '../mocking/mocking.ts';
import { shownEntry } from '../mocking/shown-entry.ts';
import { checkTestId, TEST_ID_HEADER } from '../mocking/test-id.ts';
import { jsonResponse, notFound } from '../responses.ts';

type Asking = { client: ClientRequest; deps: ServerDeps; mocking: Mocking };

const forTests =
  (answer: (asking: Asking) => Response | Promise<Response>): Handler =>
  (client, deps) => {
    const { mocking } = deps;
    if (!mocking) throw notFound(client.url.pathname);
    return answer({ client, deps, mocking });
  };

/** The test that is meant: the one that is named, or else the one that asks. */
function testIn(client: ClientRequest, named: string | null): string | undefined {
  const name = named ?? client.headers.get(TEST_ID_HEADER);
  return name === null ? undefined : checkTestId(name, named === null ? TEST_ID_HEADER : 'test_id');
}

/** How many of the latest requests are wanted. */
function lastIn({ url }: ClientRequest): number {
  const last = url.searchParams.get('last');
  if (last === null) return Infinity;
  if (/^[1-9]\d{0,5}$/.test(last)) return Number(last);
  throw new MessagesError('invalid_request_error', 'last: expected a whole number from 1');
}

export const tellRequests = forTests(({ client, deps, mocking }) => {
  const { requests, dropped } = mocking.journal.read(testIn(client, client.url.searchParams.get('test_id')));
  const redactor = mocking.redactor.with(deps.settings.secrets);
  const wanted = requests.slice(-Math.min(lastIn(client), requests.length) || requests.length);
  return jsonResponse<JournalAnswer>(
    { requests: wanted.map((entry) => shownEntry(entry, redactor)), dropped },
    200,
    { 'cache-control': 'no-store' },
  );
});
