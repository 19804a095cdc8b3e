/**
 * What becomes of each beta feature that a client may name. None is refused for its name: what a feature needs is read in
 * the body. A beta of the SDK's without a row does not compile.
 */
import type { AnthropicBeta } from '@anthropic-ai/sdk/resources/beta/beta';
import { IN, type Row, row, type Shown } from './row.ts';

type Named<T> = T extends string ? (string extends T ? never : T) : never;

/** Betas that Claude Code sends or has in it, and that the SDK does not list. */
type OfClaudeCode =
  | 'advanced-tool-use-2025-11-20'
  | 'afk-mode-2026-01-31'
  | 'claude-code-20250219'
  | 'dangerous-tool-use-2026-09-03'
  | 'effort-2025-11-24'
  | 'per-turn-control-2026-07-01'
  | 'redact-thinking-2026-02-12'
  | 'resumption-2026-10-08'
  | 'structured-outputs-2025-12-15'
  | 'web-search-results-only-2026-11-15';

const served = (what: string, shown: Shown) => row(`served: ${what}`, shown);
const needless = (why: string, shown: Shown = IN.betas) => row(`accepted: ${why}`, shown);
const refused = (what: string, why: string, shown: Shown) =>
  row(`${what} is refused where it is used: ${why}`, shown);
/** Endpoints of other products of Anthropic. */
const elsewhere = row(
  'accepted: it is about endpoints that this proxy does not have, and which are a 404',
  'tests/http/paths.test.ts',
);

const computer = refused('`computer_…`', 'its schema is known to the models of Anthropic alone', IN.refusals);
const mcp = refused(
  '`mcp_servers`, `mcp_toolset`',
  'the client connects to MCP servers by itself',
  IN.refusals,
);
const fallback = row(
  '`fallbacks` may be `default`; a list of models is refused: the operator says which take over',
  IN.refusals,
);
const credit = needless('an accounting matter of Anthropic', IN.keys);
const profiles = needless('`user_profile_id` is an accounting matter of Anthropic', IN.keys);
const format = served('`output_config.format`, `strict`', 'tests/http/requests/structured-output.test.ts');
const effort = served('`effort`, also of a message', IN.generation);
const addedTools = served('`tool_addition`, `tool_removal`', IN.tools);
const longOutput = needless(
  '`max_tokens` may be any number, and is cut to what the model can give',
  IN.generation,
);

export const BETAS = {
  'computer-use-2024-10-22': computer,
  'computer-use-2025-01-24': computer,
  'computer-use-2025-11-24': computer,
  'output-128k-2025-02-19': longOutput,
  'output-300k-2026-03-24': longOutput,
  'mcp-client-2025-04-04': mcp,
  'mcp-client-2025-11-20': mcp,
  'mcp-client-2026-09-15': mcp,
  'dev-full-thinking-2025-05-14': needless('Gemini gives summaries of its thoughts and nothing else'),
  'interleaved-thinking-2025-05-14': needless('Gemini thinks between calls in any case'),
  'code-execution-2025-05-22': served('`code_execution_…`', IN.pages),
  'context-1m-2025-08-07': needless("windows are those of Gemini's models", 'tests/gemini/models.test.ts'),
  'context-management-2025-06-27': served('`context_management`', IN.edits),
  'model-context-window-exceeded-2025-08-26': served(
    'the stop reason `model_context_window_exceeded`',
    'fixtures/turns/end-full-window',
  ),
  'fast-mode-2026-02-01': row('`speed` is left out, with a warning: served as standard', IN.generation),
  'user-profiles-2026-03-24': profiles,
  'user-profiles-2026-08-18': profiles,
  'user-profiles-2026-09-04': profiles,
  'user-profiles-billing-2026-10-01': profiles,
  'advisor-tool-2026-03-01': row(
    'the tool of the advisor is refused: Gemini has none; `usage.iterations` is told, as Anthropic tells it to this beta',
    'tests/http/context/iterations.test.ts',
  ),
  'managed-agents-2026-04-01': elsewhere,
  'dreaming-2026-04-21': elsewhere,
  'agent-memory-2026-07-22': elsewhere,
  'mcp-tunnels-2026-06-22': elsewhere,
  'ce-plugins-2026-09-01': elsewhere,
  'ce-user-management-2026-07-13': elsewhere,
  'ce-claude-code-managed-settings-2026-10-06': elsewhere,
  'spend-limit-reads-2026-09-26': elsewhere,
  'telemetry-destinations-2026-08-11': elsewhere,
  'webhooks-2026-10-07': elsewhere,
  'admin-user-sign-out-2026-10-08': elsewhere,
  'analytics-usage-cost-2026-08-24': elsewhere,
  'experimental-claude-tag-2026-10-21': elsewhere,
  'skills-2025-10-02': row(
    '`container` is refused: skills run on the servers of Anthropic, and their endpoints are a 404 here',
    IN.refusals,
  ),
  'thinking-token-count-2026-05-13': row(
    'tokens of thoughts are in `usage`; the running estimate, a hint for a display of progress, is not given',
    'tests/translate/response/stream.test.ts',
  ),
  'server-side-fallback-2026-06-01': fallback,
  'server-side-fallback-2026-07-01': fallback,
  'fallback-credit-2026-06-01': credit,
  'fallback-credit-2026-07-01': credit,
  'mid-conversation-tool-changes-2026-07-01': addedTools,
  'inline-tools-2026-09-15': addedTools,
  'compact-2026-01-12': served('the edit `compact`', 'tests/http/context/compaction.test.ts'),
  'compact-2026-09-04': served('`compaction`', 'tests/http/context/summary-on-demand.test.ts'),
  'structured-outputs-2025-11-13': format,
  'task-budgets-2026-03-13': row(
    '`task_budget` is left out, with a warning: Gemini cannot be told how much is left to spend',
    IN.generation,
  ),
  'thinking-display-updates-2026-08-18': needless('updates are told as summaries'),
  'thinking-binding-controls-2026-08-01': needless('thoughts are not sent back', IN.keys),
  'mid-conversation-output-config-2026-07-01': effort,
  'mid-conversation-system-clear-at-2026-08-21': served('`clear_at`', IN.history),
  'message-threads-2026-08-12': refused(
    '`thread`',
    'conversations are not kept here; its code makes SDKs send everything',
    IN.refusals,
  ),
  'message-batches-2024-09-24': needless('the endpoints need no beta'),
  'prompt-caching-2024-07-31': served(
    '`cache_control`, with `CACHE_CONTROL=explicit`',
    'tests/http/context/explicit-caching.test.ts',
  ),
  'extended-cache-ttl-2025-04-11': served(
    'its `ttl`, with `CACHE_CONTROL=explicit`',
    'tests/http/context/explicit-caching.test.ts',
  ),
  'pdfs-2024-09-25': served('`document`', IN.blocks),
  'token-counting-2024-11-01': served(
    '`/v1/messages/count_tokens`',
    'tests/http/context/count-tokens.test.ts',
  ),
  'token-efficient-tools-2025-02-19': needless('Gemini writes calls in its own way'),
  'files-api-2025-04-14': served(
    '`/v1/files`, with the older form of the list',
    'tests/http/media/files.test.ts',
  ),
  'cache-diagnosis-2026-04-07': needless('`diagnostics` is answered as null', IN.keys),
  'advanced-tool-use-2025-11-20': served('`defer_loading`, `tool_reference`, `input_examples`', IN.tools),
  'afk-mode-2026-01-31': needless('it changes nothing in a request'),
  'claude-code-20250219': needless('it says who asks'),
  'dangerous-tool-use-2026-09-03': served('`safeguards`', IN.generation),
  'effort-2025-11-24': effort,
  'per-turn-control-2026-07-01': effort,
  'redact-thinking-2026-02-12': served('`display`', IN.generation),
  'resumption-2026-10-08': needless('no field of a request needs it'),
  'structured-outputs-2025-12-15': format,
  'web-search-results-only-2026-11-15': needless('results come as Google gives them', IN.keys),
} as const satisfies Record<Named<AnthropicBeta> | OfClaudeCode, Row>;
