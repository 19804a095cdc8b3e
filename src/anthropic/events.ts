/** The events of a streamed answer (contract section 7). */
import type { ErrorBody } from './errors.ts';
import type {
  AnswerBlock,
  AnswerMessage,
  SafeguardResult,
  StopDetails,
  StopReason,
  Usage,
  WebCitation,
} from './message.ts';

export type BlockDelta =
  | { type: 'text_delta'; text: string }
  | { type: 'thinking_delta'; thinking: string }
  | { type: 'signature_delta'; signature: string }
  | { type: 'input_json_delta'; partial_json: string }
  | { type: 'citations_delta'; citation: WebCitation };

export type MessageDelta = {
  stop_reason: StopReason | null;
  stop_sequence: string | null;
  stop_details: StopDetails | null;
  container: null;
  safeguard_results?: SafeguardResult[];
};

export type MessageEvent =
  | { type: 'message_start'; message: AnswerMessage }
  | { type: 'ping' }
  | { type: 'content_block_start'; index: number; content_block: AnswerBlock }
  | { type: 'content_block_delta'; index: number; delta: BlockDelta }
  | { type: 'content_block_stop'; index: number }
  | {
      type: 'message_delta';
      delta: MessageDelta;
      usage: Usage;
      context_management?: { applied_edits: [] } | null;
    }
  | { type: 'message_stop' }
  | ({ type: 'error' } & Omit<ErrorBody, 'type'>);
