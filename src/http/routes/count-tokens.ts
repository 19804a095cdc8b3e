/** `POST /v1/messages/count_tokens`. */

import { apiVersion } from '../../answer/api-version.ts';
import { countTokensOf } from '../../answer/sizes/count.ts';
import type { CountTokensRequest } from '../../anthropic/request.ts';
import { parseCountTokensRequest } from '../../anthropic/validate.ts';
import type { TokenCount } from '../api-description/answers.ts';
import { readJson } from '../body.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import { jsonResponse } from '../responses.ts';

export async function countTokens(client: ClientRequest, deps: ServerDeps): Promise<Response> {
  apiVersion(client.request.headers);
  const request: CountTokensRequest = parseCountTokensRequest(await readJson(client, deps.bodies));
  client.keepOpen();
  const { tokens, cleared } = await countTokensOf(request, client, deps);
  const beta = client.url.searchParams.get('beta') === 'true';
  const edited = request.context_management ? { original_input_tokens: tokens + cleared } : null;
  return jsonResponse<TokenCount>({
    input_tokens: tokens,
    ...(beta || edited ? { context_management: edited } : {}),
  });
}
