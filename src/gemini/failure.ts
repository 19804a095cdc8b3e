/**
 * Finds the class of an upstream failure (wire section 6; bodies in the corpus' `errors.json`). An error that Google
 * itself wrote is believed. An error of a gateway that answers in Google's place only means that the request was turned
 * away (why: docs/decisions/0038-who-is-believed.md).
 */
import { hasNoQuota, isDailyQuota, isUnpaid, statusOf } from './error-facts.ts';
import type { UpstreamError } from './errors.ts';
import type { FailureClass } from './failure-class.ts';
import { overflowSaid } from './overflow-said.ts';
import { isGoogles, ownWords, reasonsOf } from './said.ts';

/**
 * Reasons of `google.api.ErrorReason` that hold for every request with this key, one of Gemini Code Assist, and one of
 * the mock.
 */
const REASONS: Readonly<Record<string, FailureClass>> = {
  API_KEY_INVALID: 'key',
  API_KEY_EXPIRED: 'key',
  API_KEY_SERVICE_BLOCKED: 'key',
  API_KEY_HTTP_REFERRER_BLOCKED: 'key',
  API_KEY_IP_ADDRESS_BLOCKED: 'key',
  API_KEY_ANDROID_APP_BLOCKED: 'key',
  API_KEY_IOS_APP_BLOCKED: 'key',
  SERVICE_DISABLED: 'key',
  CONSUMER_INVALID: 'key',
  CONSUMER_SUSPENDED: 'key',
  GCP_SUSPENDED: 'key',
  USER_PROJECT_DENIED: 'key',
  ACCOUNT_STATE_INVALID: 'key',
  CREDENTIALS_MISSING: 'key',
  ACCESS_TOKEN_EXPIRED: 'key',
  ACCESS_TOKEN_TYPE_UNSUPPORTED: 'key',
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: 'key',
  BILLING_DISABLED: 'billing',
  // A 429 that is about no quota: gateways that sign in as Gemini CLI does hand it on.
  MODEL_CAPACITY_EXHAUSTED: 'overloaded',
  // The mock's own, where `MOCK_STRICT` is set: about the request, not about the key.
  NO_SCENARIO: 'request',
};

/**
 * Sentences of Google's about a key that come without a reason. Each must be at the beginning of the message: later in
 * a message it would be a quotation.
 */
const KEY_SAID = [
  /^API[ _]key (?:not valid|not found|(?:has )?expired)\b/i,
  /^(?:Your|The) (?:provided )?API key (?:was|has been) (?:reported as leaked|disabled|revoked|suspended)/i,
  /^(?:Permission denied: )?Consumer '[^']*' has been suspended/i,
  /^Your project has been denied access/i,
  /^Method doesn't allow unregistered callers/i,
  /^API keys are not supported by this API/i,
  /^Request (?:had invalid|is missing required) authentication credential/i,
  /^[\w ()-]{1,80} API has not been used in project \S+ before or it is disabled/i,
  /^Requests? (?:from|to) [^"]{1,120} (?:is|are) blocked/i,
];

/** Matches messages of Google's service that reads pictures for the models. */
const BAD_PICTURE = /photos\.thumbnailer|Source image/i;
const BAD_REGION = /User location is not supported/i;

/**
 * Sentences that say more than their status (below 500), whoever wrote them. The first that matches counts. None of
 * them blames a key or a model.
 */
const SENTENCES: readonly (readonly [RegExp, FailureClass])[] = [
  [
    /(?:payload|request|body|inline.?data|message)(?: payload| body)? (?:size )?(?:exceeds the (?:size )?limit|(?:is )?too large)/i,
    'too-large',
  ],
  [BAD_REGION, 'region'],
  [/unable to process input image|provided image is not valid/i, 'media'],
  [/thought.?signature/i, 'signature'],
  [/Responsible AI|prohibited content|blocked by (?:the )?safety/i, 'content-filter'],
  [
    /function_?declarations?\b|duplicate function|undefined schema|\bschema (?:produces|at|in GenerationConfig|properties)\b|\bat (?:top-level|properties\.\S+) must be\b|unrecognized type|ref loops?|\bref '[^']{1,200}' was set alongside/i,
    'schema',
  ],
  [
    /thinking[ _.]?(?:level|budget|config)|\bbudget -?\d+ is invalid|thinking mode|\bthinking is (?:only|not)\b|not support thinking|include_?thoughts\b/i,
    'thinking',
  ],
];

/** Matches messages about a file or a cache of another project: no other key or model would help. */
const OTHERS_THING = /\bfiles?\b|\bcache/i;

/** Matches messages about one model: a key without access to that model may still use other models. */
const ONE_MODEL = /\bmodels?\b/i;

/** Matches Google's sentence about an unknown model. Some gateways pass it on without the name of Google's status. */
const MODEL_NOT_FOUND = /^models\/\S+ is not found\b|^Publisher Model \S+ (?:was )?not found/i;

export function failureClass(error: UpstreamError): FailureClass {
  if (error.means !== undefined) return error.means;
  switch (error.kind) {
    case 'network':
    case 'timeout':
    case 'malformed':
      return error.kind;
    case 'unreachable':
      return 'network';
    case 'truncated':
    case 'unusable':
      return 'malformed';
    case 'status':
    case 'stream':
    case 'not-sent':
      return classByStatus(statusOf(error), error);
  }
}

function classByStatus(status: number, error: UpstreamError): FailureClass {
  if (status >= 500 || status === 408 || status === 499) return classOfTrouble(status);
  // Redirects are not followed: Gemini sends none, and a key must not be sent to a sign-in page.
  if (status < 400) return 'address';
  const byReason = reasonsOf(error).map((reason) => REASONS[reason]);
  const said = byReason.find((one) => one !== undefined) ?? classBySentence(status, error);
  return said ?? (isGoogles(error) ? classOfGoogles : classOfFront)(status, error);
}

function classBySentence(status: number, error: UpstreamError): FailureClass | undefined {
  const own = ownWords(error);
  const isNumbered = isGoogles(error) || error.google?.code === status;
  if (isNumbered && KEY_SAID.some((pattern) => pattern.test(own.trim()))) return 'key';
  if (isNumbered && (status === 402 || isUnpaid(error))) return 'billing';
  if (status === 413) return 'too-large';
  if (status !== 429 && overflowSaid(own)) return 'context-overflow';
  if (status === 404 && MODEL_NOT_FOUND.test(own)) return 'model-missing';
  return SENTENCES.find(([pattern]) => pattern.test(own))?.[1];
}

function classOfGoogles(status: number, error: UpstreamError): FailureClass {
  switch (status) {
    case 400:
      return classByDetails(JSON.stringify(error.google?.details ?? []));
    case 401:
      return 'key';
    case 403:
      if (OTHERS_THING.test(error.message)) return 'request';
      return ONE_MODEL.test(ownWords(error)) ? 'model-missing' : 'barred';
    case 404:
      return OTHERS_THING.test(error.message) ? 'request' : 'model-missing';
    case 429:
      return classOfQuota(error);
    default:
      return 'request';
  }
}

/** The class of an error that a gateway wrote. Its text says nothing for certain about a key or a model. */
function classOfFront(status: number, error: UpstreamError): FailureClass {
  switch (status) {
    case 401:
    case 403:
    case 407:
    case 451:
      return 'barred';
    case 404:
    case 405:
    case 410:
      return 'address';
    case 429:
      // A gateway may limit requests by itself, so waiting helps.
      return error.google?.code === status ? classOfQuota(error) : 'quota-minute';
    default:
      return 'request';
  }
}

function classOfQuota(error: UpstreamError): FailureClass {
  if (hasNoQuota(error)) return 'model-missing';
  return isDailyQuota(error) ? 'quota-day' : 'quota-minute';
}

/** The class of a 400 whose message says nothing: "Request contains an invalid argument." */
function classByDetails(details: string): FailureClass {
  if (BAD_REGION.test(details)) return 'region';
  return BAD_PICTURE.test(details) ? 'media' : 'request';
}

function classOfTrouble(status: number): FailureClass {
  switch (status) {
    case 408:
    case 504:
      return 'timeout';
    case 503:
    case 529:
      return 'overloaded';
    default:
      return 'internal';
  }
}
