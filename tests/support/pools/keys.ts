/** Keys that need no network, for tests of what a pool does with them. */

import { UpstreamError } from '../../../src/gemini/errors.ts';
import type { Json } from '../../../src/lib/json.ts';
import type { Backend } from '../../../src/upstream/backend.ts';

export function keyNamed(keyFingerprint: string): Backend {
  const unused = () => Promise.reject(new Error('not asked here'));
  return { kind: 'gemini', keyFingerprint, generate: unused, countTokens: unused };
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Google's error, as it writes one. */
export const refusal = (code: number, message = 'refused', details: Json[] = []): UpstreamError => {
  const status = STATUS_NAMES[code];
  const google = { code, message, details, ...(status === undefined ? {} : { status }) };
  return new UpstreamError('status', message, { status: code, google });
};

/** A gateway's answer in Google's place: a page, whose text is not kept. */
export const page = (status: number): UpstreamError =>
  new UpstreamError('status', `HTTP ${status}`, { status });

export const quotaFailure = (quotaId: string): Json => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId }],
});

export const retryInfo = (retryDelay: string): Json => ({
  '@type': 'type.googleapis.com/google.rpc.RetryInfo',
  retryDelay,
});

export const perDay = (): UpstreamError =>
  refusal(429, 'Quota exceeded', [
    retryInfo('47s'),
    quotaFailure('GenerateRequestsPerDayPerProjectPerModel-FreeTier'),
  ]);
export const perMinute = (seconds: number): UpstreamError =>
  refusal(429, `Quota exceeded. Please retry in ${seconds}s.`, [
    quotaFailure('GenerateContentInputTokensPerModelPerMinute-FreeTier'),
  ]);
export const bare = (): UpstreamError => refusal(429, 'Resource has been exhausted (e.g. check quota).');
export const noQuota = (): UpstreamError => refusal(429, 'Quota exceeded for metric: x, limit: 0, model: y');
export const badKey = (): UpstreamError => refusal(400, 'API key not valid. Please pass a valid API key.');
