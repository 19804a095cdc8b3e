/**
 * Writes the events of an answer in their right order: `message_start`, blocks one after another with indexes 0, 1, 2
 * …, one ending. Only the writer knows this order, and nothing can be written out of order (contract section 7).
 */
import type { TextCitation, WebCitation } from '../../anthropic/answer-citations.ts';
import type { AppliedEdit } from '../../anthropic/context-edits.ts';
import { toErrorBody } from '../../anthropic/error-body.ts';
import type { MessagesError } from '../../anthropic/errors.ts';
import type { BlockDelta, MessageEvent } from '../../anthropic/events.ts';
import type {
  AnswerBlock,
  AnswerCompaction,
  AnswerMessage,
  SafeguardResult,
  StopDetails,
  StopReason,
  Usage,
} from '../../anthropic/message.ts';
import type { ServerToolName, ServerToolResult } from '../../anthropic/server-answers.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Source } from './turn.ts';
import { UNKNOWN_SIZE, usageAtStart } from './usage.ts';

/** Blocks that grow by deltas. A tool_use comes whole, so it is never open. */
type GrowingKind = 'text' | 'thinking';

type State = { at: 'idle' } | { at: 'open' } | { at: 'block'; kind: GrowingKind } | { at: 'closed' };

export type Ending = {
  stopReason: StopReason;
  stopSequence: string | null;
  stopDetails: StopDetails | null;
  usage: Usage;
  /** Undefined where the request had no `context_management`. */
  appliedEdits: AppliedEdit[] | undefined;
  safeguards: SafeguardResult[] | undefined;
};

export class Writer {
  readonly #messageId: string;
  readonly #model: string;
  #state: State = { at: 'idle' };
  #index = -1;
  #events: MessageEvent[] = [];

  constructor(messageId: string, model: string) {
    this.#messageId = messageId;
    this.#model = model;
  }

  get closed(): boolean {
    return this.#state.at === 'closed';
  }

  /** The kind of the open block, if there is one. */
  get openKind(): GrowingKind | undefined {
    return this.#state.at === 'block' ? this.#state.kind : undefined;
  }

  /** Returns the events that were written since the last call. */
  take(): MessageEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Writes `message_start`, if it was not written yet. It may be sent early, to keep a client waiting. */
  start(prompt = UNKNOWN_SIZE): void {
    if (this.#state.at !== 'idle') return;
    this.#state = { at: 'open' };
    const message = emptyMessage(this.#messageId, this.#model, usageAtStart(prompt));
    this.#events.push({ type: 'message_start', message });
  }

  /** Writes text into the open text block. Where none is open, one with `citations` is opened. */
  text(text: string, citations: readonly TextCitation[] = []): void {
    if (text === '') return;
    if (citations.length > 0 && this.openKind !== 'text') this.#openCited(citations);
    this.#enter('text');
    this.#delta({ type: 'text_delta', text });
  }

  /** Ends the open text block, if there is one: what follows is based on other sources. */
  endText(): void {
    if (this.openKind === 'text') this.#leave();
  }

  thinking(thinking: string): void {
    this.#enter('thinking');
    if (thinking !== '') this.#delta({ type: 'thinking_delta', thinking });
  }

  /**
   * Ends the open thinking block with its signature, which is always its last delta. Where no thinking block is
   * open, opens an empty one for the signature.
   */
  signature(signature: string): void {
    this.#enter('thinking');
    this.#delta({ type: 'signature_delta', signature });
    this.#leave();
  }

  toolUse(id: string, name: string, input: JsonObject): void {
    this.#call({ type: 'tool_use', id, name, input: {}, caller: DIRECT }, input);
  }

  serverToolUse(id: string, name: ServerToolName, input: JsonObject): void {
    this.#call({ type: 'server_tool_use', id, name, input: {}, caller: DIRECT }, input);
  }

  serverToolResult(id: string, result: ServerToolResult): void {
    this.#leave();
    // In the order of Anthropic's keys.
    this.#openBlock(Object.assign({ type: result.type, tool_use_id: id }, result));
    this.#closeBlock();
  }

  /**
   * Writes a summary. A summary that stands alone comes whole; another one comes as a delta, as Anthropic's API sends
   * it.
   */
  compaction(block: AnswerCompaction, isAlone: boolean): void {
    this.#leave();
    this.#openBlock(isAlone ? block : { ...block, content: null });
    if (!isAlone) this.#delta({ type: 'compaction_delta', content: block.content });
    this.#closeBlock();
  }

  /** Writes a whole text block with its sources. */
  citedText(text: string, sources: readonly Source[]): void {
    this.#openCited(sources.map(citationOf));
    this.#delta({ type: 'text_delta', text });
    this.#leave();
  }

  finish(ending: Ending): void {
    if (this.closed) return;
    this.#leave();
    this.#events.push(
      {
        type: 'message_delta',
        delta: {
          stop_reason: ending.stopReason,
          stop_sequence: ending.stopSequence,
          stop_details: ending.stopDetails,
          container: null,
          ...(ending.safeguards ? { safeguard_results: ending.safeguards } : {}),
        },
        usage: ending.usage,
        ...(ending.appliedEdits ? { context_management: { applied_edits: ending.appliedEdits } } : {}),
      },
      { type: 'message_stop' },
    );
    this.#state = { at: 'closed' };
  }

  /** Ends the answer with an error event. An open block is not closed, so that nobody takes it for complete. */
  fail(error: MessagesError, requestId: string): void {
    if (this.closed) return;
    this.#events.push(toErrorBody(error, requestId));
    this.#state = { at: 'closed' };
  }

  /**
   * Writes a sign of life: an empty delta inside of a block (where some clients do not count pings), or else a ping.
   */
  keepAlive(): void {
    if (this.#state.at === 'open') this.#events.push({ type: 'ping' });
    if (this.#state.at !== 'block') return;
    const delta =
      this.#state.kind === 'text'
        ? ({ type: 'text_delta', text: '' } as const)
        : ({ type: 'thinking_delta', thinking: '' } as const);
    this.#delta(delta);
  }

  #enter(kind: GrowingKind): void {
    if (this.#state.at === 'closed') throw new Error('the answer is already closed');
    if (this.#state.at === 'block' && this.#state.kind === kind) return;
    this.#leave();
    this.#openBlock(
      // As in Anthropic's answers. For the client of Vercel, `citations: null` is no message at all.
      kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' },
    );
    this.#state = { at: 'block', kind };
  }

  #leave(): void {
    this.start();
    if (this.#state.at === 'closed') throw new Error('the answer is already closed');
    if (this.#state.at === 'block') this.#closeBlock();
    this.#state = { at: 'open' };
  }

  #openCited(citations: readonly TextCitation[]): void {
    this.#leave();
    this.#openBlock({ type: 'text', text: '', citations: [] });
    for (const citation of citations) this.#delta({ type: 'citations_delta', citation });
    this.#state = { at: 'block', kind: 'text' };
  }

  #call(block: AnswerBlock, input: JsonObject): void {
    this.#leave();
    this.#openBlock(block);
    for (const json of ['', JSON.stringify(input)]) {
      this.#delta({ type: 'input_json_delta', partial_json: json });
    }
    this.#closeBlock();
  }

  #delta(delta: BlockDelta): void {
    this.#events.push({ type: 'content_block_delta', index: this.#index, delta });
  }

  #closeBlock(): void {
    this.#events.push({ type: 'content_block_stop', index: this.#index });
  }

  #openBlock(block: AnswerBlock): void {
    this.#index++;
    this.#events.push({ type: 'content_block_start', index: this.#index, content_block: block });
  }
}

const DIRECT = { type: 'direct' } as const;

const citationOf = (source: Source): WebCitation => ({
  type: 'web_search_result_location',
  ...source,
  encrypted_index: '',
  cited_text: '',
});

function emptyMessage(id: string, model: string, usage: Usage): AnswerMessage {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage,
  };
}
