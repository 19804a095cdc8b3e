/** `POST /v1/messages/count_tokens`. */

import { apiVersion } from '../../answer/api-version.ts';
import { countTokensOf } from '../../answer/count.ts';
import type { CountTokensRequest } from '../../anthropic/request.ts';
import { parseCountTokensRequest } from '../../anthropic/validate.ts';
import { readJson } from '../body.ts';
import type { Call } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import { jsonResponse } from '../responses.ts';

export async function countTokens(call: Call, deps: ServerDeps): Promise<Response> {
  apiVersion(call.request.headers);
  const request: CountTokensRequest = parseCountTokensRequest(await readJson(call, deps.bodies));
  call.keepOpen();
  const tokens = await countTokensOf(request, call, deps);
  const beta = call.url.searchParams.get('beta') === 'true';
  return jsonResponse({ input_tokens: tokens, ...(beta ? { context_management: null } : {}) });
}
