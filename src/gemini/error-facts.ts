/**
 * Reads facts from an UpstreamError: its status, how long to wait, which quotas it is about, and whether money is
 * missing.
 */
import { isObject } from '../lib/json.ts';
import type { UpstreamError } from './errors.ts';
import { isGoogles, ownWords, STATUS_CODES } from './said.ts';
import { durationSeconds, retryInfoSeconds } from './waits.ts';
import type { GoogleError } from './wire.ts';

/**
 * The HTTP status: of the error response itself (kind `status`), or the status that an error inside a stream (kind
 * `stream`) corresponds to.
 */
export function statusOf({ kind, status, google }: UpstreamError): number {
  if (kind === 'status' && status !== undefined) return status;
  const named = STATUS_CODES[google?.status ?? ''] ?? 500;
  // An error object inside a stream may hold gRPC's code (14) instead of an HTTP status.
  return status !== undefined && status >= 400 ? status : named;
}

/**
 * The seconds to wait, rounded up to whole seconds: Google cuts off the fraction of `retryDelay`, so a retry after
 * exactly that time would come too early.
 */
export function retryDelaySeconds(google: GoogleError | undefined, message: string): number | undefined {
  const said = durationSeconds(/(?:retry in|resets? (?:in|after)) (\S+)/i.exec(message)?.[1] ?? '');
  if (said !== undefined) return said;
  for (const detail of google?.details ?? []) {
    if (!isObject(detail)) continue;
    const { retryDelay, metadata } = detail;
    const delay = retryDelay ?? (isObject(metadata) ? metadata['quotaResetDelay'] : undefined);
    const seconds = typeof delay === 'string' ? retryInfoSeconds(delay) : undefined;
    if (seconds !== undefined) return seconds + 1;
  }
  return undefined;
}

/** Google's sentence without the time that it names, which is for another quota, or is old by now. */
export const withoutWait = (message: string): string =>
  message.replace(/\s*Please retry in [\d.hms]+/gi, '').trim();

const detailsOf = ({ google }: UpstreamError): string => JSON.stringify(google?.details ?? []);

/**
 * True for a used-up quota of the day. It comes back at midnight, even if the error also names a shorter `retryDelay`
 * (python-genai #2044).
 */
export const isDailyQuota = (error: UpstreamError): boolean =>
  /PerDay/i.test(detailsOf(error)) || /\bper day\b/i.test(ownWords(error));

/**
 * True where the project of this key has no access to the model at all: its quota is `limit: 0`, or it has no free tier
 * for the model.
 */
export const hasNoQuota = (error: UpstreamError): boolean =>
  /limit: 0\b(?!\.\d)|doesn't have a free quota tier/.test(ownWords(error)) ||
  /"quota(?:Value|_limit_value)":"?0"?[,}]/.test(detailsOf(error));

/**
 * Matches messages about missing money: prepaid credit, a spending cap, an account that does not pay. The usual "check
 * your plan and billing details" of a quota error does not count.
 */
const UNPAID =
  /\bprepa(?:id|yment)\b|\bcredits? (?:balance )?(?:is|are|has been|have been) (?:depleted|exhausted|used up|too low)|\b(?:out of|insufficient|not enough|no remaining) (?:credits?|funds|balance)|\b(?:spend(?:ing)?|budget|billing)(?: hard)? (?:cap|limit)|\bbilling (?:account )?[^.]{0,60}(?:disabled|not enabled|closed|not active|inactive|suspended|delinquent)|\bdunning\b/i;

/** Matches other words about billing. In the message of a quota error these words are only advice. */
const NEEDS_BILLING = /\b(?:requires?|enable) billing\b|free tier is not available/i;

/** True where waiting does not help, because the person who pays for the project has to do something. */
export function isUnpaid(error: UpstreamError): boolean {
  const own = ownWords(error);
  if (UNPAID.test(own)) return true;
  if (statusOf(error) !== 429) return NEEDS_BILLING.test(own);
  const details = detailsOf(error);
  // This is a limit of zero for the whole project. A limit of zero for one model would say nothing about the other
  // models.
  return isGoogles(error) && /"quota_limit_value":"?0"?[,}]/.test(details) && !/PerModel/i.test(details);
}
