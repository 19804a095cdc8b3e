/** Refuses edits of the context, and requests for a summary, that Anthropic's API refuses. */
import { editKind } from '../../../anthropic/context-edits.ts';
import { MessagesError } from '../../../anthropic/errors.ts';
import { quotedList } from '../../../anthropic/explain.ts';
import type { CountTokensRequest, Message, MessagesRequest } from '../../../anthropic/request.ts';
import type { Warn } from '../../warnings.ts';
import { refuse } from './refuse.ts';

const EXPECTED = quotedList(['clear_thinking_20251015', 'clear_tool_uses_20250919', 'compact_20260112']);

/**
 * An unknown edit that only clears is left out with a warning: without it more tokens are used, and nothing is lost.
 */
export function refuseEdits({ context_management: management }: CountTokensRequest, warn: Warn): void {
  management?.edits?.forEach(({ type }, index) => {
    const path = `context_management.edits.${index}`;
    const kind = editKind(type);
    if (kind === 'clear_thinking' && index > 0) {
      refuse(
        `context_management: \`${type}\` must be the first strategy in \`context_management.edits\` when provided`,
      );
    }
    if (kind) return;
    if (!type.startsWith('clear_')) {
      refuse(
        `${path}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${EXPECTED}`,
      );
    }
    warn('field-ignored', path, `${type} is not known here: it is not applied`);
  });
}

const saysSomething = ({ role, content }: Message): boolean => role !== 'system' && content.length > 0;

/** True where the last turn of the assistant has a call that no result follows. */
function hasOpenCall(messages: readonly Message[]): boolean {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  const { content } = messages[last] ?? {};
  if (content === undefined || typeof content === 'string') return false;
  const answered = new Set(
    messages
      .slice(last + 1)
      .flatMap((message) => (typeof message.content === 'string' ? [] : message.content))
      .flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : [])),
  );
  return content.some((block) => block.type === 'tool_use' && !answered.has(block.id));
}

/** Refuses what does not go together with `compaction`: a summary has no use for it. */
export function refuseCompaction(request: MessagesRequest): void {
  const { tool_choice: choice } = request;
  const barred = {
    context_management: request.context_management,
    stop_sequences: request.stop_sequences?.length ? request.stop_sequences : undefined,
    'output_config.format': request.output_config?.format,
    output_format: request.output_format,
    [`tool_choice.${choice?.type}`]: choice?.type === 'any' || choice?.type === 'tool' ? choice : undefined,
  };
  for (const [name, value] of Object.entries(barred)) {
    if (value) refuse(`compaction: cannot be used together with \`${name}\``);
  }
  if (!request.messages.some(saysSomething)) {
    throw new MessagesError('invalid_request_error', 'compaction: there is nothing to summarize', {
      details: { error_code: 'compaction_nothing_to_summarize' },
    });
  }
  if (hasOpenCall(request.messages)) {
    refuse(
      'compaction: the last `assistant` turn has a `tool_use` without its `tool_result`; send the results first',
    );
  }
}
