/** One candidate is asked for. Where others come all the same, nothing of theirs belongs to the answer. */
import { isObject } from '../lib/json.ts';
import type { Candidate } from './wire.ts';

/** True for the candidate that was asked for. An index that is no number counts as absent. */
export const isFirst = (candidate: Readonly<Record<string, unknown>>): boolean =>
  (Number(candidate['index']) || 0) === 0;

/** The candidate of a chunk that was asked for; undefined for a chunk that has none. */
export const firstCandidate = ({ candidates }: { candidates?: unknown }): Candidate | undefined =>
  Array.isArray(candidates) ? candidates.filter(isObject).find(isFirst) : undefined;

/** True for a chunk with a call that has an id. */
export const givesCallIds = (chunk: { candidates?: unknown }): boolean => {
  const parts: unknown = firstCandidate(chunk)?.content?.parts;
  return Array.isArray(parts) && parts.some((part) => isObject(part) && hasCallId(part['functionCall']));
};

const hasCallId = (call: unknown): boolean => isObject(call) && typeof call['id'] === 'string';
