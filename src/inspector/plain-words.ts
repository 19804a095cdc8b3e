/**
 * The words for a person who asks what happened to a request. The codes stand beside them, since people search for codes:
 * in the log, in the docs, on the web.
 */
import type { ErrorType } from '../anthropic/errors.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { Repair } from '../gemini/frames.ts';
import { adviceFor } from '../translate/errors.ts';
import type { WarningCode } from '../translate/warnings.ts';

/** What became of something in the request or in the answer. */
const CHANGED = {
  'field-ignored': 'A field was left out',
  'value-clamped': 'A value was set to the nearest one that the model takes',
  'content-changed': 'Content was left out, or sent in another form',
  'history-repaired': 'The conversation was put in order',
  'tool-changed': 'A tool’s declaration was rewritten or left out',
  signature: 'A thought or a signature was left out',
  'stand-in-signature': 'A lost signature of a thought was replaced by a stand-in',
  'upstream-unknown': 'Gemini sent something that is not known here',
  'frame-repaired': 'A broken piece of Gemini’s stream was repaired',
  budget: 'A budget is nearly used up',
} as const satisfies Record<WarningCode, string>;

const REPAIRED = {
  'byte-order-mark': 'it began with a byte order mark',
  'no-final-blank-line': 'the blank line at its end was missing',
  'bare-json': 'it came without the frame of an event',
  'joined-events': 'several events had come as one',
  'broken-event': 'one event had come in several pieces',
  'stray-comma': 'it had commas with nothing between them',
} as const satisfies Record<Repair, string>;

const FAILED = {
  key: 'Google refused the key',
  credentials: 'Google Cloud refused the credentials',
  billing: 'the project has no money left',
  barred: 'the request was turned away without a reason',
  address: 'the address is not Gemini’s',
  'quota-minute': 'the quota of a minute was used up',
  'quota-day': 'the quota of the day was used up',
  'model-missing': 'the key has no such model',
  schema: 'Gemini refused the declaration of a tool',
  signature: 'Gemini could not read a signature of a thought',
  thinking: 'the model refused the setting for thinking',
  'context-overflow': 'the prompt is longer than the model can read',
  'too-large': 'the request has more bytes than Google takes',
  'upload-failed': 'large media could not be uploaded',
  'upload-refused': 'Google refused large media',
  'content-filter': 'the content was blocked',
  media: 'Google could not read a picture',
  region: 'Google does not serve this region',
  request: 'Gemini refused the request',
  network: 'the connection broke',
  timeout: 'no answer came in time',
  overloaded: 'the model was overloaded',
  internal: 'Google made a mistake',
  malformed: 'the answer broke off, or made no sense',
} as const satisfies Record<FailureClass, string>;

const TOLD = {
  invalid_request_error: 'the request is not valid',
  authentication_error: 'the key is wrong or missing',
  billing_error: 'there is no money left',
  permission_error: 'this is not allowed',
  not_found_error: 'there is no such thing',
  conflict_error: 'this does not fit what there is',
  request_too_large: 'the request is too large',
  rate_limit_error: 'a limit was reached',
  api_error: 'something went wrong here or at Google',
  timeout_error: 'no answer came in time',
  overloaded_error: 'there is too much to do',
} as const satisfies Record<ErrorType, string>;

/** What to do about an error for which no failure of upstream is to blame. */
const ADVICE = {
  invalid_request_error: 'Change in the request what the message names, and send it again.',
  authentication_error: 'Give the client the key of PROXY_API_KEY, or one of CLIENT_KEYS.',
  billing_error: 'See to the budget or the billing that the message names.',
  permission_error: 'See the message: another key, or another setting of the proxy, may allow this.',
  not_found_error: 'Correct the name or the id that the message names; GET /v1/models lists the models.',
  conflict_error: 'Ask for the present state first, and try again with that.',
  request_too_large: 'Send less at once: fewer or smaller pictures, documents or messages.',
  rate_limit_error:
    'Wait as long as the message says, or raise the limit: CLIENT_KEYS has those of clients, DAILY_BUDGET_USD that of the day.',
  api_error: 'Send it again; where that fails too, the log of the proxy tells more.',
  timeout_error: 'Send it again; where that fails too, raise REQUEST_TIMEOUT.',
  overloaded_error: 'Send it again in a moment; STREAMS_MAX limits how many answers may be under way.',
} as const satisfies Record<ErrorType, string>;

const AGAIN = 'The same request, sent again, may be answered.';

/** What to do about an error, by the class of the failure or else by its type. The first is what a test of a key says. */
export function adviceWords(failure: string | undefined, type: string): string | undefined {
  const advice = failure === undefined ? undefined : adviceFor(failure);
  if (!advice) return wordsIn(ADVICE, type);
  return advice.retryable ? `${advice.guidance} ${AGAIN}` : advice.guidance;
}

/** Failures of which the page of keys says until when they last. */
const OF_KEYS: ReadonlySet<string | undefined> = new Set<FailureClass>([
  'key',
  'billing',
  'quota-minute',
  'quota-day',
  'model-missing',
  'overloaded',
]);

export const isOfKeys = (failure: string | undefined): boolean => OF_KEYS.has(failure);

const wordsIn = (table: Readonly<Record<string, string>>, code: string): string | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined;

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** The words for the class of a failure, or for the type of an error; undefined for one that is not known here. */
export const failureWords = (code: string): string | undefined =>
  wordsIn(FAILED, code) ?? wordsIn(TOLD, code);

/** `The prompt is longer than the model can read: 1104233 tokens … (context-overflow)` */
export function errorWords(code: string, message: string): string {
  const words = failureWords(code);
  return words === undefined ? `${code}: ${message}` : `${capital(words)}: ${message} (${code})`;
}

/** `The request is not valid (invalid_request_error)` */
export function codeWords(code: string): string {
  const words = failureWords(code);
  return words === undefined ? code : `${capital(words)} (${code})`;
}

/** What a warning is about, in a sentence. */
export const warningWords = (code: string): string => wordsIn(CHANGED, code) ?? code;

/** The detail of a warning; where it is a code of its own, in words, with the code beside it. */
export function detailWords(code: string, detail: string): string {
  const repair = code === 'frame-repaired' ? wordsIn(REPAIRED, detail) : undefined;
  return repair === undefined ? detail : `${repair} (${detail})`;
}

/** `A field was left out: top_k, gemini-4-argon does not take it (field-ignored)` */
export function changeWords(code: string, path: string, detail: string): string {
  const repair = code === 'frame-repaired' ? wordsIn(REPAIRED, detail) : undefined;
  if (repair !== undefined) return `${warningWords(code)}: ${repair} (${code}: ${detail})`;
  const place = path === 'answer' ? '' : `${path}, `;
  return `${warningWords(code)}: ${place}${detail} (${code})`;
}
