/** What a failure says of the key that was asked with (wire section 6). */
import { hasNoQuota, isDailyQuota, retryDelaySeconds, statusOf } from '../gemini/error-facts.ts';
import { UpstreamError } from '../gemini/errors.ts';

export type KeyVerdict =
  /** The key is as good as before: the request, the model or the connection is at fault. */
  | { kind: 'blameless' }
  /** Out of a quota that comes back after `ms`. */
  | { kind: 'wait'; ms: number }
  /** Out of a quota; when it comes back is not told. */
  | { kind: 'backoff' }
  /** Out of a quota of the day. */
  | { kind: 'day' }
  /** This key has no access to the model. */
  | { kind: 'denied' }
  /** No request with this key will work. */
  | { kind: 'invalid' };

const BLAMELESS: KeyVerdict = { kind: 'blameless' };

/** Google says 400 of a bad key. */
const BAD_KEY = /API[ _]key not valid|API_KEY_INVALID|API key (?:has )?expired|reported as leaked/i;
/** A file of another project: the request names it, and no key of ours would be let in more than another. */
const FILE_REFUSED = /\bfiles?\b/i;
/** A region is refused, whatever the key. */
const REGION_REFUSED = /location is not supported/i;

export function keyVerdict(error: unknown): KeyVerdict {
  if (!(error instanceof UpstreamError) || (error.kind !== 'status' && error.kind !== 'stream'))
    return BLAMELESS;
  if (REGION_REFUSED.test(error.message)) return BLAMELESS;
  switch (statusOf(error)) {
    case 400:
      return BAD_KEY.test(error.message) || BAD_KEY.test(JSON.stringify(error.google?.details ?? []))
        ? { kind: 'invalid' }
        : BLAMELESS;
    case 401:
      return { kind: 'invalid' };
    case 403:
      return FILE_REFUSED.test(error.message) ? BLAMELESS : { kind: 'invalid' };
    case 429:
      return quotaVerdict(error);
    default:
      return BLAMELESS;
  }
}

function quotaVerdict(error: UpstreamError): KeyVerdict {
  if (hasNoQuota(error)) return { kind: 'denied' };
  if (isDailyQuota(error)) return { kind: 'day' };
  const seconds = retryDelaySeconds(error.google, error.message) ?? error.retryAfter;
  return seconds === undefined ? { kind: 'backoff' } : { kind: 'wait', ms: seconds * 1000 };
}
