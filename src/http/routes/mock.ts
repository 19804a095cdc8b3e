/** What a test can ask of the mock, or of a replay. */
import { MessagesError } from '../../anthropic/errors.ts';
import { othersFirst } from '../../lib/async.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { quoted } from '../../lib/shown-text.ts';
import { checkKeys, FaultError, type FaultRule, parseFaults } from '../../sim/faults/index.ts';
import type {
  FaultsAnswer,
  JournalAnswer,
  JournalEntry,
  ResetAnswer,
} from '../api-description/mock-answers.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import type { Handler } from '../handle-request.ts';
import { MOST_WANTED } from '../mocking/journal.ts';
import type { Mocking } from '../mocking/mocking.ts';
import { shownEntry } from '../mocking/shown-entry.ts';
import { checkAlone, checkTestId, DEFAULT_TEST, TEST_ID_HEADER } from '../mocking/test-id.ts';
import { jsonResponse, notFound } from '../responses.ts';

type Asking = { client: ClientRequest; deps: ServerDeps; mocking: Mocking };

const forTests =
  (answer: (asking: Asking) => Response | Promise<Response>): Handler =>
  (client, deps) => {
    const { mocking } = deps;
    if (!mocking) throw notFound(client.url.pathname);
    checkAlone(mocking.isAlone, client.url.pathname);
    return answer({ client, deps, mocking });
  };

/** The test that is meant: the one that is named, or else the one that asks. */
function testIn(client: ClientRequest, named: string | null): string | undefined {
  const name = named ?? client.headers.get(TEST_ID_HEADER);
  return name === null ? undefined : checkTestId(name, named === null ? TEST_ID_HEADER : 'test_id');
}

/** How many of the latest requests are wanted; without bound where nothing says how many. */
function lastIn({ url }: ClientRequest): number {
  const last = url.searchParams.get('last');
  if (last === null) return Infinity;
  if (/^[1-9]\d*$/.test(last) && Number(last) <= MOST_WANTED) return Number(last);
  throw wrong(`last: expected a whole number from 1 to ${MOST_WANTED}`);
}

const MOST_CHARACTERS = 100_000;

/** The fields of the body, which is JSON, or nothing. */
async function fieldsIn(client: ClientRequest, known: readonly string[]): Promise<Record<string, unknown>> {
  const text = await client.request.text();
  if (text.length > MOST_CHARACTERS)
    throw new MessagesError(
      'request_too_large',
      `the body: has more than ${MOST_CHARACTERS} characters; send ${known.join(' and ')} alone`,
    );
  const fields = text.trim() === '' ? {} : tryParseJson(text);
  if (!isObject(fields)) throw wrong('the body: expected a JSON object');
  checkNames(Object.keys(fields), known);
  return fields;
}

/** Without this check, a misspelt `test_id` would mean all tests. */
function checkNames(given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw wrong(`${quoted(unknown)}: no such field; there are ${known.join(' and ')}`);
}

const wrong = (message: string) => new MessagesError('invalid_request_error', message);

function textField(fields: Record<string, unknown>, name: string): string | null {
  const value = fields[name] ?? null;
  if (value === null || typeof value === 'string') return value;
  throw wrong(`${name}: expected a text`);
}

export const resetMock = forTests(async ({ client, mocking }) => {
  const fields = await fieldsIn(client, ['test_id']);
  const testId = testIn(client, textField(fields, 'test_id'));
  mocking.reset(testId);
  return jsonResponse<ResetAnswer>({ test_id: testId ?? null });
});

export const setFaults = forTests(async ({ client, mocking }) => {
  const fields = await fieldsIn(client, ['faults', 'test_id']);
  const testId = testIn(client, textField(fields, 'test_id')) ?? DEFAULT_TEST;
  const text = textField(fields, 'faults');
  if (text === null) throw wrong('faults: expected the rules, as FAULTS has them; an empty text for none');
  const rules = rulesIn(text, mocking.apiKeys());
  mocking.setFaults(testId, rules);
  return jsonResponse<FaultsAnswer>({ test_id: testId, faults: rules.map((rule) => rule.text) });
});

function rulesIn(text: string, keys: readonly string[]): FaultRule[] {
  try {
    const rules = parseFaults(text);
    checkKeys(rules, keys);
    return rules;
  } catch (error) {
    if (error instanceof FaultError) throw wrong(`faults: ${error.message}`);
    throw error;
  }
}

export const tellRequests = forTests(async ({ client, deps, mocking }) => {
  checkNames([...client.url.searchParams.keys()], ['test_id', 'last']);
  const { requests, dropped } = mocking.journal.read(testIn(client, client.url.searchParams.get('test_id')));
  const redactor = mocking.redactor.with(deps.settings.secrets);
  const shown: JournalEntry[] = [];
  for (const entry of requests.slice(-lastIn(client))) {
    // Bodies of Claude Code cost 20 ms each, and other tests wait for their answers.
    await othersFirst();
    shown.push(shownEntry(entry, redactor));
  }
  return jsonResponse<JournalAnswer>({ requests: shown, dropped }, 200, { 'cache-control': 'no-store' });
});
