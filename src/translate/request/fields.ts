/**
 * Warns about each key of a request that the translation leaves out, at any depth. The schemas say which keys are used
 * or needless.
 */
import type { CountTokensRequest } from '../../anthropic/request.ts';
import { unusedKeys } from '../../anthropic/unknown-keys.ts';
import type { Warn } from '../warnings.ts';

export function warnOfFields(request: CountTokensRequest, warn: Warn): void {
  for (const { path, why, count } of unusedKeys(request)) {
    warn('field-ignored', path, count === 1 ? why : `${why} (${count} times)`);
  }
}
