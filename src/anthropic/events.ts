/** The events of a streamed answer (contract section 7). The types are made from the schemas, as those of the message. */

import { type Static, Type } from '@sinclair/typebox';
import { TextCitation } from './answer-citations.ts';
import { tagged } from './answer-words.ts';
import { ErrorBody } from './error-body.ts';
import {
  AnswerBlock,
  AnswerMessage,
  AppliedEdits,
  SafeguardResults,
  StopDetails,
  StopReason,
  Usage,
} from './message.ts';
import { Nullable } from './schema-words.ts';

/** The pieces that a block is sent in, by their `type`. */
export const BLOCK_DELTAS = {
  text_delta: tagged('text_delta', { text: Type.String() }, 'More text.'),
  thinking_delta: tagged('thinking_delta', { thinking: Type.String() }, 'More of a thought.'),
  signature_delta: tagged(
    'signature_delta',
    { signature: Type.String() },
    'The signature of the thought, whole.',
  ),
  input_json_delta: tagged(
    'input_json_delta',
    { partial_json: Type.String() },
    'A piece of the JSON of the arguments. All pieces of the block make the whole JSON.',
  ),
  citations_delta: tagged('citations_delta', { citation: TextCitation }, 'One more source of the text.'),
  compaction_delta: tagged(
    'compaction_delta',
    { content: Nullable(Type.String()) },
    'The summary, whole; null where none could be made.',
  ),
} as const;
export const BlockDelta = Type.Union(Object.values(BLOCK_DELTAS));
export type BlockDelta = Static<(typeof BLOCK_DELTAS)[keyof typeof BLOCK_DELTAS]>;

export const MessageDelta = Type.Object({
  stop_reason: Nullable(StopReason),
  stop_sequence: Nullable(Type.String()),
  stop_details: Nullable(StopDetails),
  container: Type.Null(),
  safeguard_results: SafeguardResults,
});
export type MessageDelta = Static<typeof MessageDelta>;

const index = Type.Integer({ minimum: 0, description: 'The place of the block in `content`.' });

/** The events, by their `type`, which is also the name of the SSE event. */
export const MESSAGE_EVENTS = {
  message_start: tagged(
    'message_start',
    { message: AnswerMessage },
    'The first event: the message, still without content. Its `usage` is a first estimate.',
  ),
  ping: tagged('ping', {}, 'Keeps the connection alive while the model thinks. It has no content.'),
  content_block_start: tagged(
    'content_block_start',
    { index, content_block: AnswerBlock },
    'A block begins. One block is open at a time.',
  ),
  content_block_delta: tagged(
    'content_block_delta',
    { index, delta: BlockDelta },
    'A piece of the block that is open.',
  ),
  content_block_stop: tagged('content_block_stop', { index }, 'The block is whole.'),
  message_delta: tagged(
    'message_delta',
    { delta: MessageDelta, usage: Usage, context_management: AppliedEdits },
    'Why the answer ended, and its counts of tokens.',
  ),
  message_stop: tagged('message_stop', {}, 'The last event of an answer that is whole.'),
  error: Type.Object(ErrorBody.properties, {
    description: 'The last event of an answer that failed after the stream had begun.',
  }),
} as const;
export type MessageEvent = Static<(typeof MESSAGE_EVENTS)[keyof typeof MESSAGE_EVENTS]>;
