/** Reads `anthropic-version`. Two versions are in use, and each of them forbids something that the other allows. */
import { MessagesError } from '../anthropic/errors.ts';
import { API_VERSIONS, type ApiVersion } from '../anthropic/request.ts';
import { quoted } from '../lib/shown-text.ts';

const isKnown = (version: string): version is ApiVersion => API_VERSIONS.some((known) => known === version);

export function apiVersion(headers: Headers): ApiVersion {
  const version = headers.get('anthropic-version');
  if (version === null) {
    throw new MessagesError('invalid_request_error', 'anthropic-version: header is required');
  }
  return checkedVersion(version);
}

/** For routes that are the same in all versions: the header may be absent, but it must not name an unknown version. */
export function checkVersionIfGiven(headers: Headers): void {
  const version = headers.get('anthropic-version');
  if (version !== null) checkedVersion(version);
}

function checkedVersion(version: string): ApiVersion {
  if (isKnown(version)) return version;
  throw new MessagesError(
    'invalid_request_error',
    `anthropic-version: ${quoted(version)} is not a valid version`,
  );
}
