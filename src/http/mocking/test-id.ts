/** The name of a test, by which its requests are kept apart from those of others. */
import { MessagesError } from '../../anthropic/errors.ts';
import { quoted } from '../../lib/shown-text.ts';
import type { Mocking } from './mocking.ts';

export const TEST_ID_HEADER = 'x-test-id';
/** Requests without the header. */
export const DEFAULT_TEST = 'default';

const MOST_CHARACTERS = 128;
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** The same for the description of the API. */
export const TEST_ID_SCHEMA = {
  minLength: 1,
  maxLength: MOST_CHARACTERS,
  pattern: PRINTABLE.source,
} as const;

const isTestId = (name: string): boolean => name.length <= MOST_CHARACTERS && PRINTABLE.test(name);

/** Throws where `name` is no name for a test. `where` says what has given it. */
export function checkTestId(name: string, where: string): string {
  if (isTestId(name)) return name;
  throw new MessagesError(
    'invalid_request_error',
    `${where}: ${quoted(name)} is no name for a test; send 1 to ${MOST_CHARACTERS} printable characters of ASCII`,
  );
}

/** Throws where the request cannot be kept apart from those of other tests, as it asks. */
export function checkTest(
  { headers }: Pick<Request, 'headers'>,
  { isAlone }: Pick<Mocking, 'isAlone'>,
): void {
  const name = headers.get(TEST_ID_HEADER);
  if (name === null) return;
  checkTestId(name, TEST_ID_HEADER);
  checkAlone(isAlone, TEST_ID_HEADER);
}

/** Throws where several processes serve, each of which knows only the requests that it has got. */
export function checkAlone(isAlone: boolean, what: string): void {
  if (isAlone) return;
  throw new MessagesError(
    'invalid_request_error',
    `${what}: several processes serve this port, and each knows only a part; start the mock with WORKERS=1`,
    { shouldRetry: false },
  );
}

/** The test to which a request belongs. A request with a wrong name is refused, and stands in the journal of `default`. */
export function testIdOf({ headers }: Pick<Request, 'headers'>): string {
  const name = headers.get(TEST_ID_HEADER);
  return name !== null && isTestId(name) ? name : DEFAULT_TEST;
}
