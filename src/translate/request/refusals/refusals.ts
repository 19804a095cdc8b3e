/**
 * Refuses what cannot be served, before anything is translated. The errors have Anthropic's words and name the field,
 * because clients act on them. If such a feature were ignored, content would be lost without a warning (contract
 * sections 1, 4 and 6).
 */
import { MessagesError } from '../../../anthropic/errors.ts';
import type { ApiVersion, CountTokensRequest, MessagesRequest } from '../../../anthropic/request.ts';
import { endsInSummary } from '../../edits/summary.ts';
import type { Warn } from '../../warnings.ts';
import { refuse } from './refuse.ts';
import { refuseCitations } from './refused-citations.ts';
import { refuseEdits } from './refused-edits.ts';
import { refuseMessages } from './refused-messages.ts';
import { refuseTools } from './refused-tools.ts';

const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

/** Refuses features of Anthropic's servers that the proxy cannot replace. */
function refuseFeatures(request: MessagesRequest): void {
  if (isPresent(request.thread)) {
    // Only at this code of an error does the SDK's tool runner send the whole conversation again.
    throw new MessagesError(
      'invalid_request_error',
      'thread: message threads are not supported by this model',
      {
        details: { error_code: 'thread_unsupported_request' },
      },
    );
  }
  if (isPresent(request.container))
    refuse(
      'container: not supported by this model; leave it out: code runs without files of earlier requests',
    );
  if (isPresent(request.fallbacks) && request.fallbacks !== 'default') {
    refuse('fallbacks: a list of models is not supported by this model');
  }
}

/**
 * The most characters of all stop sequences together. They are searched for with a table that has a row for each
 * character.
 */
const MOST_STOP_CHARACTERS = 65_536;

function refuseStopSequences({ stop_sequences: sequences }: MessagesRequest): void {
  let characters = 0;
  for (const sequence of sequences ?? []) characters += sequence.length;
  if (characters <= MOST_STOP_CHARACTERS) return;
  refuse(
    `stop_sequences: ${characters} characters together; at most ${MOST_STOP_CHARACTERS} can be looked for`,
  );
}

function refuseThinking({ thinking, max_tokens: maxTokens }: MessagesRequest): void {
  if (thinking?.type !== 'enabled') return;
  const budget = thinking.budget_tokens;
  if (budget === undefined || budget === null) refuse('thinking.enabled.budget_tokens: Field required');
  if (budget < 1024) {
    refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  }
  if (budget >= maxTokens && maxTokens > 0) {
    refuse('`max_tokens` must be greater than `thinking.budget_tokens`');
  }
}

function refuseSampling(request: MessagesRequest, version: ApiVersion): void {
  const { temperature, top_p: topP, top_k: topK } = request;
  for (const [key, value] of Object.entries({ temperature, top_p: topP, top_k: topK })) {
    if (typeof value !== 'number') continue;
    if (version === '2026-10-21') refuse(`${key}: Extra inputs are not permitted`);
    if (key !== 'top_k' && (value < 0 || value > 1)) refuse(`${key}: range: 0..1`);
  }
}

/** Refuses what both endpoints (messages and token counts) refuse. */
export function refuseShared(request: CountTokensRequest, version: ApiVersion, warn: Warn): void {
  if (isPresent(request.mcp_servers))
    refuse(
      'mcp_servers: not supported by this model; connect to the MCP servers in the client, and declare their tools in `tools`',
    );
  if (request.output_config?.format && request.output_format) {
    refuse('output_format: cannot be used together with `output_config.format`');
  }
  refuseEdits(request, warn);
  refuseTools(request);
  refuseMessages(request.messages, version);
  refuseCitations(request);
}

/** Results of tools that this process may run. */
const OPEN_RESULTS: ReadonlySet<string> = new Set([
  'tool_search_tool_result',
  'web_search_tool_result',
  'web_fetch_tool_result',
]);

/** Refuses what can be wrong only in a request for an answer. */
export function refuseUnservable(request: MessagesRequest, version: ApiVersion, warn: Warn): void {
  refuseFeatures(request);
  refuseThinking(request);
  refuseStopSequences(request);
  refuseSampling(request, version);
  refuseShared(request, version, warn);
  const last = request.messages.at(-1);
  const blocks = typeof last?.content === 'string' ? [] : (last?.content ?? []);
  // A turn that was paused after a tool of ours goes on from that tool's result.
  const isOpen =
    blocks.some(({ type }) => type === 'tool_use') || OPEN_RESULTS.has(blocks.at(-1)?.type ?? '');
  if (last?.role === 'assistant' && !isOpen && !endsInSummary(request.messages)) refusePrefill();
}

/**
 * Refuses a conversation that ends with the assistant. Also used where the last message of the user is empty: then
 * Google would see the assistant's message as the last one.
 */
export function refusePrefill(): never {
  refuse(
    'This model does not support assistant message prefill. The conversation must end with a user message.',
  );
}
