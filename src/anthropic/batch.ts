/** The body of `POST /v1/messages/batches`. */
import { type Static, Type } from '@sinclair/typebox';
import { MessagesError } from './errors.ts';
import { explain } from './explain.ts';
import { MessagesRequest } from './request.ts';
import { free, Open } from './schema-words.ts';
import { compile } from './validate.ts';

export const MOST_REQUESTS = 100_000;

const BatchItem = Open({
  custom_id: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,64}$' }),
  params: free('checked when it is run', MessagesRequest),
});

export const BatchRequest = Open({
  requests: Type.Array(BatchItem, { minItems: 1, maxItems: MOST_REQUESTS }),
});
export type BatchRequest = Static<typeof BatchRequest>;

/**
 * What is checked at creation. As with Anthropic's API, `params` are checked when they are run, and what is wrong with
 * them is an errored result.
 */
const Checked = Open({
  requests: Type.Array(
    Open({ ...BatchItem.properties, params: Open({ stream: Type.Optional(Type.Unknown()) }) }),
    {
      minItems: 1,
      maxItems: MOST_REQUESTS,
    },
  ),
});
type Checked = Static<typeof Checked>;

const refuse = (message: string) => new MessagesError('invalid_request_error', message);

/** Returns the batch: `body` itself. Throws a MessagesError that names the first wrong field. */
export function parseBatchRequest(body: unknown): Checked {
  if (!compile(Checked).Check(body)) throw refuse(explain(Checked, body, ''));
  const { requests } = body as Checked;
  const seen = new Set<string>();
  for (const [index, { custom_id, params }] of requests.entries()) {
    if (seen.has(custom_id))
      throw refuse(`requests.${index}.custom_id: '${custom_id}' is there twice; it must be unique`);
    if (params.stream === true)
      throw refuse(`requests.${index}.params.stream: a batch cannot be streamed; leave it out`);
    seen.add(custom_id);
  }
  return body as Checked;
}
