/**
 * What went wrong upstream, as one of a few classes: what is told to the client, what it means for the key, and whether another
 * try may help all follow from it (wire section 6, bodies in the corpus' `errors.json`).
 */
import { hasNoQuota, isDailyQuota, statusOf } from './error-facts.ts';
import type { UpstreamError } from './errors.ts';

export type FailureClass =
  /** Google does not take the key: wrong, expired, leaked, or without the API. */
  | 'key'
  /** Out of a quota that comes back by itself, soon. */
  | 'quota-minute'
  /** Out of a quota of the day. */
  | 'quota-day'
  /** No such model, or not for this key (`limit: 0`). */
  | 'model-missing'
  /** A tool's declaration, or a schema, that Google does not take. */
  | 'schema'
  /** A thought signature that Google cannot read. */
  | 'signature'
  /** The prompt is longer than the model's window. */
  | 'context-overflow'
  /** The request itself was blocked for its content. A blocked prompt or answer is none: that is an answer. */
  | 'content-filter'
  /** A picture that Google cannot read. */
  | 'media'
  /** Google does not serve this part of the world. */
  | 'region'
  /** Everything else that the request did wrong. */
  | 'request'
  /** The connection could not be made, or broke. */
  | 'network'
  /** No answer in time. */
  | 'timeout'
  /** The model is overloaded, or a front before it. */
  | 'overloaded'
  /** Google's own mistake. */
  | 'internal'
  /** An answer that broke off, or that nothing can be made of. */
  | 'malformed';

/** Google says 400 of a bad key, and names it in the message or in the details. Without billing a key is none in some countries. */
const BAD_KEY =
  /API[ _]key not valid|API_KEY_INVALID|API key (?:has )?expired|reported as leaked|free tier is not available/i;

/** The service that Google's models have pictures read by. */
const BAD_PICTURE = /photos\.thumbnailer|Source image/i;

/** Google's sentences below 500 that mean something else than their status; the first that fits. */
const SENTENCES: readonly (readonly [RegExp, FailureClass])[] = [
  [/input token count.*exceeds the maximum number of tokens allowed/is, 'context-overflow'],
  [BAD_KEY, 'key'],
  [/User location is not supported/i, 'region'],
  [/unable to process input image|provided image is not valid/i, 'media'],
  [/thought.?signature/i, 'signature'],
  [/Responsible AI|prohibited content|blocked by (?:the )?safety/i, 'content-filter'],
  [
    /function_?declarations?\b|duplicate function|undefined schema|schema (?:produces|in GenerationConfig)/i,
    'schema',
  ],
];

/** A file or a cache of another project: the request names it, and no key or model would help. */
const OTHERS_THING = /\bfiles?\b|\bcache/i;

/** No access to one model says nothing of what the key may do with others. */
const ONE_MODEL = /\bmodels?\b/i;

export function failureClass(error: UpstreamError): FailureClass {
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
  const said = SENTENCES.find(([pattern]) => pattern.test(error.message));
  if (said) return said[1];
  switch (status) {
    case 400:
      return classByDetails(JSON.stringify(error.google?.details ?? []));
    case 401:
      return 'key';
    case 403:
      if (OTHERS_THING.test(error.message)) return 'request';
      return ONE_MODEL.test(error.message) ? 'model-missing' : 'key';
    case 404:
      return OTHERS_THING.test(error.message) ? 'request' : 'model-missing';
    case 429:
      if (hasNoQuota(error)) return 'model-missing';
      return isDailyQuota(error) ? 'quota-day' : 'quota-minute';
    default:
      return 'request';
  }
}

/** For a 400 whose message says nothing: "Request contains an invalid argument." */
function classByDetails(details: string): FailureClass {
  if (BAD_KEY.test(details)) return 'key';
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
