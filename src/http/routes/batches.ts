/** `/v1/messages/batches`: many requests that are answered in the background. */
import { apiVersion, checkVersionIfGiven } from '../../answer/api-version.ts';
import { parseBatchRequest } from '../../anthropic/batch.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { Batch, ResultLine } from '../../batches/batch.ts';
import type { BatchStore } from '../../batches/store.ts';
import { quoted, wholeOrSize } from '../../lib/shown-text.ts';
import type { BatchPage, DeletedBatch, MessageBatch } from '../api-description/answers.ts';
import { readExactJson } from '../body.ts';
import { BATCH_CLIENT_HEADER } from '../client-key.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import { TEST_ID_HEADER } from '../mocking/test-id.ts';
import { jsonResponse } from '../responses.ts';
import { readPageLimit } from './page-limit.ts';

/** The headers of the creation with which each request is run. */
const KEPT_HEADERS = ['anthropic-version', 'anthropic-beta', TEST_ID_HEADER];

const date = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

function stateOf({ endedAt, cancelledAt }: Batch): MessageBatch['processing_status'] {
  if (endedAt !== undefined) return 'ended';
  return cancelledAt === undefined ? 'in_progress' : 'canceling';
}

function shown(batch: Batch, { url }: ClientRequest): MessageBatch {
  const { id, createdAt, expiresAt, cancelledAt, endedAt, archivedAt, total, counts } = batch;
  const { succeeded, errored, canceled, expired } = counts;
  const hasResults = endedAt !== undefined && archivedAt === undefined;
  return {
    id,
    type: 'message_batch',
    processing_status: stateOf(batch),
    request_counts: { processing: endedAt === undefined ? total : 0, succeeded, errored, canceled, expired },
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
    cancel_initiated_at: date(cancelledAt),
    ended_at: date(endedAt),
    archived_at: date(archivedAt),
    results_url: hasResults ? `${url.origin}/v1/messages/batches/${id}/results` : null,
  };
}

/** The batch that the path names. Throws a 404 where there is none. Work that waits is looked for before. */
function batchOf({ headers, params }: ClientRequest, { batches }: ServerDeps): Batch {
  checkVersionIfGiven(headers);
  batches.wake();
  const id = params['id'] ?? '';
  const batch = batches.store.find(id);
  if (!batch) throw new MessagesError('not_found_error', `Message batch not found: ${wholeOrSize(id)}`);
  return batch;
}

const refuse = (message: string) => new MessagesError('invalid_request_error', message);

export async function createBatch(client: ClientRequest, deps: ServerDeps): Promise<Response> {
  const { headers } = client;
  apiVersion(headers);
  if (deps.admission.draining)
    throw new MessagesError('api_error', 'The proxy is shutting down', { status: 503 });
  const { requests, ...others } = parseBatchRequest(await readExactJson(client, deps.bodies));
  for (const key of Object.keys(others)) client.warn('field-ignored', key, 'a batch has no such field');
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const { store, wake } = deps.batches;
  const given = requests.map(({ custom_id, params }) => ({
    customId: custom_id,
    params: JSON.stringify(params),
  }));
  const named = client.named ? { [BATCH_CLIENT_HEADER]: client.named.name } : {};
  const batch = await store.create(given, { ...Object.fromEntries(kept), ...named });
  wake();
  return jsonResponse<MessageBatch>(shown(batch, client));
}

export const getBatch = (client: ClientRequest, deps: ServerDeps): Response =>
  jsonResponse<MessageBatch>(shown(batchOf(client, deps), client));

export function listBatches(client: ClientRequest, { batches }: ServerDeps): Response {
  checkVersionIfGiven(client.headers);
  batches.wake();
  const query = client.url.searchParams;
  const afterId = query.get('after_id') ?? undefined;
  const beforeId = query.get('before_id') ?? undefined;
  const page = batches.store.page({ limit: readPageLimit(query.get('limit')), afterId, beforeId });
  if (!page) throw refuse(`after_id, before_id: no batch ${quoted(afterId ?? beforeId ?? '')}`);
  const data = page.batches.map((batch) => shown(batch, client));
  return jsonResponse<BatchPage>({
    data,
    has_more: page.hasMore,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

export function cancelBatch(client: ClientRequest, deps: ServerDeps): Response {
  const { id, endedAt } = batchOf(client, deps);
  if (endedAt !== undefined) throw refuse(`Message batch ${id} has ended: it cannot be canceled any more`);
  const { store, wake } = deps.batches;
  store.cancel(id);
  const canceling = batchOf(client, { ...deps, batches: { store, wake() {} } });
  wake();
  return jsonResponse<MessageBatch>(shown(canceling, client));
}

export function deleteBatch(client: ClientRequest, deps: ServerDeps): Response {
  const { id, endedAt } = batchOf(client, deps);
  if (endedAt === undefined)
    throw refuse(`Message batch ${id} has not ended: cancel it before you delete it`);
  deps.batches.store.remove(id);
  return jsonResponse<DeletedBatch>({ id, type: 'message_batch_deleted' });
}

/** The key of the message, or of the error, in a result. The other outcomes have neither. */
const BODY_KEYS: Readonly<Record<string, string>> = { succeeded: 'message', errored: 'error' };

/** `body` is JSON already, and goes out as it came. */
function lineOf({ customId, outcome, body }: ResultLine): string {
  const key = BODY_KEYS[outcome];
  const more = key === undefined ? '' : `,"${key}":${body}`;
  return `{"custom_id":${JSON.stringify(customId)},"result":{"type":"${outcome}"${more}}}\n`;
}

/** The lines as the client reads them: a large batch is never in memory as a whole. */
function linesOf(store: BatchStore, id: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let from: number | undefined;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const { lines, next } = store.results(id, from);
      if (lines.length > 0) controller.enqueue(encoder.encode(lines.map(lineOf).join('')));
      from = next;
      if (next === undefined) controller.close();
    },
  });
}

export function batchResults(client: ClientRequest, deps: ServerDeps): Response {
  const batch = batchOf(client, deps);
  const { id, endedAt, archivedAt } = batch;
  if (endedAt === undefined)
    throw new MessagesError(
      'not_found_error',
      `Message batch ${id} has no results yet: it is ${stateOf(batch)}`,
    );
  if (archivedAt !== undefined)
    throw new MessagesError(
      'not_found_error',
      `The results of message batch ${id} were deleted: they are kept for 29 days`,
    );
  return new Response(linesOf(deps.batches.store, id), {
    headers: { 'content-type': 'application/x-jsonl' },
  });
}
