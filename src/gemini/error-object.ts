/** Reads the error in an object that came in place of an answer: Google's, or a gateway's. */
import { isObject, tryParseJson } from '../lib/json.ts';
import { MAX_MESSAGE } from './limits.ts';
import { STATUS_CODES } from './said.ts';
import type { GoogleError } from './wire.ts';

/** A gateway behind a gateway wraps an error that is wrapped already. */
const MOST_WRAPPERS = 3;
/** What Google's SDK writes before the body of an error. */
const SDK_PREFIX = /^\s*(?:got status: [^{[]{0,80})?(?=[{[])/;
/** What a gateway writes before it. Google itself may quote a text of the client's after such words. */
const GATEWAY_PREFIX = /^[^{]{0,160}?(?=\[?\s{0,20}\{)/;

/**
 * The error in an object: `{"error": {…}}`, `{"error": "text"}`, or the status object itself. Where its message ends in
 * another error as JSON, a gateway has wrapped Google's whole body: then it is that error.
 */
export function errorIn(value: Record<string, unknown>): GoogleError | undefined {
  let found = outermost(value);
  for (let wrapper = 0; found && wrapper < MOST_WRAPPERS; wrapper++) {
    const inner = wrappedIn(found);
    if (!inner) break;
    found = inner;
  }
  return found && wellTyped(found);
}

type Fields = Record<string, unknown>;

function outermost(value: Fields): Fields | undefined {
  const { error, code, message } = value;
  if (isObject(error)) return error;
  if (typeof error === 'string') return { message: error };
  return typeof code === 'number' && typeof message === 'string' ? value : undefined;
}

function wrappedIn({ message, status }: Fields): Fields | undefined {
  if (typeof message !== 'string' || message.length > MAX_MESSAGE) return undefined;
  const isGoogles = typeof status === 'string' && STATUS_CODES[status] !== undefined;
  const [prefix] = (isGoogles ? SDK_PREFIX : GATEWAY_PREFIX).exec(message) ?? [];
  if (prefix === undefined) return undefined;
  const body = tryParseJson(message.slice(prefix.length));
  const [value] = Array.isArray(body) ? (body as unknown[]) : [body];
  return isObject(value) ? outermost(value) : undefined;
}

/** A text of an error, cut: such texts are searched with several patterns, some more than once. */
const cut = (text: string): string => text.slice(0, MAX_MESSAGE);

const isReadable = (details: unknown): boolean =>
  Array.isArray(details) && JSON.stringify(details).length <= MAX_MESSAGE;

/**
 * The error with fields of Google's types only. Gateways write error objects of their own; a field of another type is
 * treated as absent.
 */
function wellTyped(error: Fields): GoogleError {
  const { code, message, status, details } = error;
  return {
    ...error,
    ...(typeof code === 'number' || code === undefined ? {} : { code: Number(code) || 0 }),
    ...(message === undefined
      ? {}
      : { message: cut(typeof message === 'string' ? message : JSON.stringify(message)) }),
    ...(status === undefined ? {} : { status: typeof status === 'string' ? cut(status) : '' }),
    ...(details === undefined ? {} : { details: isReadable(details) ? details : [] }),
  } as GoogleError;
}
