/**
 * A summary in place of the conversation before it: how it is asked for, sealed, and read when the client sends it
 * back as a `compaction` block.
 */
import type { BlockOf } from '../../anthropic/content.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { CountTokensRequest, Message, MessagesRequest } from '../../anthropic/request.ts';
import { contentHash } from '../../lib/hash.ts';
import { onceEach } from '../../lib/lasting.ts';

type CompactionBlock = BlockOf<'compaction'>;

/** Where the latest summary of a history stands. Everything before that place is not sent. */
export type SummaryPlace = { index: number; position: number; content: string };

/** The latest block that holds a summary. A block without one tells that no summary could be made. */
export const summaryPlace = onceEach((messages: readonly Message[]): SummaryPlace | undefined => {
  for (let index = messages.length - 1; index >= 0; index--) {
    const blocks = messages[index]?.content;
    if (typeof blocks === 'string' || blocks === undefined) continue;
    for (let position = blocks.length - 1; position >= 0; position--) {
      const block = blocks[position];
      if (block?.type === 'compaction' && block.content) return { index, position, content: block.content };
    }
  }
  return undefined;
});

/** The messages from the latest summary on. */
export function sinceSummary(messages: readonly Message[]): readonly Message[] {
  const place = summaryPlace(messages);
  if (!place) return messages;
  const [first, ...rest] = messages.slice(place.index);
  if (!first || typeof first.content === 'string') return rest;
  return [{ ...first, content: first.content.slice(place.position) }, ...rest];
}

/** True where the conversation goes on from a summary that nobody has answered yet. */
export function endsInSummary(messages: readonly Message[]): boolean {
  const place = summaryPlace(messages);
  return place?.index === messages.length - 1 && messages.at(-1)?.content.length === place.position + 1;
}

export const summaryText = (content: string): string =>
  `The conversation before this point is replaced by the summary below. Go on from where it stopped.\n\n<summary>\n${content}\n</summary>`;

// ── the seal: a summary that the client has changed is not taken for what the model wrote ────────────────────────

const SEAL = 'g1c:';

export const sealSummary = (content: string): string => `${SEAL}${contentHash(content)}`;

/** Throws for a summary of ours that was changed. A summary of another provider is accepted: it has another seal. */
export function checkSummary({ content, signature }: CompactionBlock, path: string): void {
  if (!signature?.startsWith(SEAL) || signature === sealSummary(content ?? '')) return;
  throw new MessagesError(
    'invalid_request_error',
    `${path}.compaction: \`content\` does not match its \`signature\`. Send the block back exactly as it was returned.`,
    { details: { error_code: 'compaction_content_mismatch' } },
  );
}

// ── the request for a summary ────────────────────────────────────────────────────────────────────────────────

const INSTRUCTIONS = `Stop working on the task for now. Write a summary of this whole conversation. It will replace the conversation: whoever goes on sees nothing but your summary, the system prompt and the tools.

Put into the summary, as far as the conversation has it:
- what the user wants, in the user's own words where the wording matters, with every constraint and preference;
- what was done and decided, and why; what failed, and how that was solved;
- facts that are needed again, exactly: names, paths, identifiers, commands, figures, pieces of code, error messages;
- the present state, and the request or step that is still open.

Leave out what is no longer needed. Do not answer the open request, and call no tool. Write only the summary.`;

/** The least tokens that a summary may have where the client did not limit the summary itself. */
const LEAST_TOKENS = 8_192;

/**
 * The request whose answer is the summary. It has the tools, so that the model understands the calls in the history, but
 * none may be called.
 */
export function summaryRequest(request: MessagesRequest, instructions: string | undefined): MessagesRequest {
  const { effort } = request.output_config ?? {};
  return {
    ...request,
    messages: [...request.messages, { role: 'user', content: instructions ?? INSTRUCTIONS }],
    max_tokens: request.compaction ? request.max_tokens : Math.max(request.max_tokens, LEAST_TOKENS),
    tool_choice: request.tools?.length ? { type: 'none' } : null,
    stop_sequences: null,
    output_format: null,
    output_config: effort ? { effort } : null,
    compaction: null,
    safeguards: null,
    ...withoutCompaction(request),
  };
}

/**
 * `request` with the summary of its conversation at its end, as far as there is one. The conversation is not summarised
 * once more.
 */
export const requestAfterSummary = (request: MessagesRequest, block: CompactionBlock): MessagesRequest => ({
  ...request,
  ...withoutCompaction(request),
  messages: block.content ? [...request.messages, { role: 'assistant', content: [block] }] : request.messages,
});

const withoutCompaction = ({
  context_management: management,
}: CountTokensRequest): Pick<CountTokensRequest, 'context_management'> =>
  management
    ? { context_management: { edits: (management.edits ?? []).filter(({ type }) => !isCompaction(type)) } }
    : {};

export const isCompaction = (type: string): boolean => type.startsWith('compact_');

/** What the client asked a summary to be; undefined for text that is blank. */
export const wording = (instructions: string | null | undefined): string | undefined =>
  instructions?.trim() ? instructions : undefined;
