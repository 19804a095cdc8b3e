/** How many items a page of a list has, as Anthropic's lists have it. */
import { MessagesError } from '../../anthropic/errors.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

/** The number of `limit` in a query, `text`; null where the query has none. Throws a 400 where it is none from 1 to 1000. */
export function readPageLimit(text: string | null): number {
  const limit = text === null ? DEFAULT_LIMIT : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new MessagesError(
    'invalid_request_error',
    `limit: Input should be an integer from 1 to ${MAX_LIMIT}`,
  );
}
