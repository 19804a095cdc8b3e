/**
 * Finds out which kind of request this is (main turn, title, subagent, …) by its structure and not by its words
 * (contract section 9). The kind is a label for logs, metrics and the mock. `MODEL_MAP`, `GUIDANCE`, `IDENTITY` and
 * `LOCAL_ANSWERS` go by it, where the operator has set them.
 */
import type { CountTokensRequest, Message, MessagesRequest } from '../anthropic/request.ts';

/** The classes of requests for an answer. */
export const ANSWERED_CALLERS = [
  'main',
  'title',
  'helper',
  'web-search',
  'subagent',
  'compaction',
  /** Claude Code's own question about an action, where it got no verdict. */
  'classifier',
  /** The proxy's question about an action (`AUTO_MODE_CLASSIFIER`). */
  'action-check',
  'sdk',
] as const;

export type AnsweredCaller = (typeof ANSWERED_CALLERS)[number];

export type CallerClass = AnsweredCaller | 'count-tokens';

export type CallerHeaders = {
  userAgent?: string | undefined;
  /** The value of the header `x-claude-code-agent-id`. */
  agentId?: string | undefined;
};

const CLASSIFIER_STOP = '</block>';

const isAnswerRequest = (request: MessagesRequest | CountTokensRequest): request is MessagesRequest =>
  'max_tokens' in request;

const isMarked = ({ content }: Message): boolean =>
  typeof content !== 'string' &&
  content.some(
    (block) => 'cache_control' in block && block.cache_control !== undefined && block.cache_control !== null,
  );

/**
 * True where Claude Code asks for a summary. On an ordinary turn it sets a cache mark on the last message. When it asks
 * for a summary, the mark stays on the earlier conversation, and the question follows as plain text. (After an error
 * that the prompt is too long, the question follows the results of the last tools.)
 */
function asksForSummary(messages: readonly Message[]): boolean {
  const last = messages.findLastIndex((message) => message.role !== 'system');
  const question = messages[last];
  if (question?.role !== 'user' || messages.slice(last).some(isMarked)) return false;
  const endsInText = typeof question.content === 'string' || question.content.at(-1)?.type === 'text';
  return endsInText && messages.slice(0, last).some(isMarked);
}

const isClaudeCode = ({ userAgent }: CallerHeaders): boolean => userAgent?.startsWith('claude-cli/') === true;

/** Whose request is counted: a count has nothing by which titles and summaries could be told from turns. */
export function countedCaller(headers: CallerHeaders): AnsweredCaller {
  if (!isClaudeCode(headers)) return 'sdk';
  return headers.agentId ? 'subagent' : 'main';
}

export function callerClass(request: MessagesRequest, headers: CallerHeaders): AnsweredCaller;
export function callerClass(
  request: MessagesRequest | CountTokensRequest,
  headers: CallerHeaders,
): CallerClass;
export function callerClass(
  request: MessagesRequest | CountTokensRequest,
  headers: CallerHeaders,
): CallerClass {
  if (!isAnswerRequest(request)) return 'count-tokens';
  const tools = request.tools ?? [];
  if (tools.length === 1 && tools[0]?.type?.startsWith('web_search_')) return 'web-search';
  if (!isClaudeCode(headers)) return 'sdk';
  if (request.stop_sequences?.includes(CLASSIFIER_STOP)) return 'classifier';
  if (tools.length === 0) return request.output_config?.format || request.output_format ? 'title' : 'helper';
  if (headers.agentId) return 'subagent';
  return asksForSummary(request.messages) ? 'compaction' : 'main';
}
