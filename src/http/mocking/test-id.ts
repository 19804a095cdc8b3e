/** The name of a test, by which its requests are kept apart from those of others. */
import { MessagesError } from '../../anthropic/errors.ts';
import { quoted } from '../../lib/shown-text.ts';

export const TEST_ID_HEADER = 'x-test-id';
/** Requests without the header. */
export const DEFAULT_TEST = 'default';

const MOST_CHARACTERS = 128;
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Throws where `name` is no name for a test. `where` says what has given it. */
export function checkTestId(name: string, where: string): string {
  if (name.length <= MOST_CHARACTERS && PRINTABLE.test(name)) return name;
  throw new MessagesError(
    'invalid_request_error',
    `${where}: ${quoted(name)} is no name for a test; send 1 to ${MOST_CHARACTERS} printable characters of ASCII`,
  );
}

/** The test to which a request belongs. */
export const testIdOf = ({ headers }: Pick<Request, 'headers'>): string =>
  headers.get(TEST_ID_HEADER) ?? DEFAULT_TEST;
