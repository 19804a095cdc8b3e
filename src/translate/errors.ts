/**
 * Puts upstream's failures into words for the client. One table leads from the class of a failure to status, type,
 * advice and whether to try again (contract sections 8 and 13). Texts that clients look for are kept to the letter.
 */
import { type ErrorType, MessagesError, type MessagesErrorOptions } from '../anthropic/errors.ts';
import { retryDelaySeconds, statusOf, withoutWait } from '../gemini/error-facts.ts';
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import { overflowSaid } from '../gemini/overflow-said.ts';
import { isGoogles } from '../gemini/said.ts';

type Row = {
  /** The type of the error. The HTTP status follows from it. */
  type: ErrorType | ((error: UpstreamError) => ErrorType);
  /**
   * True where another attempt with the same request may end better. False for quota errors: the pool then waits, or
   * uses another key.
   */
  retryable: boolean;
  /** What the operator of the proxy can do. */
  guidance: string;
  /** Makes the message; by default `Gemini: ` and Google's sentence. */
  message?: (error: UpstreamError) => string;
  options?: (error: UpstreamError) => MessagesErrorOptions;
};

/** Seconds. Where the client is told to wait longer, Claude Code ends the turn at once (contract section 8). */
const LONGEST_WAIT_SECONDS = 60;
/**
 * Seconds. Where the wait is longer, the user should be told. Otherwise the user would only see the client ask again
 * every minute.
 */
const HOPELESS_SECONDS = 300;

/** The type of an error that the request caused, for each of Google's statuses for which Anthropic has a type. */
const REQUEST_TYPES: Readonly<Record<number, ErrorType>> = {
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
};

const NEVER = () => ({ shouldRetry: false });

const FAILURES = {
  key: {
    type: (error) => (statusOf(error) === 403 ? 'permission_error' : 'authentication_error'),
    retryable: false,
    guidance:
      'Google does not take the key: get one at aistudio.google.com, set GEMINI_API_KEY or API_KEYS, and check its restrictions.',
    message: ({ message }) =>
      `The proxy's Gemini key was refused: ${sentence(message)} Set a valid GEMINI_API_KEY; a changed .env is read anew.`,
    options: NEVER,
  },
  credentials: {
    type: (error) => (statusOf(error) === 403 ? 'permission_error' : 'authentication_error'),
    retryable: false,
    guidance:
      'Vertex AI does not take the credentials of Google Cloud: run `gcloud auth application-default login`, or name a file of credentials in GOOGLE_APPLICATION_CREDENTIALS; give their account the role Vertex AI User in GOOGLE_CLOUD_PROJECT, and enable the API there.',
    message: ({ message }) =>
      `The proxy's credentials of Google Cloud do not work: ${sentence(message)} Run \`gcloud auth application-default login\`, or set GOOGLE_APPLICATION_CREDENTIALS; their account needs the role Vertex AI User in GOOGLE_CLOUD_PROJECT.`,
    options: NEVER,
  },
  billing: {
    type: 'billing_error',
    retryable: false,
    guidance:
      'The project of the key has no credit left, is at its spending cap, or has no billing: see to its billing in Google AI Studio, or add a key of another project to API_KEYS.',
    message: ({ message }) =>
      `Gemini billing: ${sentence(message)} No waiting cures this: top up credit, raise the spending cap or enable billing of the key's project in Google AI Studio, or add a key of another project to API_KEYS.`,
    options: NEVER,
  },
  barred: {
    type: (error) => (statusOf(error) === 401 ? 'authentication_error' : 'permission_error'),
    retryable: false,
    guidance:
      'Something turns the request away and gives no reason that concerns the key: look at the HTTP proxy or firewall before Gemini, and at GOOGLE_GEMINI_BASE_URL.',
    message: barredMessage,
    options: NEVER,
  },
  address: {
    type: 'api_error',
    retryable: false,
    guidance:
      'What answers at the address is not Gemini: check GOOGLE_GEMINI_BASE_URL (scheme, host, port and path), and any HTTP proxy.',
    message: ({ message }) =>
      `No Gemini API answers at the address that the proxy asks (${noFullStop(message)}). Check GOOGLE_GEMINI_BASE_URL, and any HTTP proxy or sign-in page before it.`,
    // 424 (failed dependency). After a 404 Claude Code blames the model and hides this sentence, after a 400 it asks
    // six times, and after a 5xx it says "usually temporary".
    options: () => ({ status: 424, shouldRetry: false }),
  },
  'quota-minute': {
    type: 'rate_limit_error',
    retryable: false,
    guidance: "The key's quota is used up; wait, raise it, or add a key of another project to API_KEYS.",
    message: quotaMessage,
    options: untilBack,
  },
  'quota-day': {
    type: 'rate_limit_error',
    retryable: false,
    guidance:
      "The key's quota of the day is used up until midnight Pacific; raise it, or add a key of another project to API_KEYS.",
    message: dayMessage,
    // The pool knows how long the wait is. Beside a used-up quota of the day, Google's own figure is about the quota of
    // the minute.
    options: (error) => (error.kind === 'not-sent' ? untilBack(error) : NEVER()),
  },
  'model-missing': {
    type: (error) => (statusOf(error) === 429 ? 'rate_limit_error' : 'not_found_error'),
    retryable: false,
    guidance:
      'The model is not available to this key; set BIG_MODEL, SMALL_MODEL or MODEL_FALLBACKS to one that is.',
    message: (error) =>
      statusOf(error) === 429
        ? `Gemini quota: ${sentence(error.message)} The key's project has no quota for this model; it may need billing.`
        : `Gemini: ${error.message}`,
    options: (error) => (statusOf(error) === 429 ? NEVER() : {}),
  },
  schema: {
    type: 'invalid_request_error',
    retryable: false,
    guidance:
      'Gemini refuses a tool declaration, which the message names; change its schema, or leave the tool out.',
  },
  signature: {
    type: 'invalid_request_error',
    retryable: false,
    guidance: 'Gemini refuses a thought signature, and what was sent without any; begin a new session.',
  },
  thinking: {
    type: 'invalid_request_error',
    retryable: false,
    guidance:
      'The model refuses how it is told to think, and what was sent without that; map to another model.',
  },
  'context-overflow': {
    type: 'invalid_request_error',
    retryable: false,
    guidance: 'The prompt is longer than the window of the model; compact it, or map to a larger model.',
    message: overflowMessage,
  },
  'too-large': {
    type: 'request_too_large',
    retryable: false,
    guidance: 'Google takes requests of 20 MB at most: send fewer or smaller pictures and documents.',
    message: ({ message }) => `Gemini: ${sentence(message)} Send fewer or smaller pictures and documents.`,
  },
  'upload-failed': {
    type: 'api_error',
    retryable: true,
    guidance:
      "Pictures and documents that are too large for a request are uploaded to Google's Files API first, and that failed; try again later, or send less at once.",
    message: ({ message }) =>
      `The request has more than 20 MB, so its largest media are uploaded to Google first, and an upload failed: ${sentence(message)} Try again, or send fewer or smaller pictures and documents.`,
    options: ({ retryAfter }) => ({
      status: 503,
      ...(retryAfter === undefined ? {} : { retryAfter: Math.min(retryAfter, LONGEST_WAIT_SECONDS) }),
    }),
  },
  'upload-refused': {
    type: 'request_too_large',
    retryable: false,
    guidance:
      'Google takes requests of 20 MB at most, and its Files API did not take the largest media of this one: send fewer or smaller pictures and documents.',
    message: ({ message }) =>
      `The request has more than 20 MB, and Google does not take its largest media as files: ${sentence(message)} Send fewer or smaller pictures and documents.`,
  },
  'content-filter': {
    type: 'invalid_request_error',
    retryable: false,
    guidance: 'Google blocks what the request holds; change it.',
  },
  media: {
    type: 'invalid_request_error',
    retryable: false,
    guidance:
      'Google cannot read a picture of the request; leave the picture out, or send it as PNG or JPEG.',
    // After this error the client leaves the picture out and asks again (contract section 8).
    message: ({ message }) => `could not process image: ${message}`,
  },
  region: {
    type: 'permission_error',
    retryable: false,
    guidance: 'Google does not serve this region; use a key, or Vertex AI, in a supported one.',
    message: ({ message }) => `Gemini: ${sentence(message)} Use a key, or Vertex AI, in a supported region.`,
    options: NEVER,
  },
  request: {
    type: (error) => REQUEST_TYPES[statusOf(error)] ?? 'invalid_request_error',
    retryable: false,
    guidance:
      'Gemini refused the request, for the reason in the message; where it refuses all requests, check SMALL_MODEL and GOOGLE_GEMINI_BASE_URL.',
  },
  network: {
    type: (error) => (isUnreachable(error) ? 'api_error' : 'overloaded_error'),
    retryable: true,
    guidance: 'Gemini could not be reached; check the network, GOOGLE_GEMINI_BASE_URL, and any HTTP proxy.',
    message: (error) =>
      isUnreachable(error)
        ? `The proxy ${sentence(error.message)} Check its network, GOOGLE_GEMINI_BASE_URL and any HTTP proxy.`
        : `Gemini could not be reached: ${error.message}`,
    // After a 503 Claude Code goes on asking for minutes; at the third 529 in a row it ends its turn.
    options: (error) => (isUnreachable(error) ? { status: 503 } : {}),
  },
  timeout: {
    type: 'timeout_error',
    retryable: true,
    guidance: 'Gemini did not answer in time; check the network and any HTTP proxy.',
    message: ({ message }) => `Gemini did not answer in time: ${message}`,
  },
  overloaded: {
    type: ({ kind }) => (kind === 'not-sent' ? 'api_error' : 'overloaded_error'),
    retryable: true,
    guidance: 'The model is overloaded; try again later, or map to another model.',
    options: ({ kind, retryAfter }) => ({
      // 503 and not 529: Claude Code ends its turn at the third 529 in a row, which comes soon where each attempt fails
      // at once.
      ...(kind === 'not-sent' ? { status: 503 } : {}),
      ...(retryAfter === undefined ? {} : { retryAfter: Math.min(retryAfter, LONGEST_WAIT_SECONDS) }),
    }),
  },
  internal: {
    type: 'api_error',
    retryable: true,
    guidance: 'Google failed by its own account; try again, and see status.cloud.google.com.',
  },
  malformed: {
    type: 'overloaded_error',
    retryable: true,
    guidance: 'What came was no whole answer; try again, or set FORCE_DISABLE_STREAMING.',
    message: ({ message }) => `Gemini's answer was not usable: ${message}`,
  },
} satisfies Record<FailureClass, Row>;

const rowOf = (error: UpstreamError): Row => FAILURES[failureClass(error)];

/**
 * The error that the client gets for `error`. An error that is already meant for the client is returned unchanged. An
 * error that nobody expected is a bug of ours: `api_error`.
 */
export function toMessagesError(error: unknown): MessagesError {
  if (error instanceof MessagesError) return error;
  if (!(error instanceof UpstreamError)) {
    return new MessagesError('api_error', 'Internal error in the proxy; its log tells more.', {
      cause: error,
    });
  }
  const { type, message, options } = rowOf(error);
  const text = message?.(error) ?? `Gemini: ${error.message}`;
  return new MessagesError(typeof type === 'function' ? type(error) : type, text, {
    ...options?.(error),
    cause: error,
  });
}

/** True where the same request, sent again now, may end better. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind !== 'not-sent' && rowOf(error).retryable;

/** The advice for the operator of the proxy about `error`. */
export const guidanceFor = (error: unknown): string =>
  error instanceof UpstreamError ? rowOf(error).guidance : 'See the log of the proxy.';

/** The same advice by the class of a failure, and whether the same request may be answered if it is sent again. */
export function adviceFor(failure: string): { guidance: string; retryable: boolean } | undefined {
  return Object.hasOwn(FAILURES, failure) ? FAILURES[failure as FailureClass] : undefined;
}

const sentence = (text: string): string => (/[.!?]\s*$/.test(text) ? text.trimEnd() : `${text}.`);
const noFullStop = (text: string): string => text.trimEnd().replace(/\.$/, '');

/**
 * The message for a prompt that is too long. At exactly these words Claude Code compacts, and it reads the numbers in
 * them.
 */
function overflowMessage({ message }: UpstreamError): string {
  const { tokens, maximum } = overflowSaid(message) ?? {};
  return tokens !== undefined && maximum !== undefined
    ? `prompt is too long: ${tokens} tokens > ${maximum} maximum`
    : `prompt is too long: ${message}`;
}

function barredMessage(error: UpstreamError): string {
  if (isGoogles(error)) return `Gemini: ${error.message}`;
  return `The request was turned away before it reached Gemini (${noFullStop(error.message)}): by a proxy, a firewall or what GOOGLE_GEMINI_BASE_URL names. It says nothing of the Gemini key.`;
}

function quotaMessage({ message }: UpstreamError): string {
  return `Gemini quota: ${message}`;
}

/** Beside a used-up day Google tells the wait for a minute. The pool's own words say when the day is over. */
function dayMessage(error: UpstreamError): string {
  if (error.kind === 'not-sent') return quotaMessage(error);
  return `Gemini quota: ${sentence(withoutWait(error.message))} The key's quota of the day is used up until midnight Pacific: add a key of another project to API_KEYS, or map to another model.`;
}

/**
 * How long the client should wait. A client that is told to wait for more than a minute gives up, so it is told to ask
 * again in one minute.
 */
function untilBack(error: UpstreamError): MessagesErrorOptions {
  // The pool's figure is current. A sentence of Google's that the pool quotes is old by now, and so is its figure.
  const said = error.kind === 'not-sent' ? undefined : retryDelaySeconds(error.google, error.message);
  const wait = said ?? error.retryAfter;
  if (wait === undefined) return {};
  return wait > HOPELESS_SECONDS
    ? { shouldRetry: false }
    : { retryAfter: Math.min(wait, LONGEST_WAIT_SECONDS) };
}
