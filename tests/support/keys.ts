/** Keys that need no network: what a pool does with them is its own affair. */
import type { Backend } from '../../src/backend/backend.ts';
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { Json } from '../../src/lib/json.ts';

export function keyNamed(keyFingerprint: string): Backend {
  const unused = () => Promise.reject(new Error('not asked here'));
  return { kind: 'gemini', keyFingerprint, generate: unused, countTokens: unused };
}

export const refusal = (status: number, message = 'refused', details: Json[] = []): UpstreamError =>
  new UpstreamError('status', message, { status, google: { code: status, message, details } });

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
