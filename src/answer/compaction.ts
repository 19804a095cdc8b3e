/**
 * Answers that begin with a summary of the conversation. The summary is an answer of its own, with its own attempts,
 * and nothing of it is given out before its end. After the summary comes the answer to the shortened conversation,
 * unless the client wanted the summary alone.
 */
import type { AnswerCompaction } from '../anthropic/message.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { UsageMetadata } from '../gemini/wire.ts';
import { sealSummary } from '../translate/edits/summary.ts';
import type { Finish, TurnEvent } from '../translate/response/turn.ts';
import type { Job } from './job.ts';
import type { MessageAnswer } from './message-answer.ts';
import { isNormal, readText } from './read-text.ts';

type Summary = { content: string | undefined; usage: UsageMetadata; finish: Finish };

/** Reads the answer that is a summary. An answer that was broken off is no summary. */
async function readSummary(answer: MessageAnswer): Promise<Summary> {
  const { text, usage, finish } = await readText(answer);
  const content = isNormal(finish) ? text.trim() : '';
  return { content: content === '' ? undefined : content, usage, finish };
}

/** The answer to a request that asks for a summary alone. Where no summary could be made, the answer is empty. */
export function summaryAlone(
  summary: MessageAnswer,
  toolChanges: AnswerCompaction['tool_changes'],
): MessageAnswer {
  let isOver = false;
  return {
    ...summary,
    async next(): Promise<TurnEvent[] | undefined> {
      if (isOver) return undefined;
      isOver = true;
      const { content, usage, finish } = await readSummary(summary);
      const block =
        content === undefined ? undefined : compactionBlock(content, toolChanges, sealSummary(content));
      const end: Finish = block ? { kind: 'compacted' } : finish;
      return [
        { type: 'compaction', block, usage, isAlone: true },
        { type: 'finish', finish: end },
      ];
    },
  };
}

export type Compacted = {
  summary: MessageAnswer;
  toolChanges: AnswerCompaction['tool_changes'];
  /** Opens the answer after the summary. */
  goOn(block: AnswerCompaction): Promise<MessageAnswer>;
  /** True where the client wants to go on from the summary by itself. Without a summary there is nothing to go on from. */
  pauses: boolean;
  /** The answer as it is seen until the summary is there. */
  until: Pick<MessageAnswer, 'outgoing'>;
};

/** The answer to a conversation that is summarised first. Its methods are bound: readers pass them on alone. */
export class CompactedAnswer implements MessageAnswer {
  readonly #options: Compacted;
  readonly #job: Job;
  #state: 'summarising' | 'answering' | 'over' = 'summarising';
  #answer: MessageAnswer;
  #left = false;

  constructor(options: Compacted, job: Job) {
    this.#options = options;
    this.#job = job;
    this.#answer = options.summary;
  }

  readonly next = async (): Promise<TurnEvent[] | undefined> => {
    if (this.#state === 'over') return undefined;
    return this.#state === 'answering' ? this.#answer.next() : this.#summarise();
  };

  readonly leave = (): void => {
    this.#left = true;
    this.#answer.leave();
  };

  readonly isAway = (): boolean => this.#answer.isAway();

  readonly outgoing = () =>
    this.#state === 'answering' ? this.#answer.outgoing() : this.#options.until.outgoing();

  async #summarise(): Promise<TurnEvent[]> {
    const { summary, toolChanges, goOn, pauses } = this.#options;
    const { content, usage } = await this.#read(summary);
    const block = compactionBlock(content ?? null, toolChanges);
    const isAlone = pauses && content !== undefined;
    const event: TurnEvent = { type: 'compaction', block, usage, isAlone };
    if (isAlone) {
      this.#state = 'over';
      return [event, { type: 'finish', finish: { kind: 'compacted' } }];
    }
    this.#answer = await goOn(block);
    this.#state = 'answering';
    if (this.#left) this.#answer.leave();
    return [event];
  }

  /** Where the model writes no summary, the client is told so, and the whole conversation is answered. */
  async #read(summary: MessageAnswer): Promise<Omit<Summary, 'finish'>> {
    try {
      return await readSummary(summary);
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.kind !== 'unusable') throw error;
      this.#job.warn('content-changed', 'context_management', `no summary was made: ${error.message}`);
      return { content: undefined, usage: {} };
    }
  }
}

const compactionBlock = (
  content: string | null,
  changes: AnswerCompaction['tool_changes'],
  signature?: string,
): AnswerCompaction => ({
  type: 'compaction',
  content,
  ...(signature === undefined ? {} : { signature }),
  ...(changes && changes.length > 0 ? { tool_changes: changes } : {}),
});
