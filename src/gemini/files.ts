/** Files of Google's Files API: bytes that lie at Google, belong to the project of a key, and are gone after 48 hours. */
import { isObject, tryParseJson } from '../lib/json.ts';
import type { UpstreamError } from './errors.ts';

export type FileState = 'processing' | 'active' | 'failed';

export type GeminiFile = {
  /** `files/…` */
  name: string;
  uri: string;
  state: FileState;
  /** Why Google could not process it. */
  problem: string | undefined;
  /** Milliseconds since the epoch; undefined where Google does not say when it is gone. */
  expiresAt: number | undefined;
};

const STATES: Readonly<Record<string, FileState>> = { PROCESSING: 'processing', FAILED: 'failed' };

/** Reads a file, alone or as the member `file` of `text`. Undefined where `text` tells of none. */
export function readGeminiFile(text: string): GeminiFile | undefined {
  const value = tryParseJson(text);
  const file = isObject(value) && isObject(value['file']) ? value['file'] : value;
  if (!isObject(file)) return undefined;
  const { name, uri, state, error, expirationTime } = file;
  if (typeof name !== 'string' || !NAME.test(name) || typeof uri !== 'string' || uri === '') return undefined;
  const expiresAt = Date.parse(String(expirationTime));
  return {
    name,
    uri,
    state: STATES[String(state)] ?? 'active',
    problem: isObject(error) && typeof error['message'] === 'string' ? error['message'] : undefined,
    expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
  };
}

/** A name becomes a part of an address, so nothing else may be in it. */
const NAME = /^files\/[\w-]{1,100}$/;

/** Google says the same of a file that it has removed, of one of another project, and of one that never was. */
const FORGOTTEN =
  /\bfiles?\b.{0,200}\b(?:may not exist|not (?:be )?found|does not exist|expired)|\bnot found\b.{0,80}\bfiles?\b/is;
const NOT_ACTIVE = /\bfile\b.{0,200}\bnot in an ACTIVE state/is;

/** True where Google does not have a file any more that the request names. */
export const isFileGone = ({ status, message }: UpstreamError): boolean =>
  ((status === 403 || status === 404) && FORGOTTEN.test(message)) ||
  (status === 400 && NOT_ACTIVE.test(message));
