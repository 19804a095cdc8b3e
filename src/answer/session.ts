/** Finds the conversation that a request belongs to, as far as clients tell. */
import { sessionLabel } from '../lib/hash.ts';
import { isObject, tryParseJson } from '../lib/json.ts';

const SESSION_HEADER = 'x-claude-code-session-id';

/** A label that tells sessions apart without saying whose they are. Undefined for a client that names no session. */
export function sessionOf(headers: Headers, userId: unknown): string | undefined {
  const named = headers.get(SESSION_HEADER)?.trim() || (typeof userId === 'string' ? sessionIn(userId) : '');
  return named ? sessionLabel(named) : undefined;
}

/**
 * Reads the session in `userId`. Claude Code puts JSON there. Older versions and other clients put the name of a
 * session or of a user there.
 */
function sessionIn(userId: string): string {
  const known = tryParseJson(userId);
  const session = isObject(known) ? known['session_id'] : undefined;
  return typeof session === 'string' && session !== '' ? session : userId;
}
