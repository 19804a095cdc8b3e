/** What a failure says about the key with which the request was sent (wire section 6). */
import { retryDelaySeconds } from '../gemini/error-facts.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { KeyTrouble } from './keys.ts';

export type KeyVerdict =
  /** The failure says nothing of the key: the request is at fault, or nothing was sent. */
  | { kind: 'blameless' }
  /** The model, or the way to the model with this key, is in trouble. The failure counts for the breaker. */
  | { kind: 'trouble' }
  /** A quota is used up, and will be back after `ms`. */
  | { kind: 'wait'; ms: number }
  /** A quota is used up; nobody says when it comes back. */
  | { kind: 'backoff' }
  /** A quota of the day is used up. */
  | { kind: 'day' }
  /** This key has no access to the model. */
  | { kind: 'denied' }
  /** No request with this key will work until somebody mends the key or its project. */
  | { kind: 'invalid'; why: KeyTrouble }
  /** Google turned the request away without a reason. It may take the request with another key. */
  | { kind: 'unclear' };

export function keyVerdict(error: unknown): KeyVerdict {
  if (!(error instanceof UpstreamError) || error.kind === 'unreachable') return { kind: 'blameless' };
  const failure = failureClass(error);
  switch (failure) {
    case 'key':
    case 'billing':
      return { kind: 'invalid', why: failure };
    case 'credentials':
      return { kind: 'invalid', why: 'key' };
    case 'barred':
      return { kind: 'unclear' };
    case 'model-missing':
      return { kind: 'denied' };
    case 'quota-day':
      return { kind: 'day' };
    case 'quota-minute': {
      const seconds = retryDelaySeconds(error.google, error.message) ?? error.retryAfter;
      return seconds === undefined ? { kind: 'backoff' } : { kind: 'wait', ms: seconds * 1000 };
    }
    case 'network':
    case 'timeout':
    case 'overloaded':
    case 'internal':
      return { kind: 'trouble' };
    default:
      return { kind: 'blameless' };
  }
}
