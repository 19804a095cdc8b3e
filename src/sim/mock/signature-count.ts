/**
 * Counts what became of the signatures that the mock gave out. The counts show how well signatures are carried back.
 */
import type { ApiRequest } from '../validator/request.ts';
import { isSentinel } from '../validator/signatures.ts';
import { isInPlace } from './signing.ts';

export type SignatureCount = {
  /** The mock's own signatures that have come back. */
  real: number;
  /** Google's documented stand-ins for lost signatures. */
  sentinel: number;
  /** The mock's own signatures on a part with other content than the part that they came with. */
  moved: number;
};

export function countSignatures(request: ApiRequest): SignatureCount {
  const count: SignatureCount = { real: 0, sentinel: 0, moved: 0 };
  for (const part of (request.contents ?? []).flatMap((content) => content.parts ?? [])) {
    if (!part.thoughtSignature) continue;
    if (isSentinel(part.thoughtSignature)) {
      count.sentinel += 1;
      continue;
    }
    count.real += 1;
    if (!isInPlace(part.thoughtSignature, part)) count.moved += 1;
  }
  return count;
}
